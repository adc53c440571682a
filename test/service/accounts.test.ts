// The use cases over a store in memory and hashes that can be read. Who gets in is in
// credential_check.test.ts, what becomes of tokens in sessions.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError, Unavailable } from "../../src/errors.ts"
import { createAccounts } from "../../src/service/accounts.ts"
import { createFakeClock, startOfTests } from "../support/fake_clock.ts"
import { createMemoryStore } from "../support/memory_store.ts"
import { createPlainHasher } from "../support/plain_hasher.ts"

const good = "korrekt-pferd-batterie"
const better = "heftklammer-und-mehr"
const nameRule =
  "That can't be a username: it needs 1 to 64 of the characters a-z 0-9 . _ - @ +, " +
  "the first of them a letter, a digit or _"

function createParts() {
  const parts = {
    store: createMemoryStore(),
    hasher: createPlainHasher(),
    clock: createFakeClock(),
  }
  return { ...parts, accounts: createAccounts(parts) }
}

function refused(code: string, message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof AuthError)
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  }
}

test("add() keeps a user and tells all but the hash", async () => {
  const { accounts, store } = createParts()
  const summary = await accounts.add({ username: "Alice", password: good })
  const expected = {
    username: "alice",
    roles: [],
    disabled: false,
    createdAt: startOfTests,
    tokensNotBefore: 0,
  }
  assert.deepEqual(summary, expected)
  assert.deepEqual(await store.findUser("alice"), { ...expected, passwordHash: `1:${good}` })
})

test("add() refuses a name that is taken, in every spelling", async () => {
  const { accounts } = createParts()
  await accounts.add({ username: "kate", password: good })
  for (const username of ["kate", "KATE", "\u212aate", "\uff4bate"]) {
    await assert.rejects(
      accounts.add({ username, password: good }),
      refused("username_taken", "There is a user 'kate' already"),
    )
  }
})

test("add() refuses the name of a user who was deleted", async () => {
  const { accounts } = createParts()
  await accounts.add({ username: "alice", password: good })
  await accounts.remove("ALICE")
  await assert.rejects(
    accounts.add({ username: "alice", password: better }),
    refused("username_taken", "The name 'alice' was a user's who was deleted, and stays reserved"),
  )
})

test("add() gives one of fifty at once the name, whatever the spelling", async () => {
  const { accounts, store } = createParts()
  const spellings = ["kate", "Kate", "\u212aate"]
  const adding = Array.from({ length: 50 }, (_, index) =>
    accounts.add({ username: spellings[index % 3] ?? "", password: good }).then(
      () => "added",
      (error: AuthError) => error.code,
    ),
  )
  const outcomes = await Promise.all(adding)
  assert.equal(outcomes.filter((one) => one === "added").length, 1)
  assert.equal(outcomes.filter((one) => one === "username_taken").length, 49)
  assert.equal((await store.listUsers()).length, 1)
})

test("add() asks for the name first, then for the password, before it hashes anything", async () => {
  const { accounts, hasher } = createParts()
  const short = "A password needs at least 15 characters"
  const named = "A password can't be made of the username or the service's name"
  const rows = [
    ["", "short", nameRule],
    ["al ice", good, nameRule],
    ["\u0430lice", good, nameRule],
    ["alice", "short", short],
    ["ALICE", "alicealicealice", named],
  ] as const
  for (const [username, password, message] of rows) {
    await assert.rejects(accounts.add({ username, password }), refused("invalid_request", message))
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
    const { accounts } = createParts()
    const canonical = name.toLowerCase()
    await assert.rejects(
      accounts.disable(name),
      refused("not_found", `There is no user '${canonical}'`),
    )
    await accounts.add({ username: name, password: good })
    assert.equal((await accounts.check({ username: name, password: good }))?.username, canonical)
    await accounts.setPassword({ username: name, password: better })
    assert.deepEqual(
      (await accounts.list()).map(({ username }) => username),
      [canonical],
    )
    await accounts.remove(name)
    assert.deepEqual(await accounts.list(), [])
    assert.equal(Object.hasOwn(Object.prototype, "passwordHash"), false)
  })
}

test("list() gives all users by name, without their hashes", async () => {
  const { accounts } = createParts()
  for (const username of ["bob", "alice"]) await accounts.add({ username, password: good })
  const listed = await accounts.list()
  assert.deepEqual(
    listed.map(({ username }) => username),
    ["alice", "bob"],
  )
  assert.doesNotMatch(JSON.stringify(listed), /passwordHash|korrekt/)
})

test("accounts: use cases that name a user refuse an unknown one, and what can't be a name", async () => {
  const { accounts } = createParts()
  const cases = {
    setPassword: (username: string) => accounts.setPassword({ username, password: good }),
    disable: accounts.disable,
    enable: accounts.enable,
    remove: accounts.remove,
  }
  for (const [name, run] of Object.entries(cases)) {
    const unknown = refused("not_found", "There is no user 'carol'")
    await assert.rejects(run("Carol"), unknown, name)
    await assert.rejects(run("../carol"), refused("invalid_request", nameRule), name)
  }
})

