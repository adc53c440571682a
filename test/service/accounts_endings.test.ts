// What ends the sessions of a user, and what the audit trail says of changes by the command line. A
// change of the password by its user is in accounts_change_password.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Accounts } from "../../src/service/accounts.ts"
import { listRevocations } from "../store/session_calls.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { notStored, refusedAs } from "../support/refusal.ts"
import { createTestService } from "../support/test_service.ts"
import {
  better,
  createAccountParts,
  createUsedAccounts,
  good,
  sidsOfAlice as sids,
} from "./account_parts.ts"

/** What ends all sessions of a user, by the reason that is audited. */
const endings: Readonly<Record<string, (accounts: Accounts) => Promise<unknown>>> = {
  password_set: (accounts) => accounts.setPassword({ username: "Alice", password: better }),
  disabled: (accounts) => accounts.disable("ALICE"),
  logged_out: (accounts) => accounts.logOut("alice"),
  deleted: (accounts) => accounts.delete("alice"),
}

for (const [reason, end] of Object.entries(endings)) {
  test(`accounts: ${reason} ends all sessions of the user, and says so`, async () => {
    const { accounts, store, log, clock } = await createUsedAccounts()
    await end(accounts)
    assert.deepEqual(await store.sessions.list("alice"), [])
    assert.equal((await store.sessions.list("bob")).length, 1)
    assert.deepEqual((await listRevocations(store, clock.now())).sids.toSorted(), sids)
    const change =
      reason === "deleted"
        ? { event: "user.deleted", user: "alice" }
        : { event: "user.changed", user: "alice", reason }
    const ended = sids.map((session) => ({
      ...{ event: "session.ended", user: "alice", session, reason },
    }))
    assert.deepEqual(log.takeAudit(), [change, ...ended])
    assert.doesNotMatch(log.lines.join(""), /korrekt|heftklammer/)
  })

  test(`accounts: ${reason} on a full disk ends nothing, and says nothing`, async () => {
    const { accounts, store, log } = await createUsedAccounts()
    const before = await store.users.find("alice")
    store.full = true
    await assert.rejects(end(accounts), notStored)
    assert.equal((await store.sessions.list("alice")).length, 2)
    assert.deepEqual(await store.users.find("alice"), before)
    assert.deepEqual(log.takeAudit(), [])
  })

  test(`accounts: ${reason} and the end of the sessions are one entry of the journal`, async (t) => {
    const disk = createFaultyDisk()
    const { accounts, start } = await createTestService(t, { disk })
    for (const _ of sids) await start("alice", "wonderland")
    const before = disk.operations.length
    await end(accounts)
    const [written, ...more] = disk.operations.slice(before)
    assert.deepEqual(more, [])
    assert.ok(written?.kind === "write")
    const [line, ...rest] = written.bytes.toString().split("\n")
    assert.deepEqual(rest, [""])
    const gone = [...String(line).matchAll(/\["sessions","[\w-]{22}",null\]/g)]
    assert.equal(gone.length, 2)
    assert.match(String(line), /\["users","alice",/)
  })
}

/** Changes that end no session, by the reason that is audited. */
const changes: Readonly<Record<string, (accounts: Accounts) => Promise<unknown>>> = {
  enabled: (accounts) => accounts.enable("Alice"),
  role_added: (accounts) => accounts.addRole("Alice", "editor"),
  role_removed: (accounts) => accounts.removeRole("Alice", "reader"),
  claim_set: (accounts) => accounts.setClaim("Alice", "tenant", { id: 7 }),
  claim_removed: (accounts) => accounts.removeClaim("Alice", "plan"),
}

for (const [reason, change] of Object.entries(changes)) {
  test(`accounts: ${reason} ends no session, and says what was done`, async () => {
    const { accounts, store, log } = await createUsedAccounts()
    await accounts.addRole("alice", "reader")
    await accounts.setClaim("alice", "plan", "free")
    log.takeAudit()
    await change(accounts)
    assert.equal((await store.sessions.list("alice")).length, 2)
    assert.deepEqual(log.takeAudit(), [{ event: "user.changed", user: "alice", reason }])
  })
}

test("accounts: creating, seeding and refusing users is audited", async () => {
  const { accounts, log } = createAccountParts()
  await accounts.seed([
    { username: "Alice", password: "wonderland" },
    { username: "bob", password: "builder" },
  ])
  await accounts.create({ username: "Carol", password: good })
  assert.deepEqual(log.takeAudit(), [
    { event: "user.seeded", user: "alice" },
    { event: "user.seeded", user: "bob" },
    { event: "user.added", user: "carol" },
  ])
  await assert.rejects(
    accounts.create({ username: "carol", password: good }),
    refusedAs("username_taken", "There is a user 'carol' already"),
  )
  await assert.rejects(
    accounts.removeRole("carol", "admin"),
    refusedAs("not_found", "The user 'carol' has no such role"),
  )
  assert.equal(await accounts.seed([{ username: "dora", password: good }]), false)
  assert.deepEqual(log.takeAudit(), [])
})

test("setPassword() throws not_found for a user who is deleted meanwhile", async () => {
  const { accounts, hasher, log } = await createUsedAccounts()
  hasher.whileHashing = () => accounts.delete("alice")
  await assert.rejects(
    accounts.setPassword({ username: "alice", password: better }),
    refusedAs("not_found", "There is no user 'alice'"),
  )
  assert.equal(await accounts.find("alice"), null)
  assert.deepEqual(log.takeNames(), ["user.deleted", "session.ended", "session.ended"])
})

test("setPassword() leaves a disabled user disabled", async () => {
  const { accounts } = await createUsedAccounts()
  await accounts.disable("alice")
  assert.equal((await accounts.setPassword({ username: "alice", password: better })).disabled, true)
})

test("enable() does not revive earlier sessions or tokens", async () => {
  const { accounts, clock, store } = await createUsedAccounts()
  const { tokensNotBefore } = await accounts.disable("alice")
  clock.advance(100)
  const enabled = await accounts.enable("alice")
  assert.deepEqual([enabled.disabled, enabled.tokensNotBefore], [false, tokensNotBefore])
  assert.deepEqual(await store.sessions.list("alice"), [])
})

/** Steps of the clock between one reset of a user and the next, and what is refused then. */
const resets: readonly (readonly [name: string, seconds: number, expected: number])[] = [
  ["in the same second", 0, startOfTests + 1],
  ["a second later", 1, startOfTests + 2],
  ["after the clock was set back a little: not less than before", -30, startOfTests + 1],
  ["much later", 1000, startOfTests + 1001],
]

for (const [name, seconds, expected] of resets) {
  test(`accounts: tokens without a session are refused by date, ${name}`, async () => {
    const { accounts, clock } = await createUsedAccounts()
    assert.equal((await accounts.logOut("alice")).tokensNotBefore, startOfTests + 1)
    clock.advance(seconds)
    assert.equal((await accounts.logOut("alice")).tokensNotBefore, expected)
  })
}

test("accounts: after a clock was a year ahead, the next change lets users in again", async () => {
  const { accounts, clock } = await createUsedAccounts()
  clock.advance(365 * 86_400)
  await accounts.disable("alice")
  clock.advance(-365 * 86_400)
  const { tokensNotBefore } = await accounts.setPassword({ username: "alice", password: better })
  assert.equal(tokensNotBefore, startOfTests + 1)
})
