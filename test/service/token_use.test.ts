import assert from "node:assert/strict"
import { test } from "node:test"
import { createTokenRates, requireRate } from "../../src/service/token_use.ts"
import { createAudit } from "../../src/telemetry/audit.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock } from "../support/fake_clock.ts"
import { refusedAs } from "../support/refusal.ts"

/** Rates and their clock. */
function createRates() {
  const { now, advance } = createFakeClock()
  const rates = createTokenRates(now)
  return { rates, take: (id: string, username = "alice") => rates.take({ id, username }), advance }
}

test("take() lets a session have 240 uses at once, then one in three seconds", () => {
  const { take, advance } = createRates()
  for (let use = 1; use <= 240; use += 1) assert.equal(take("s1"), 0, `${use}`)
  for (let more = 0; more < 500; more += 1) assert.equal(take("s1"), 3)
  advance(2)
  assert.equal(take("s1"), 1)
  advance(1)
  assert.deepEqual([take("s1"), take("s1"), take("s2")], [0, 3, 0])
})

test("take() lets an account have 600 uses at once, then two in a second", () => {
  const { take, advance } = createRates()
  const waits = Array.from({ length: 700 }, (_, index) => take(`s${index % 50}`))
  assert.equal(waits.filter((wait) => wait === 0).length, 600)
  assert.equal(waits.at(-1), 0.5)
  assert.equal(take("b1", "bob"), 0)
  advance(10)
  const later = Array.from({ length: 30 }, (_, index) => take(`s${index}`))
  assert.equal(later.filter((wait) => wait === 0).length, 20)
})

test("take() of one session without pause leaves the account's others theirs", () => {
  const { take, advance } = createRates()
  for (let second = 0; second < 3600; second += 1) {
    for (let use = 0; use < 50; use += 1) take("stolen")
    advance(1)
    assert.equal(take(`other${second % 40}`), 0, `${second}`)
  }
})

test("requireRate() audits the last use for now, and each that is refused", () => {
  const clock = createFakeClock()
  const log = createCollectedLog(clock)
  const audit = createAudit({ log: log.log, file: null, clock })
  const parts = { rates: createTokenRates(clock.now), audit }
  const use = () => requireRate({ id: "s1", username: "alice" }, { reason: "refresh" }, parts)
  for (let count = 1; count < 240; count += 1) use()
  assert.deepEqual(log.takeAudit(), [])
  use()
  const throttled = { event: "client.throttled", reason: "refresh" }
  assert.deepEqual(log.takeAudit(), [throttled])
  const refused = refusedAs("too_many_requests", "Too many attempts: try again in 3 s")
  for (let more = 0; more < 2; more += 1) assert.throws(use, refused)
  assert.deepEqual(log.takeAudit(), [throttled, throttled])
})
