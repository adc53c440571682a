// Who gets in, and what may happen while a password is being compared. How often one may try is in
// credential_check_limits.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { someone } from "./account_parts.ts"
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

test("check() of a disabled user does no more work when hashes should cost more", async () => {
  const { check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  assert.equal(await check(oldPassword, { username: "mallory" }), null)
  assert.deepEqual(hasher.work, ["verify"])
})

test("check() fails when the password is changed while it is compared", async () => {
  const { accounts, check, hasher } = await createCheckedAccounts()
  hasher.whileVerifying = () => accounts.setPassword({ username: "alice", password: newPassword })
  assert.equal(await check(oldPassword), null)
})

test("check() holds when the same password is set while it is compared", async () => {
  const { accounts, check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileVerifying = () => accounts.setPassword({ username: "alice", password: oldPassword })
  assert.equal(await check(oldPassword), "alice")
})

for (const moment of ["whileVerifying", "whileHashing"] as const) {
  test(`check() fails when the user is disabled, ${moment}`, async () => {
    const { accounts, check, hasher } = await createCheckedAccounts()
    hasher.cost = 2
    hasher[moment] = () => accounts.disable("alice")
    assert.equal(await check(oldPassword), null)
  })

  test(`check() fails when the user is deleted, ${moment}`, async () => {
    const { accounts, check, hasher } = await createCheckedAccounts()
    hasher.cost = 2
    hasher[moment] = () => accounts.remove("alice")
    assert.equal(await check(oldPassword), null)
  })

  test(`check() gives the user as it is after a change of roles, ${moment}`, async () => {
    const { accounts, hasher, store } = await createCheckedAccounts()
    hasher.cost = 2
    hasher[moment] = () => store.changeUser("alice", { roles: ["admin"] })
    const user = await accounts.check({ username: "alice", password: oldPassword }, someone)
    assert.deepEqual(user?.roles, ["admin"])
  })
}

test("check() replaces a hash that costs too little, once", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(2, oldPassword))
  assert.equal(await check(oldPassword), "alice")
  assert.deepEqual(hasher.work, ["verify", "hash", "verify"])
})

test("check() leaves the hash of a failed login, and one that costs more, as they are", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  await check(newPassword)
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(1, oldPassword))
  await check(oldPassword)
  hasher.cost = 1
  await check(oldPassword)
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() does not put back a password that was changed while it was hashed anew", async () => {
  const { accounts, check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = () => accounts.setPassword({ username: "alice", password: newPassword })
  assert.equal(await check(oldPassword), null)
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(2, newPassword))
  assert.equal(await check(newPassword), "alice")
})

test("check() lets all in who log in at once while the hash is replaced", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  const checks = Array.from({ length: 10 }, () => check(oldPassword))
  assert.deepEqual(await Promise.all(checks), Array(10).fill("alice"))
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() lets in when the disk is too full for a new hash", async () => {
  const { check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  store.full = true
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(1, oldPassword))
  store.full = false
  assert.equal(await check(oldPassword), "alice")
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(2, oldPassword))
})

test("check() lets in when the queue is too full for a new hash", async () => {
  const { check, hasher } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = () => Promise.reject(new Unavailable("Too many logins at a time"))
  assert.equal(await check(oldPassword), "alice")
})

test("check() fails when the disk is full and the user was disabled meanwhile", async () => {
  const { accounts, check, hasher, store } = await createCheckedAccounts()
  hasher.cost = 2
  hasher.whileHashing = async () => {
    await accounts.disable("alice")
    store.full = true
  }
  assert.equal(await check(oldPassword), null)
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