test("setPassword() asks the new password what add() asks", async () => {
  const { accounts, store } = createParts()
  await accounts.add({ username: "alice", password: good })
  await assert.rejects(
    accounts.setPassword({ username: "alice", password: "aliceALICEalice" }),
    refused("invalid_request", "A password can't be made of the username or the service's name"),
  )
  assert.equal((await store.findUser("alice"))?.passwordHash, `1:${good}`)
})

test("setPassword() of a user who is deleted meanwhile finds nobody", async () => {
  const { accounts, hasher } = createParts()
  await accounts.add({ username: "alice", password: good })
  hasher.whileHashing = () => accounts.remove("alice")
  await assert.rejects(
    accounts.setPassword({ username: "alice", password: better }),
    refused("not_found", "There is no user 'alice'"),
  )
  assert.deepEqual(await accounts.list(), [])
})

test("setPassword() leaves a disabled user disabled", async () => {
  const { accounts } = createParts()
  await accounts.add({ username: "alice", password: good })
  await accounts.disable("alice")
  assert.equal((await accounts.setPassword({ username: "alice", password: better })).disabled, true)
})

test("accounts: each change that revokes tokens revokes those of logins since the last", async () => {
  const { accounts, clock } = createParts()
  await accounts.add({ username: "alice", password: good })
  const dates: number[] = []
  const revoke = async () => dates.push((await accounts.disable("alice")).tokensNotBefore)
  for (let change = 1; change <= 3; change += 1) await revoke()
  clock.advance(1)
  await revoke()
  clock.advance(1000)
  await revoke()
  assert.deepEqual(
    dates,
    [1, 2, 3, 4, 1002].map((seconds) => startOfTests + seconds),
  )
})

test("accounts: a clock that went back a little revokes what was revoked, and more", async () => {
  const { accounts, clock } = createParts()
  await accounts.add({ username: "alice", password: good })
  await accounts.disable("alice")
  clock.advance(-30)
  assert.equal((await accounts.disable("alice")).tokensNotBefore, startOfTests + 2)
})

test("accounts: a clock that was a year ahead keeps nobody out when it is right again", async () => {
  const { accounts, clock } = createParts()
  await accounts.add({ username: "alice", password: good })
  clock.advance(365 * 86_400)
  await accounts.disable("alice")
  clock.advance(-365 * 86_400)
  const { tokensNotBefore } = await accounts.setPassword({ username: "alice", password: better })
  assert.equal(tokensNotBefore, startOfTests + 1)
})

test("enable() leaves the date of tokens as it is", async () => {
  const { accounts, clock } = createParts()
  await accounts.add({ username: "alice", password: good })
  const { tokensNotBefore } = await accounts.disable("alice")
  clock.advance(100)
  const enabled = await accounts.enable("alice")
  assert.deepEqual([enabled.disabled, enabled.tokensNotBefore], [false, tokensNotBefore])
})

test("seed() fills an empty store, whatever the passwords are", async () => {
  const { accounts } = createParts()
  const users = [
    { username: "Alice", password: "wonderland" },
    { username: "bob", password: "b" },
  ]
  assert.equal(await accounts.seed(users), true)
  assert.deepEqual(
    (await accounts.list()).map(({ username }) => username),
    ["alice", "bob"],
  )
  assert.notEqual(await accounts.check({ username: "bob", password: "b" }), null)
})

test("seed() does nothing, and hashes nothing, where there are users", async () => {
  const { accounts, hasher } = createParts()
  await accounts.add({ username: "carol", password: good })
  hasher.work.length = 0
  assert.equal(await accounts.seed([{ username: "alice", password: "wonderland" }]), false)
  assert.deepEqual(
    (await accounts.list()).map(({ username }) => username),
    ["carol"],
  )
  assert.deepEqual(hasher.work, [])
})

test("seed() does not bring back the users of a store that had some", async () => {
  const { accounts } = createParts()
  const seeds = [{ username: "alice", password: "wonderland" }]
  await accounts.seed(seeds)
  await accounts.remove("alice")
  assert.equal(await accounts.seed(seeds), false)
  assert.deepEqual(await accounts.list(), [])
})

test("seed() refuses what can't be a name, and adds nobody then", async () => {
  const { accounts } = createParts()
  const seeds = [
    { username: "alice", password: "wonderland" },
    { username: "b b", password: "builder" },
  ]
  await assert.rejects(accounts.seed(seeds), refused("invalid_request", nameRule))
  assert.deepEqual(await accounts.list(), [])
})

test("accounts: a full disk is no refusal, and changes nothing", async () => {
  const { accounts, store } = createParts()
  await accounts.add({ username: "alice", password: good })
  const before = await accounts.list()
  store.full = true
  const attempts = [
    () => accounts.add({ username: "bob", password: good }),
    () => accounts.setPassword({ username: "alice", password: better }),
    () => accounts.disable("alice"),
    () => accounts.enable("alice"),
    () => accounts.remove("alice"),
  ]
  for (const attempt of attempts) {
    await assert.rejects(attempt(), (error) => {
      assert.ok(error instanceof Unavailable)
      assert.equal(error.message, "The change could not be stored")
      return true
    })
  }
  assert.deepEqual(await accounts.list(), before)
})
