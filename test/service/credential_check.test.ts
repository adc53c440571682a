// Who gets in, and what may happen while a password is being compared. How often one may try is in
// credential_check_limits.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { sampleSession, someone } from "./account_parts.ts"
import {
  createCheckedAccounts,
  wrong as newPassword,
  right as oldPassword,
} from "./checked_accounts.ts"

test("check() gives the user of the right password, under every spelling of the name", async () => {
  const { check } = await createCheckedAccounts()
  for (const username of ["alice", "ALICE", "\uff41lice", "alice ", "\u00a0Alice\t\r\n"]) {
    assert.equal(await check(oldPassword, { username }), "alice", username)
  }
})

const failures: readonly (readonly [name: string, username: string, password: string])[] = [
  ["a wrong password", "alice", newPassword],
  ["an empty password", "alice", ""],
  ["a password in another case", "alice", oldPassword.toUpperCase()],
  ["an unknown user", "carol", oldPassword],
  ["a disabled user", "mallory", oldPassword],
  ["what can't be a name", "al ice", oldPassword],
  ["a password with a blank after it", "alice", `${oldPassword} `],
  ["a name of a million characters", "a".repeat(1_000_000), oldPassword],
  ["a name with NUL", "alice\0", oldPassword],
  ["a member of all objects", "__proto__", oldPassword],
]

for (const [name, username, password] of failures) {
  test(`check() of ${name} is null after the work of one comparison`, async () => {
    const { check, hasher } = await createCheckedAccounts()
    assert.equal(await check(password, { username }), null)
    assert.deepEqual(hasher.work, ["verify"])
  })
}

test("check() does not rehash the password of a disabled user", async () => {
  const { check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  assert.equal(await check(oldPassword, { username: "mallory" }), null)
  assert.deepEqual(hasher.work, ["verify"])
})

/** What may happen to the user during a check. */
const changes: Readonly<Record<string, (accounts: Accounts) => Promise<unknown>>> = {
  "gets another password": (accounts) =>
    accounts.setPassword({ username: "alice", password: newPassword }),
  "is disabled": (accounts) => accounts.disable("alice"),
  "is deleted": (accounts) => accounts.delete("alice"),
}

for (const moment of ["whileVerifying", "whileHashing"] as const) {
  for (const [name, change] of Object.entries(changes)) {
    test(`check() gives no user of whom a session can start when it ${name}, ${moment}`, async () => {
      const { accounts, windowNow, hasher, store } = await createCheckedAccounts()
      hasher.cost = 2
      hasher[moment] = () => change(accounts)
      const checked = await accounts.check({ username: "alice", password: oldPassword }, someone)
      const { passwordHash: ifPasswordHash = "" } = checked?.user ?? {}
      const options = { ifPasswordHash, sessionsMax: 5, window: windowNow() }
      assert.equal(await store.sessions.start(sampleSession("s1"), options), null)
      assert.equal(await store.failures.find("alice"), null)
    })
  }
}

test("check() replaces a hash that costs too little, once", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(2, oldPassword))
  assert.equal(await check(oldPassword), "alice")
  assert.deepEqual(hasher.work, ["verify", "hash", "verify"])
})

test("check() leaves the hash of a failed login, and one that costs more, as they are", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  await check(newPassword)
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(1, oldPassword))
  await check(oldPassword)
  hasher.cost = 1
  await check(oldPassword)
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() does not put back a password that was changed while it was hashed again", async () => {
  const { accounts, check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = () => accounts.setPassword({ username: "alice", password: newPassword })
  await check(oldPassword)
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(2, newPassword))
  assert.equal(await check(newPassword), "alice")
})

test("check() accepts concurrent logins while the hash is replaced", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  const checks = Array.from({ length: 10 }, () => check(oldPassword))
  assert.deepEqual(await Promise.all(checks), Array(10).fill("alice"))
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() accepts a login when the disk is too full for a new hash", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = async () => {
    store.full = true
  }
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(1, oldPassword))
  store.full = false
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() accepts a login when the queue is too full for a new hash", async () => {
  const { check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = () => Promise.reject(new Unavailable("Too many logins at a time"))
  assert.equal(await check(oldPassword), "alice")
})

test("check() does not hide a bug in a new hash", async () => {
  const { check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = () => Promise.reject(new TypeError("a bug"))
  await assert.rejects(check(oldPassword), { name: "TypeError", message: "a bug" })
})

test("check() does not answer when there is no room for the comparison", async () => {
  const { check, hasher } = await createCheckedAccounts()
  for (const username of ["alice", "carol"]) {
    hasher.whileVerifying = () => Promise.reject(new Unavailable("Too many logins at a time"))
    await assert.rejects(check(oldPassword, { username }), {
      name: "Unavailable",
      message: "Too many logins at a time",
    })
  }
})
