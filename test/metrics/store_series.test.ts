// What is read of a store, of either engine.

import assert from "node:assert/strict"
import { test } from "node:test"
import { storeSeries } from "../../src/metrics/store_series.ts"
import type { StoreFigures } from "../../src/store/figures.ts"
import { Durations } from "../../src/system/durations.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createMetricsService, numbersNamed, numbersOf } from "../support/metrics_service.ts"

function withDurations(...seconds: readonly number[]): Durations {
  const durations = new Durations()
  for (const one of seconds) durations.add(one)
  return durations
}

const changes = { done: 17, failed: 2 }
const ofFiles: StoreFigures = {
  ...{ writes: withDurations(0.002, 0.3), changes, database: null },
  journal: {
    ...{ bytes: 5_000, entriesSinceSnapshot: 9 },
    snapshot: { bytes: 700, writtenAt: 1_795_000_000.5, seconds: 0.25, failures: 3 },
  },
}
const ofDatabase: StoreFigures = {
  ...{ writes: withDurations(0.1), changes, journal: null },
  database: {
    ...{ isAvailable: true, connections: { reading: 3, writing: 4 }, waiting: 6 },
    view: {
      ...{ validations: withDurations(0.004, 0.004), validationFailures: 1 },
      ...{ changesTold: 12, forgotten: 2, ageSeconds: 1.5, horizonSeconds: 40 },
    },
  },
}

test("storeSeries() of a data directory has its journal and snapshot", async () => {
  const numbers = await numbersOf(storeSeries(() => ofFiles))
  assert.deepEqual(withoutBuckets(numbers), {
    postern_store_write_seconds_sum: 0.302,
    postern_store_write_seconds_count: 2,
    postern_store_changes_total: 17,
    postern_store_failed_changes_total: 2,
    postern_journal_bytes: 5_000,
    postern_journal_entries: 9,
    postern_snapshot_bytes: 700,
    postern_snapshot_written_timestamp_seconds: 1_795_000_000.5,
    postern_snapshot_duration_seconds: 0.25,
    postern_snapshot_failures_total: 3,
  })
  assert.equal(numbers['postern_store_write_seconds_bucket{le="0.25"}'], 1)
})

test("storeSeries() of a database has its connections and the view", async () => {
  const numbers = await numbersOf(storeSeries(() => ofDatabase))
  assert.deepEqual(withoutBuckets(numbers), {
    postern_store_write_seconds_sum: 0.1,
    postern_store_write_seconds_count: 1,
    postern_store_changes_total: 17,
    postern_store_failed_changes_total: 2,
    postern_database_available: 1,
    'postern_database_connections{use="reading"}': 3,
    'postern_database_connections{use="writing"}': 4,
    postern_database_waiting_changes: 6,
    postern_database_horizon_seconds: 40,
    postern_view_validation_seconds_sum: 0.008,
    postern_view_validation_seconds_count: 2,
    postern_view_validation_failures_total: 1,
    postern_view_changes_total: 12,
    postern_view_resets_total: 2,
    postern_view_age_seconds: 1.5,
  })
})

test("storeSeries() has no number before the first event", async () => {
  const { journal, ...rest } = ofFiles
  const { snapshot, ...sizes } = journal ?? assert.fail()
  const young = { ...rest, journal: { ...sizes, snapshot: { ...snapshot, seconds: null } } }
  const numbers = await numbersOf(storeSeries(() => young))
  assert.equal("postern_snapshot_duration_seconds" in numbers, false)
  const database = ofDatabase.database ?? assert.fail()
  const view = { ...database.view, ageSeconds: null }
  const down = { ...ofDatabase, database: { ...database, isAvailable: false, view } }
  const downNumbers = await numbersOf(storeSeries(() => down))
  assert.equal("postern_view_age_seconds" in downNumbers, false)
  assert.equal(downNumbers["postern_database_available"], 0)
})

test("storeSeries() reads the store each time, and counts failed writes", async (t) => {
  const disk = createFaultyDisk()
  const { read, start, call } = await createMetricsService(t, { disk })
  assert.equal((await read())["postern_store_changes_total"], 1, "users are seeded at once")
  const { refresh_token: token } = await start("alice", "wonderland")
  const { postern_store_changes_total: changed } = await read()
  // A session, and a failure that was charged before the password was compared and taken back.
  assert.equal(changed, 4)
  disk.fail(() => ({ code: "ENOSPC" }))
  assert.equal((await call("POST", "/refresh", { token })).status, 503)
  const full = await read()
  assert.deepEqual(
    [full["postern_store_changes_total"], full["postern_store_failed_changes_total"]],
    [4, 1],
  )
  assert.deepEqual(numbersNamed(full, "postern_http_requests_total"), {
    "method=POST,route=/login,status=200": 1,
    "method=POST,route=/refresh,status=503": 1,
  })
  disk.fail()
})

function withoutBuckets(numbers: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(numbers).filter(([name]) => !name.includes("_bucket{")))
}
