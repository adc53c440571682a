// The use cases over a store in memory and hashes that can be read. Who gets in is in
// credential_check.test.ts, what ends sessions in accounts_endings.test.ts, what unlocks and
// releases in accounts_unlock_release.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { versionOf } from "../../src/domain/user_condition.ts"
import type { AuthError } from "../../src/errors.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { notStored, refusedAs } from "../support/refusal.ts"
import { better, createAccountParts, good, someone } from "./account_parts.ts"

const nameRule =
  "That can't be a username: it needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
  "not - first, and not only dots"

test("create() stores a user, and gives the record without the hash", async () => {
  const { accounts, store } = createAccountParts()
  const summary = await accounts.create({ username: "Alice", password: good })
  const expected = {
    username: "alice",
    roles: [],
    claims: {},
    disabled: false,
    createdAt: startOfTests,
    tokensNotBefore: 0,
  }
  const user = await store.users.find("alice")
  const version = versionOf(user ?? assert.fail())
  const noFactors = { link: null, hasTotp: false, passkeys: 0 }
  assert.deepEqual(summary, { ...expected, ...noFactors, version })
  assert.deepEqual(user, {
    ...expected,
    passwordHash: plainHash(1, good),
    link: null,
    factors: null,
  })
})

test("create() refuses a taken name in every spelling", async () => {
  const { accounts } = createAccountParts()
  await accounts.create({ username: "kate", password: good })
  for (const username of ["kate", "KATE", "\u212aate", "\uff4bate", "kate ", "\tkate\u3000"]) {
    await assert.rejects(
      accounts.create({ username, password: good }),
      refusedAs("username_taken", "There is a user 'kate' already"),
    )
  }
})

test("create() stores the longest name with all characters of addresses", async () => {
  const { accounts, store } = createAccountParts()
  const username = `o'brien+x=${"a".repeat(228)}@example-host.org`.slice(0, 254)
  await accounts.create({ username: ` ${username.toUpperCase()} `, password: good })
  assert.equal((await store.users.find(username))?.username, username)
  assert.equal((await accounts.find(`${username}\n`))?.username, username)
  await assert.rejects(
    accounts.create({ username, password: good }),
    refusedAs("username_taken", `There is a user "${username}" already`),
  )
  await accounts.delete(`${username} `)
  await assert.rejects(
    accounts.create({ username, password: good }),
    refusedAs(
      "username_taken",
      `The name "${username}" was a user's who was deleted, and stays reserved`,
    ),
  )
  await accounts.release(` ${username}`)
  await assert.rejects(
    accounts.release("O'Neill "),
    refusedAs("not_found", `The name "o'neill" is not reserved`),
  )
})

test("create() refuses the name of a deleted user", async () => {
  const { accounts } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  await accounts.delete("ALICE")
  await assert.rejects(
    accounts.create({ username: "alice", password: better }),
    refusedAs(
      "username_taken",
      "The name 'alice' was a user's who was deleted, and stays reserved",
    ),
  )
})

test("create() gives a name to one of fifty concurrent calls in any spelling", async () => {
  const { accounts, store } = createAccountParts()
  const spellings = ["kate", "Kate", "\u212aate"]
  const adding = Array.from({ length: 50 }, (_, index) =>
    accounts.create({ username: spellings[index % 3] ?? "", password: good }).then(
      () => "added",
      (error: AuthError) => error.code,
    ),
  )
  const outcomes = await Promise.all(adding)
  assert.equal(outcomes.filter((one) => one === "added").length, 1)
  assert.equal(outcomes.filter((one) => one === "username_taken").length, 49)
  assert.equal((await store.users.list()).length, 1)
})

test("create() checks the name, then the password, before it hashes", async () => {
  const { accounts, hasher } = createAccountParts()
  const short = "A password needs at least 15 characters"
  const named = "A password can't be made of the username or the service's name"
  const rows = [
    ["", "short", nameRule],
    ["al ice", good, nameRule],
    ["\u0430lice", good, nameRule],
    ["alice", "short", short],
    ["ALICE", "alicealicealice", named, "password_blocked"],
  ] as const
  for (const [username, password, message, code = "invalid_request"] of rows) {
    await assert.rejects(accounts.create({ username, password }), refusedAs(code, message))
  }
  assert.deepEqual(hasher.work, [])
})

for (const name of [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "then",
  "length",
  "0",
]) {
  test(`accounts: '${name}' is a name like others`, async () => {
    const { accounts } = createAccountParts()
    const canonical = name.toLowerCase()
    await assert.rejects(
      accounts.disable(name),
      refusedAs("not_found", `There is no user '${canonical}'`),
    )
    await accounts.create({ username: name, password: good })
    assert.equal(
      (await accounts.check({ username: name, password: good }, someone))?.user.username,
      canonical,
    )
    await accounts.setPassword({ username: name, password: better })
    assert.deepEqual(
      (await accounts.list()).map(({ username }) => username),
      [canonical],
    )
    await accounts.delete(name)
    assert.deepEqual(await accounts.list(), [])
    assert.equal(Object.hasOwn(Object.prototype, "passwordHash"), false)
  })
}

