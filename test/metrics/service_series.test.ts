// What is read of the service: whether it is ready, its users and sessions, the hashing lane,
// tokens, keys, the clock, and lost lines.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createMetricsService, numbersNamed } from "../support/metrics_service.ts"
import { settled } from "../support/settled.ts"

test("postern_ready equals /readyz, and is 0 when the store is unavailable", async (t) => {
  const service = await createMetricsService(t)
  assert.equal((await service.read())["postern_ready"], 1)
  service.ready = false
  assert.equal((await service.read())["postern_ready"], 0)
  const failing = await createMetricsService(
    t,
    {},
    {
      isReady: () => Promise.reject(new Unavailable("The database refuses what Postern needs")),
    },
  )
  assert.equal((await failing.read())["postern_ready"], 0)
})

test("postern_users and postern_sessions count users and live sessions", async (t) => {
  const { start, read, call, clock } = await createMetricsService(t)
  assert.deepEqual(await pick(read, "postern_users", "postern_sessions"), [2, 0])
  const [one] = [await start("alice", "wonderland"), await start("bob", "builder")]
  await call("POST", "/logout", { token: one.access_token })
  clock.advance(60)
  assert.deepEqual(await pick(read, "postern_users", "postern_sessions"), [2, 1])
  clock.advance(86_400)
  assert.deepEqual(await pick(read, "postern_users", "postern_sessions"), [2, 0])
})

test("postern_users and postern_sessions have no number while the store is unavailable", async (t) => {
  const { read, store } = await createMetricsService(t)
  await store.close()
  const numbers = await read()
  assert.deepEqual([numbers["postern_users"], numbers["postern_sessions"]], [undefined, undefined])
  assert.equal(numbers["postern_store_changes_total"], 1, "the store's own numbers are there")
})

test("postern_hashing_… shows the state of the lane and its refusals", async (t) => {
  const { read, lane, logIn } = await createMetricsService(t)
  await logIn("alice", "wonderland")
  const asker = { groups: ["client 192.0.2.7"], isKnown: false }
  const ends: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => ends.push(resolve))
  const all = Array.from({ length: 203 }, () => lane.run(work, asker))
  const refused = Promise.allSettled(all)
  await settled()
  const numbers = await read()
  assert.deepEqual(
    ["width", "running", "queue", "wait_seconds_count"].map(
      (name) => numbers[`postern_hashing_${name}`],
    ),
    // Two users were seeded, one logged in, two are being worked for.
    [2, 2, 200, 5],
  )
  assert.deepEqual(numbersNamed(numbers, "postern_hashing_rejected_total"), { "reason=full": 1 })
  while (ends.length > 0) {
    ends.shift()?.()
    await settled()
  }
  await refused
  assert.deepEqual(await pick(read, "postern_hashing_queue", "postern_hashing_running"), [0, 0])
})

test("postern_verified_… counts tokens in memory, hits and misses", async (t) => {
  const { read, logIn, call } = await createMetricsService(t)
  const token = await logIn("alice", "wonderland")
  for (let times = 0; times < 3; times += 1) await call("GET", "/me", { token })
  await call("GET", "/me", { token: `${token}x` })
  const numbers = await read()
  assert.equal(numbers["postern_verified_tokens"], 1)
  assert.deepEqual(numbersNamed(numbers, "postern_verified_token_lookups_total"), {
    "result=hit": 2,
    "result=miss": 2,
  })
})

test("postern_keys and postern_signing_key_… follow a rotation", async (t) => {
  const day = 86_400
  const options = { generated: true }
  const { read, keys, clock } = await createMetricsService(t, options, {
    rotationSeconds: 90 * day,
  })
  const names = ["published", "rotation_due"].map(
    (name) => `postern_signing_key_${name}_timestamp_seconds`,
  )
  assert.deepEqual(await pick(read, ...names), [startOfTests, startOfTests + 90 * day])
  clock.advance(91 * day)
  await keys.rotate()
  assert.deepEqual(numbersNamed(await read(), "postern_keys"), {
    "state=waiting": 1,
    "state=signing": 1,
  })
  assert.deepEqual(await pick(read, ...names), [startOfTests, startOfTests + 90 * day])
  clock.advance(305)
  const rotatedAt = startOfTests + 91 * day
  assert.deepEqual(await pick(read, ...names), [rotatedAt, rotatedAt + 90 * day])
  assert.deepEqual(numbersNamed(await read(), "postern_keys"), {
    "state=signing": 1,
    "state=kept": 1,
  })
  clock.advance(900)
  assert.deepEqual(numbersNamed(await read(), "postern_keys"), {
    "state=signing": 1,
    "state=over": 1,
  })
})

test("postern_signing_key_… has no due date without POSTERN_KEY_ROTATION", async (t) => {
  const { read } = await createMetricsService(t, { generated: true })
  const numbers = await read()
  assert.equal(numbers["postern_signing_key_published_timestamp_seconds"], startOfTests)
  assert.equal("postern_signing_key_rotation_due_timestamp_seconds" in numbers, false)
})

for (const [name, options] of [
  ["a shared secret", { shared: true }],
  ["a key of the operator's", {}],
] as const) {
  test(`postern_keys counts ${name}, whose age is unknown`, async (t) => {
    const { read } = await createMetricsService(t, options, { rotationSeconds: 86_400 })
    const numbers = await read()
    assert.deepEqual(numbersNamed(numbers, "postern_keys"), { "state=signing": 1 })
    const ages = Object.keys(numbers).filter((key) => key.startsWith("postern_signing_key_"))
    assert.deepEqual(ages, [])
  })
}

test("postern_clock_timestamp_seconds is the service's clock, right or wrong", async (t) => {
  const { read, clock } = await createMetricsService(t)
  clock.set(3600)
  assert.deepEqual(await pick(read, "postern_clock_timestamp_seconds"), [startOfTests + 3600])
})

test("lost lines are counted by kind, and those of the audit file apart", async (t) => {
  const none = await createMetricsService(t)
  const numbers = await none.read()
  const kinds = ["access", "debug", "info", "warn", "error", "audit"]
  for (const kind of kinds) {
    assert.equal(numbers[`postern_log_lines_lost_total{kind="${kind}"}`], 0, kind)
  }
  assert.equal("postern_audit_file_lines_lost_total" in numbers, false)
  const { read } = await createMetricsService(
    t,
    {},
    { losses: () => ({ access: 12, audit: 3 }), auditFile: { linesLost: () => 4 } },
  )
  assert.deepEqual(numbersNamed(await read(), "postern_log_lines_lost_total"), {
    "kind=access": 12,
    "kind=audit": 3,
  })
  assert.deepEqual(await pick(read, "postern_audit_file_lines_lost_total"), [4])
})

async function pick(
  read: () => Promise<Readonly<Record<string, number>>>,
  ...names: readonly string[]
) {
  const numbers = await read()
  return names.map((name) => numbers[name])
}
