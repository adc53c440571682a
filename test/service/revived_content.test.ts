// What is restored of a backup is what `postern store revive` makes of a store.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { OperatorError } from "../../src/errors.ts"
import { reviveStore } from "../../src/service/revive_store.ts"
import { reviveContent } from "../../src/service/revived_content.ts"
import { checkBackup, restoreBackup } from "../../src/store/backup.ts"
import type { Content } from "../../src/store/copying.ts"
import { encodeBackup } from "../../src/store/json/backup_format.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleContent } from "../store/sample_content.ts"
import { pendingTotp, sampleFactors, sampleTicket } from "../store/sample_factors.ts"
import { sampleSession, start, startOptions } from "../store/sample_session.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"

const watching = { onProgress: () => {}, isInterrupted: () => false }
const warn = () => {}
const origin = { postern: "1.2.3", madeAt: start }

/** All that may differ: what a store holds, but for the keys. */
async function held(store: Store) {
  const users = await store.users.list()
  const sessions = await Promise.all(users.map(({ username }) => store.sessions.list(username)))
  const { sids, jtis } = await store.sessions.revocations(start)
  const failures = await Promise.all(users.map(({ username }) => store.failures.find(username)))
  return { users, sessions, sids: sids.toSorted(), jtis, failures }
}

async function keysOf(store: Store) {
  const document = await store.keys.read()
  return JSON.parse(String(document?.bytes)) as Record<string, unknown>
}

async function restored(
  t: TestContext,
  store: Store,
  change: (content: Content) => Promise<Content>,
) {
  const to = { directory: join(temporaryDirectory(t), "data"), disk: machineDisk }
  const { chunks } = (await store.backup(origin)) ?? assert.fail()
  await restoreBackup({ from: { chunks, place: "x" }, to, change, warn, ...watching })
  const opened = await openJsonStore({ ...to, warn })
  t.after(() => opened.close())
  return opened
}

test("reviveContent() leaves what reviveStore() leaves, of all that a service has", async (t) => {
  const service = await createTestService(t, { generated: true })
  const { accounts, keys, serviceTokens, store, clock } = service
  const window = { at: clock.now(), steadyAt: clock.now(), accessTtlSeconds: 900, graceSeconds: 30 }
  await service.logIn("alice", "wonderland")
  await service.logIn("alice", "wonderland")
  const ended = await service.logIn("bob", "builder")
  await service.call("POST", "/logout", { token: ended })
  await service.call("POST", "/login", { json: { username: "bob", password: "wrong" } })
  const tickets = [{ ...sampleTicket("t"), tries: 1, isUsed: true }]
  const factors = sampleFactors({ pendingTotp, tickets, failures: 3 })
  const expiresAt = start + 60
  const link = { kind: "reset", tag: "tag", expiresAt, removesFactors: false } as const
  await store.users.create(sampleUser("carol", { factors, link }))
  const options = startOptions({ ifPasswordHash: sampleHash() })
  await store.sessions.start(sampleSession("s1", { username: "carol" }), options)
  await serviceTokens.create({ name: "ci", roles: "" })
  await store.sessions.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: true })
  await accounts.create({ username: "dora", password: "korrekt-pferd-batterie" })
  await accounts.delete("dora")

  const change = (content: Content) => reviveContent(content, { window, place: "the test" })
  const other = await restored(t, store, change)
  const before = await keysOf(store)
  await reviveStore({ accounts, keys, serviceTokens })
  assert.deepEqual(await store.serviceTokens.list(), [])
  assert.deepEqual(await other.serviceTokens.list(), [])
  const expected = await held(store)
  assert.deepEqual(await held(other), expected)
  assert.deepEqual(expected.sessions.flat(), [])
  assert.equal(expected.sids.length, 4)
  assert.equal(await other.users.findName("dora"), "reserved")
  const { refreshKey, cookieKey, ...rest } = await keysOf(other)
  const { refreshKey: oldRefresh, cookieKey: oldCookie, ...oldRest } = before
  assert.deepEqual(rest, oldRest, "the signing keys and the key of factors stay")
  assert.notEqual(refreshKey, oldRefresh)
  assert.notEqual(cookieKey, oldCookie)
})

test("reviveContent() counts the records that it gives", async () => {
  const content = { ...sampleContent(2345), keys: null }
  const window = { at: start, steadyAt: start, accessTtlSeconds: 900, graceSeconds: 30 }
  const revived = await reviveContent(content, { window, place: "the test" })
  const expected = {
    ...(await content.count()),
    sessions: 0,
    endedSessions: 4690,
    serviceTokens: 0,
  }
  assert.deepEqual(await revived.count(), expected)
  assert.equal(revived.keys, null)
  const from = { chunks: encodeBackup(revived, origin), place: "x" }
  assert.deepEqual((await checkBackup(from, watching)).counts, expected)
})

test("reviveContent() refuses keys that can't be used", async () => {
  const window = { at: start, steadyAt: start, accessTtlSeconds: 900, graceSeconds: 30 }
  const content = { ...sampleContent(1), keys: Buffer.from("{}") }
  await assert.rejects(reviveContent(content, { window, place: "x.json" }), (error) => {
    assert.ok(error instanceof OperatorError)
    assert.match(error.message, /^The key file 'x\.json' can't be used: /)
    return error.exitCode === 65
  })
})
