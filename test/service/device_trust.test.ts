// Trusted devices: which keys their tokens go by, and what the store's record has of them. What
// trust is good for is in test/api/trusted_devices.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { DeviceTrust } from "../../src/service/device_trust.ts"
import { createAudit } from "../../src/telemetry/audit.ts"
import { sampleUser } from "../store/sample_user.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock, startOfTests } from "../support/fake_clock.ts"
import { createMemoryStore } from "../support/memory_store.ts"
import { keysOfTests, someone } from "./account_parts.ts"

const factors = {
  ...{ handle: "h", totp: null, pendingTotp: null, recoveryCodes: [], passkeys: [] },
  ...{ failures: 0, tickets: [], trusted: [] },
}

function trustOf({ trustSeconds = 3600 }: { readonly trustSeconds?: number | null } = {}) {
  const clock = createFakeClock()
  const { log } = createCollectedLog(clock)
  let [key, catchUps] = [new Uint8Array(32).fill(1), 0]
  const others = { key }
  const catchUp = async () => {
    catchUps += 1
    key = others.key
  }
  const trust = new DeviceTrust({
    ...{ store: createMemoryStore(), clock, trustSeconds },
    keys: { ...keysOfTests, catchUp, cookieKey: () => key },
    audit: createAudit({ log, file: null, clock }),
  })
  return { trust, clock, others, catchUps: () => catchUps }
}

test("make() gives a device, and a token that covers() knows once the record has the device", async () => {
  const { trust } = trustOf()
  assert.equal(trust.seconds, 3600)
  const user = sampleUser("alice", { factors })
  const made = await trust.make(user, someone)
  assert.ok(made !== null)
  const { device, token } = made
  const createdAt = startOfTests
  assert.deepEqual(device, {
    ...{ id: device.id, userAgent: "test", createdAt, expiresAt: createdAt + 3600 },
  })
  const username = "alice"
  assert.equal(await trust.covers(token, { username, user }), false)
  const trusting = { ...user, factors: { ...factors, trusted: [device] } }
  assert.equal(await trust.covers(token, { username, user: trusting }), true)
  assert.equal(await trust.covers(token, { username: "bob", user: trusting }), false)
  assert.equal(await trust.covers(token, { username, user: null }), false)
  assert.equal(await trust.covers(token, { username: null, user: null }), false)
})

test("make() and covers() go by the key as another process left it", async () => {
  const { trust, others, catchUps } = trustOf()
  const user = sampleUser("alice", { factors })
  const made = await trust.make(user, someone)
  assert.ok(made !== null)
  const trusting = {
    username: "alice",
    user: { ...user, factors: { ...factors, trusted: [made.device] } },
  }
  others.key = new Uint8Array(32).fill(2)
  assert.equal(await trust.covers(made.token, trusting), false)
  assert.notEqual((await trust.make(user, someone))?.token.slice(26), made.token.slice(26))
  assert.equal(catchUps(), 3)
})

test("covers() does the same for a user who does not exist, and nothing for other texts", async () => {
  const { trust, catchUps } = trustOf()
  const token = `ptt_${"A".repeat(54)}`
  const user = sampleUser("alice")
  assert.equal(await trust.covers(token, { username: "alice", user }), false)
  assert.equal(await trust.covers(token, { username: "nobody", user: null }), false)
  assert.equal(catchUps(), 2)
  for (const text of ["", "ptt_", `${token}A`]) {
    assert.equal(await trust.covers(text, { username: "alice", user }), false)
  }
  assert.equal(catchUps(), 2)
})

test("without the setting nothing is trusted, and no key is read", async () => {
  const { trust, catchUps } = trustOf({ trustSeconds: null })
  const user = sampleUser("alice", { factors })
  assert.equal(trust.seconds, null)
  assert.equal(await trust.make(user, someone), null)
  assert.equal(await trust.covers(`ptt_${"A".repeat(54)}`, { username: "alice", user }), false)
  assert.equal(catchUps(), 0)
})
