// Two processes with the keys of one store: what one of them changes, the other one takes over.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { KeyParts, Keys } from "../../src/service/keys.ts"
import { openKeys } from "../../src/service/open_keys.ts"
import { JsonKeys } from "../../src/store/json/keys_file.ts"
import { createAudit } from "../../src/telemetry/audit.ts"
import { signAccessToken } from "../../src/token/access_token.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock, startOfTests as now } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { invalidToken, unavailableAs } from "../support/refusal.ts"
import { createTestService } from "../support/test_service.ts"
import { caller, logIn } from "./logged_in.ts"
import { generated } from "./opened_keys.ts"

/** The keys of one store in two processes, of which the other one may have settings of its own. */
async function openTwice(ofOther: Partial<KeyParts> = {}) {
  const [clock, memory] = [createFakeClock(), createFaultyDisk()]
  const { log } = createCollectedLog(clock)
  let reads = 0
  const disk = {
    ...memory,
    read(path: string) {
      reads += 1
      return memory.read(path)
    },
  }
  const keys = new JsonKeys({ path: "/data/keys.json", disk, assertOpen: () => {} })
  const parts = {
    signing: generated,
    ...{ store: { keys, users: { count: async () => 0 } }, clock, warn: () => {} },
    ...{ audit: createAudit({ log, file: null, clock }), rotationSeconds: null },
    ...{ accessTtlSeconds: 900, leewaySeconds: 0 },
  }
  const one = await openKeys(parts)
  const other = await openKeys({ ...parts, ...ofOther })
  return { one, other, reads: () => reads }
}

const kidsOf = (keys: Keys) => keys.list().map(({ kid }) => kid)

test("catchUp() takes over a key that another process rotated in", async () => {
  const { one, other } = await openTwice()
  assert.equal(other.haveChanged(), false)
  const { kid } = await one.rotate()
  assert.equal(other.haveChanged(), true)
  assert.ok(!kidsOf(other).includes(kid))
  await other.catchUp()
  assert.equal(other.haveChanged(), false)
  assert.deepEqual(other.list(), one.list())
  assert.ok(other.ring.find(kid ?? undefined, now) !== null)
})

test("catchUp() drops keys that another process retired", async () => {
  const { one, other } = await openTwice()
  const [retired = ""] = kidsOf(one)
  const refreshKey = other.refreshKey()
  await one.retire(String(retired))
  await one.retire("refresh")
  await other.catchUp()
  assert.equal(other.ring.find(String(retired), now), null)
  assert.deepEqual(other.refreshKey(), one.refreshKey())
  assert.notDeepEqual(other.refreshKey(), refreshKey)
})

test("catchUp() of concurrent requests reads the document once", async () => {
  const { one, other, reads } = await openTwice()
  await one.rotate()
  const before = reads()
  await Promise.all(Array.from({ length: 50 }, () => other.catchUp()))
  assert.equal(reads(), before + 1)
  assert.deepEqual(other.list(), one.list())
})

test("publicKeys() and rotateWhenDue() catch up first", async () => {
  const { one, other } = await openTwice()
  await one.rotate()
  assert.deepEqual(await other.publicKeys(), await one.publicKeys())
  await one.retire("refresh")
  await other.rotateWhenDue()
  assert.deepEqual(other.refreshKey(), one.refreshKey())
})

test("rotate() by two processes at once rotates once, and the other one may try again", async () => {
  const { one, other } = await openTwice()
  const outcomes = await Promise.allSettled([one.rotate(), other.rotate()])
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason] : [],
  )
  assert.equal(failures.length, 1)
  unavailableAs("Another process changed the keys at the same moment: try again")(failures[0])
  await Promise.all([one.catchUp(), other.catchUp()])
  assert.deepEqual(one.list(), other.list())
  assert.equal(one.list().length, 4)
})

/** A service, and the keys of its store in another process. */
async function serveTwice(t: TestContext) {
  const service = await createTestService(t, { generated: true })
  const { store, clock, audit } = service
  const other = await openKeys({
    ...{ signing: generated, store, clock, audit, warn: () => {}, rotationSeconds: null },
    ...{ accessTtlSeconds: 900, leewaySeconds: 0 },
  })
  return { service, other }
}

test("authenticate() refuses a key from the next request after another process retired it", async (t) => {
  const { service, other } = await serveTwice(t)
  const { accessToken, refreshToken } = await logIn(service)
  await service.sessions.authenticate(accessToken)
  await other.retire(String(kidsOf(other)[0]))
  await assert.rejects(service.sessions.authenticate(accessToken), invalidToken)
  const next = await service.sessions.refresh(refreshToken, caller)
  assert.equal((await service.sessions.authenticate(next.accessToken)).username, "alice")
  await other.retire("refresh")
  await assert.rejects(service.sessions.refresh(next.refreshToken, caller), invalidToken)
})

test("authenticate() accepts a token of another process's new key, and asks the store only for that", async (t) => {
  const { service, other } = await serveTwice(t)
  const { sid, accessToken } = await logIn(service)
  await other.retire(String(kidsOf(other)[0]))
  const issuedAt = service.clock.now()
  const times = { issuedAt, authTime: issuedAt, sessionExpiresAt: issuedAt + 900 }
  const settings = { ...service.tokens, ring: other.ring }
  const grant = { ...grantOfTests, username: "alice", sid, ...times }
  const { token } = await signAccessToken(grant, settings)
  const version = t.mock.method(service.store.keys, "version")
  for (const forged of ["no token", accessToken.slice(0, -4), `${accessToken}x`, token.slice(3)]) {
    await assert.rejects(service.sessions.authenticate(forged), { code: "invalid_token" })
  }
  assert.equal(version.mock.callCount(), 0)
  assert.equal((await service.sessions.authenticate(token)).username, "alice")
  assert.equal(version.mock.callCount(), 1)
  await service.sessions.authenticate(token)
  assert.equal(version.mock.callCount(), 1)
})

test("catchUp() keeps a retiring key for as long as the settings of this process ask", async () => {
  const { one, other } = await openTwice({ accessTtlSeconds: 3600 })
  const { kid, signsFrom } = await one.rotate()
  await other.catchUp()
  const [retiring, waiting] = other.list()
  assert.equal(waiting?.kid, kid)
  assert.equal(retiring?.keptUntil, (signsFrom ?? 0) + 3600)
})
