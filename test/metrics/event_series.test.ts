// What is counted of logins, refreshes, throttles and second factors, exactly.

import assert from "node:assert/strict"
import { test } from "node:test"
import { EventTally } from "../../src/metrics/event_series.ts"
import { auditEvents } from "../../src/telemetry/audit.ts"
import { refresh } from "../support/api_scenario.ts"
import {
  createMetricsService,
  type MetricsService,
  numbersNamed,
  numbersOf,
} from "../support/metrics_service.ts"
import { setUpApp } from "../support/second_factor.ts"

const alice = { username: "alice", password: "wonderland" }

async function read(service: MetricsService, name: string) {
  return numbersNamed(await service.read(), name)
}

test("postern_logins_total counts logins by outcome, of unknown users too", async (t) => {
  const service = await createMetricsService(t)
  const attempts = [alice, { ...alice, password: "nonsense" }, { username: "x", password: "y" }]
  for (const json of attempts) await service.call("POST", "/login", { json })
  assert.deepEqual(await read(service, "postern_logins_total"), {
    "outcome=succeeded": 1,
    "outcome=failed": 2,
  })
  assert.deepEqual(await read(service, "postern_audit_events_total"), {
    "event=user.seeded": 2,
    "event=login.succeeded": 1,
    "event=login.failed": 2,
  })
})

test("postern_refreshes_total counts outcomes, postern_refresh_refusals_total reasons", async (t) => {
  const service = await createMetricsService(t)
  const first = await service.start("alice", "wonderland")
  const second = await refresh(service, first.refresh_token)
  await refresh(service, first.refresh_token)
  service.clock.advance(60)
  await refresh(service, second.refresh_token)
  const sent = ["nonsense", first.refresh_token, second.refresh_token, second.access_token]
  for (const token of sent) await service.call("POST", "/refresh", { token })
  assert.deepEqual(await read(service, "postern_refreshes_total"), {
    "outcome=rotated": 2,
    "outcome=replayed": 1,
    "outcome=reused": 1,
  })
  assert.deepEqual(await read(service, "postern_refresh_refusals_total"), {
    "reason=invalid": 1,
    "reason=ended": 1,
    "reason=access_token": 1,
  })
})

test("postern_refreshes_total counts a session older than its token as set_back", async () => {
  const tally = new EventTally()
  tally.hear("session.set_back", { user: "alice", session: "s1" })
  const numbers = await numbersOf(tally.series())
  assert.deepEqual(numbersNamed(numbers, "postern_refreshes_total"), { "outcome=set_back": 1 })
})

test("postern_throttles_total counts by reason, delays included", async (t) => {
  const service = await createMetricsService(t)
  const json = { ...alice, password: "nonsense" }
  for (let tries = 0; tries < 10; tries += 1) await service.call("POST", "/login", { json })
  const throttled = await read(service, "postern_throttles_total")
  assert.equal(throttled["reason=delay"], 1)
  service.metrics.hear("client.throttled", { client: "192.0.2.7", reason: "refresh" })
  service.metrics.hear("client.throttled", { client: "192.0.2.7", reason: "a_new_one" })
  assert.deepEqual(await read(service, "postern_throttles_total"), {
    "reason=delay": 1,
    "reason=refresh": 1,
    "reason=a_new_one": 1,
  })
})

test("postern_audit_events_total counts every event of a summed flood", async (t) => {
  const service = await createMetricsService(t)
  const flood = Array.from({ length: 1_000 }, () =>
    service.call("POST", "/refresh", { token: "nonsense" }),
  )
  await Promise.all(flood)
  const lines = service.log.takeAudit().filter(({ event }) => event === "refresh.refused")
  assert.ok(lines.length < 700, `${lines.length} lines`)
  assert.deepEqual(await read(service, "postern_audit_events_total"), {
    "event=user.seeded": 2,
    "event=refresh.refused": 1_000,
  })
})

test("postern_mfa_total counts by event and method", async (t) => {
  const service = await createMetricsService(t)
  const app = await setUpApp(service, alice)
  const logIn = (json: object) => service.call("POST", "/login", { json })
  await logIn(alice)
  await logIn({ ...alice, code: "000000" })
  await logIn({ ...alice, code: app.nextCode() })
  await logIn({ ...alice, code: app.recoveryCodes[0] })
  assert.deepEqual(await read(service, "postern_mfa_total"), {
    "event=enrolled,method=otp": 1,
    "event=required,method=factor": 1,
    "event=failed,method=otp": 1,
    "event=used,method=otp": 1,
    "event=used,method=recovery": 1,
  })
})

test("postern_mfa_total counts an event without reason as method none", async () => {
  const tally = new EventTally()
  tally.hear("mfa.reset", { user: "alice" })
  const numbers = await numbersOf(tally.series())
  assert.deepEqual(numbersNamed(numbers, "postern_mfa_total"), { "event=reset,method=none": 1 })
})

test("EventTally starts alarming counters at 0, so that the first event is an increase", async () => {
  const numbers = await numbersOf(new EventTally().series())
  const begun = [
    ...["succeeded", "failed"].map((word) => `postern_logins_total{outcome="${word}"}`),
    ...["rotated", "replayed", "set_back", "reused"].map(
      (word) => `postern_refreshes_total{outcome="${word}"}`,
    ),
    ...["invalid", "expired", "ended", "access_token", "not_checked"].map(
      (word) => `postern_refresh_refusals_total{reason="${word}"}`,
    ),
    ...["delay", "login", "logins", "refresh", "logout", "registration"].map(
      (word) => `postern_throttles_total{reason="${word}"}`,
    ),
    ...auditEvents.map((event) => `postern_audit_events_total{event="${event}"}`),
  ]
  assert.deepEqual(Object.keys(numbers), begun)
  assert.ok(Object.values(numbers).every((value) => value === 0))
})