test("list() gives all users by name, without their hashes", async () => {
  const { accounts } = createAccountParts()
  for (const username of ["bob", "alice"]) await accounts.create({ username, password: good })
  const listed = await accounts.list()
  assert.deepEqual(
    listed.map(({ username }) => username),
    ["alice", "bob"],
  )
  assert.doesNotMatch(JSON.stringify(listed), /passwordHash|korrekt/)
})

test("accounts: use cases refuse an unknown username, and an impossible one", async () => {
  const { accounts } = createAccountParts()
  const cases = {
    setPassword: (username: string) => accounts.setPassword({ username, password: good }),
    disable: (username: string) => accounts.disable(username),
    enable: (username: string) => accounts.enable(username),
    logOut: (username: string) => accounts.logOut(username),
    unlock: (username: string) => accounts.unlock(username),
    delete: (username: string) => accounts.delete(username),
    addRole: (username: string) => accounts.addRole(username, "admin"),
    removeRole: (username: string) => accounts.removeRole(username, "admin"),
    setClaim: (username: string) => accounts.setClaim(username, "plan", "free"),
    removeClaim: (username: string) => accounts.removeClaim(username, "plan"),
  }
  for (const [name, run] of Object.entries(cases)) {
    const unknown = refusedAs("not_found", "There is no user 'carol'")
    await assert.rejects(run(" Carol\u00a0"), unknown, name)
    const quoted = refusedAs("not_found", `There is no user "o'brien@example.org"`)
    await assert.rejects(run("O'Brien@Example.org"), quoted, name)
    await assert.rejects(run("../carol"), refusedAs("invalid_request", nameRule), name)
  }
})

test("setPassword() has the same password rules as create()", async () => {
  const { accounts, store } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  await assert.rejects(
    accounts.setPassword({ username: "alice", password: "aliceALICEalice" }),
    refusedAs("password_blocked", "A password can't be made of the username or the service's name"),
  )
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(1, good))
})

test("seed() fills an empty store without checking the passwords", async () => {
  const { accounts } = createAccountParts()
  const users = [
    { username: "Alice", password: "wonderland" },
    { username: "bob", password: "b" },
  ]
  assert.equal(await accounts.seed(users), true)
  assert.deepEqual(
    (await accounts.list()).map(({ username }) => username),
    ["alice", "bob"],
  )
  assert.notEqual(await accounts.check({ username: "bob", password: "b" }, someone), null)
})

test("seed() does nothing, and hashes nothing, where there are users", async () => {
  const { accounts, hasher } = createAccountParts()
  await accounts.create({ username: "carol", password: good })
  hasher.work.length = 0
  assert.equal(await accounts.seed([{ username: "alice", password: "wonderland" }]), false)
  assert.deepEqual(
    (await accounts.list()).map(({ username }) => username),
    ["carol"],
  )
  assert.deepEqual(hasher.work, [])
})

test("seed() does not bring back the users of a store that had some", async () => {
  const { accounts } = createAccountParts()
  const seeds = [{ username: "alice", password: "wonderland" }]
  await accounts.seed(seeds)
  await accounts.delete("alice")
  assert.equal(await accounts.seed(seeds), false)
  assert.deepEqual(await accounts.list(), [])
})

test("seed() refuses an impossible name, and then adds no user", async () => {
  const { accounts } = createAccountParts()
  const seeds = [
    { username: "alice", password: "wonderland" },
    { username: "b b", password: "builder" },
  ]
  await assert.rejects(accounts.seed(seeds), refusedAs("invalid_request", nameRule))
  assert.deepEqual(await accounts.list(), [])
})

test("find() gives the user of a name as it was typed, or null", async () => {
  const { accounts } = createAccountParts()
  const added = await accounts.create({ username: "alice", password: good })
  assert.deepEqual(await accounts.find("ALICE"), added)
  assert.equal("passwordHash" in added, false)
  for (const typed of ["carol", "a lice", ""]) assert.equal(await accounts.find(typed), null)
})

test("accounts: on a full disk use cases are unavailable, and change nothing", async () => {
  const { accounts, store, log } = createAccountParts()
  for (const username of ["alice", "carol"]) await accounts.create({ username, password: good })
  await accounts.delete("carol")
  await store.failures.count("alice", "stranger")
  const before = await accounts.list()
  log.takeAudit()
  store.full = true
  const attempts = [
    () => accounts.create({ username: "bob", password: good }),
    () => accounts.enable("alice"),
    () => accounts.addRole("alice", "admin"),
    () => accounts.setClaim("alice", "plan", "free"),
    () => accounts.unlock("alice"),
    () => accounts.release("carol"),
  ]
  for (const attempt of attempts) await assert.rejects(attempt(), notStored)
  assert.deepEqual(await accounts.list(), before)
  assert.deepEqual(log.takeAudit(), [])
})
