// How much strangers, and one who is logged in, can make Postern write: F-72. A minute of a flood,
// by a clock that moves by hand, and the bytes of the audit trail and of the journal. With
// RACE_ROUNDS there are four times as many calls.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { crowdOf } from "../races/tally.ts"
import { prepareService } from "../support/api_scenario.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import type { CallOptions, TestService } from "../support/test_service.ts"

const bytesMax = 1_000_000
/** Far over the 600 lines that each event gets in a minute. */
const calls = crowdOf({ few: 6000, many: 24_000 })
/** Each event is a line of the log and, where there is a file, one of that. */
const copiesOfLine = 2
const headers = { "user-agent": "x".repeat(200) }

/** A service with a user, and a way to measure a minute of calls. */
async function prepareFlood(t: TestContext) {
  const disk = createFaultyDisk()
  const prepared = await prepareService(t, { disk })
  const { service } = prepared
  /** Calls so often in a minute; gives the statuses and the bytes. */
  const flood = async (
    calls: number,
    { next, seconds = 60 }: { next: (number: number) => Call; seconds?: number },
  ) => {
    service.log.lines.length = 0
    service.log.events.length = 0
    const done = disk.operations.length
    const statuses: Record<number, number> = {}
    for (let number = 0; number < calls; number += 1) {
      const [path, call] = next(number)
      const { status } = await service.call("POST", path, { headers, ...call })
      statuses[status] = (statuses[status] ?? 0) + 1
      if ((number + 1) % (calls / seconds) === 0) service.clock.advance(1)
    }
    service.clock.advance(60 - seconds)
    service.summarizeAudit()
    const journalBytes = disk.operations
      .slice(done)
      .reduce((sum, one) => sum + (one.kind === "write" ? one.bytes.byteLength : 0), 0)
    return { statuses, bytes: auditBytes(service) + journalBytes, journalBytes }
  }
  return { ...prepared, flood }
}

type Call = readonly [path: string, options: CallOptions]

function auditBytes({ log }: TestService): number {
  const lines = log.lines.filter((line) => line.includes('"level":"audit"'))
  return lines.join("").length * copiesOfLine
}

/** How many events of a name the trail has, summed or not. */
function counted({ log }: TestService, name: string): number {
  return log.events
    .filter(({ event }) => event === name)
    .reduce((sum, { count = 1 }) => sum + Number(count), 0)
}

const forged = { json: { refresh_token: `ptr_${"A".repeat(56)}` } }

const origins: readonly (readonly [name: string, addressOf: (number: number) => string])[] = [
  ["one client", () => "192.0.2.7"],
  ["random addresses of one /48", (number) => `2001:db8:7:${(number % 65_536).toString(16)}::1`],
  ["as many /48s", (number) => `2001:${(number % 65_521).toString(16)}:${number % 9}::1`],
]

for (const [name, addressOf] of origins) {
  test(`POST /refresh with ${calls} forged tokens in a minute from ${name} writes little`, async (t) => {
    const { service, flood } = await prepareFlood(t)
    const next = (number: number): Call => ["/refresh", { ...forged, address: addressOf(number) }]
    const { bytes, journalBytes } = await flood(calls, { next })
    assert.ok(bytes < bytesMax, `${bytes} bytes`)
    assert.equal(journalBytes, 0)
    assert.equal(counted(service, "refresh.refused"), calls)
    t.diagnostic(`${bytes} bytes`)
  })
}

test("POST /refresh with one's own token replayed without pause writes little", async (t) => {
  const { flood, tokens } = await prepareFlood(t)
  const json = { refresh_token: tokens.refresh_token }
  // Within the grace, so that it goes on.
  const next = (): Call => ["/refresh", { json }]
  const { bytes, statuses } = await flood(calls, { next, seconds: 20 })
  assert.ok(bytes < bytesMax, `${bytes} bytes`)
  assert.deepEqual(statuses, { 200: 246, 429: calls - 246 })
  t.diagnostic(`${bytes} bytes`)
})

test("POST /refresh with one's own tokens rotated without pause writes little, and goes on", async (t) => {
  const { flood, tokens, service } = await prepareFlood(t)
  let current = tokens.refresh_token
  const next = (): Call => {
    const last = service.exchanges.at(-1)
    if (last?.path === "/refresh" && last.reply.status === 200) {
      current = JSON.parse(last.reply.body).refresh_token
    }
    return ["/refresh", { json: { refresh_token: current } }]
  }
  const { bytes, statuses, journalBytes } = await flood(calls, { next })
  assert.ok(bytes < bytesMax, `${bytes} bytes`)
  assert.ok(journalBytes > 0)
  assert.deepEqual(statuses, { 200: 259, 429: calls - 259 })
  assert.equal((await service.store.sessions.list("alice")).length, 1)
  t.diagnostic(`${bytes} bytes`)
})
