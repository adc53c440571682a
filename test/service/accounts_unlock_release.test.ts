// What the operator does about accounts that are locked, and about names that are reserved.

import assert from "node:assert/strict"
import { test } from "node:test"
import { usernameRule } from "../../src/domain/username.ts"
import { claimOf, handle, recoveryCodes, samplePasskey } from "../store/sample_factors.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { refusedAs } from "../support/refusal.ts"
import { better, createAccountParts, good, someone } from "./account_parts.ts"

test("list() says who is locked", async () => {
  const { accounts, store } = createAccountParts()
  for (const username of ["alice", "bob", "carol"])
    await accounts.create({ username, password: good })
  for (let count = 1; count <= 70; count += 1) {
    await store.failures.count("bob", "stranger")
    if (count < 70) await store.failures.count("carol", "stranger")
    await store.failures.count("carol", "device")
  }
  const listed = (await accounts.list()).map(({ username, isLocked }) => [username, isLocked])
  assert.deepEqual(listed, [
    ["alice", false],
    ["bob", true],
    ["carol", false],
  ])
})

test("unlock() is audited, whether there was anything to unlock or not", async () => {
  const { accounts, store, log } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  log.takeAudit()
  for (const failures of [0, 1, 70]) {
    for (let count = 0; count < failures; count += 1) {
      await store.failures.count("alice", "stranger")
    }
    await accounts.unlock("Alice")
    assert.equal(await store.failures.find("alice"), null)
    const event = { event: "user.unlocked", user: "alice", reason: "operator" }
    assert.deepEqual(log.takeAudit(), [event])
  }
})

test("unlock() frees wrong codes, and list() says when they are locked", async () => {
  const { accounts, store, log } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  const states = async () => (await accounts.list()).map(({ factorState }) => factorState)
  assert.deepEqual(await states(), ["none"])
  const passkey = samplePasskey("p1")
  const adding = { addPasskey: passkey, handle, recoveryCodes: recoveryCodes(), ticket: null }
  await store.users.change("alice", { factors: { ...adding, at: startOfTests } })
  const fail = () => store.users.change("alice", { factors: claimOf() })
  for (let count = 0; count < 99; count += 1) await fail()
  assert.deepEqual(await states(), ["on"])
  await fail()
  assert.deepEqual(await states(), ["locked"])
  assert.equal(await fail(), "locked")
  log.takeAudit()
  await accounts.unlock("alice")
  assert.deepEqual(await states(), ["on"])
  assert.equal((await store.users.find("alice"))?.factors?.failures, 0)
  const event = { event: "user.unlocked", user: "alice", reason: "operator" }
  assert.deepEqual(log.takeAudit(), [event])
})

test("delete() forgets failed logins, so a later user of the name has none", async () => {
  const { accounts, store } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  for (let count = 0; count < 80; count += 1) await store.failures.count("alice", "stranger")
  await accounts.delete("alice")
  await accounts.release("alice")
  await accounts.create({ username: "alice", password: better })
  const credentials = { username: "alice", password: better }
  assert.equal((await accounts.check(credentials, someone))?.user.username, "alice")
})

test("release() frees a name, and older tokens stay refused for its next user", async () => {
  const { accounts, clock, log } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  clock.advance(100)
  await accounts.delete("alice")
  log.takeAudit()
  await accounts.release("ALICE")
  assert.deepEqual(log.takeAudit(), [{ event: "user.released", user: "alice" }])
  await accounts.create({ username: "alice", password: better })
  const again = await accounts.find("alice")
  assert.deepEqual([again?.tokensNotBefore, again?.createdAt], [startOfTests + 101, clock.now()])
})

test("release() refuses a name that is not reserved, and an impossible one", async () => {
  const { accounts, log } = createAccountParts()
  await accounts.create({ username: "alice", password: good })
  log.takeAudit()
  for (const name of ["alice", "carol", "admin"]) {
    const refusal = refusedAs("not_found", `The name '${name}' is not reserved`)
    await assert.rejects(accounts.release(name), refusal)
  }
  await assert.rejects(
    accounts.release("al ice"),
    refusedAs("invalid_request", `That can't be a username: it needs ${usernameRule}`),
  )
  assert.deepEqual(log.takeAudit(), [])
})
