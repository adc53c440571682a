// Floods of audit events: the first are lines, the others are counted, and nothing gets lost.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import type { AuditEvent, AuditFields } from "../../src/telemetry/audit.ts"
import { createSummingAudit, summedEvents } from "../../src/telemetry/audit_summary.ts"

/** A line as it was written. */
interface Line extends AuditFields {
  readonly event: AuditEvent
}

/** A trail of which all lines are kept, and a clock that moves by hand. */
function createKept() {
  const lines: Line[] = []
  let now = 5000
  const trail = createSummingAudit(
    (event, fields) => lines.push({ event, ...fields }),
    () => now,
  )
  return {
    ...trail,
    takeLines: () => lines.splice(0),
    advance: (seconds: number) => {
      now += seconds
    },
    /** How many events were told of, line by line or summed. */
    told: () => lines.reduce((sum, { count = 1 }) => sum + count, 0),
  }
}

const refused = "refresh.refused"

test("audit() writes the first hundred of a client in a minute as they are, and sums the others", () => {
  const { audit, summarize, takeLines, advance } = createKept()
  const fields = { client: "192.0.2.7", request: "r1", user: "alice", reason: "invalid" }
  for (let count = 0; count < 250; count += 1) audit(refused, fields)
  assert.deepEqual(takeLines(), Array(100).fill({ event: refused, ...fields }))
  advance(59)
  audit(refused, fields)
  summarize()
  assert.deepEqual(takeLines(), [])
  advance(1)
  summarize()
  const sum = { event: refused, client: "192.0.2.7", reason: "invalid", count: 151, seconds: 60 }
  assert.deepEqual(takeLines(), [sum])
  // And from the beginning.
  audit(refused, fields)
  assert.deepEqual(takeLines(), [{ event: refused, ...fields }])
  advance(600)
  summarize()
  assert.deepEqual(takeLines(), [])
})

test("audit() writes the sums of a minute that is over before the next event", () => {
  const { audit, takeLines, advance } = createKept()
  for (let count = 0; count < 103; count += 1) audit(refused, { client: "192.0.2.7" })
  takeLines()
  advance(61)
  audit(refused, { client: "192.0.2.8" })
  assert.deepEqual(takeLines(), [
    { event: refused, client: "192.0.2.7", reason: undefined, count: 3, seconds: 61 },
    { event: refused, client: "192.0.2.8" },
  ])
})

test("close() writes the sums of a minute that has just begun", () => {
  const { audit, close, takeLines } = createKept()
  for (let count = 0; count < 101; count += 1) audit(refused, { client: "192.0.2.7" })
  takeLines()
  close()
  const sum = { event: refused, client: "192.0.2.7", reason: undefined, count: 1, seconds: 1 }
  assert.deepEqual(takeLines(), [sum])
  close()
  assert.deepEqual(takeLines(), [])
})

const wide: readonly (readonly [name: string, network: string, at: (number: number) => string])[] =
  [
    ["an IPv4 /24", "192.0.2.0/24", (number) => `192.0.2.${number % 256}`],
    ["an IPv6 /48", "2001:db8:7::/48", (number) => `2001:db8:7:${number.toString(16)}::1`],
    ["no address", "unknown", () => ""],
  ]

for (const [name, network, at] of wide) {
  test(`audit() counts the clients of ${name} together`, () => {
    const { audit, close, takeLines, told } = createKept()
    for (let number = 0; number < 5000; number += 1) {
      audit(refused, { client: at(number), reason: "invalid" })
    }
    audit(refused, { client: "203.0.113.9", reason: "invalid" })
    close()
    assert.equal(told(), 5001)
    const lines = takeLines()
    const isOne = network === "unknown"
    assert.equal(lines.length, isOne ? 102 : 302)
    assert.deepEqual(lines.at(-1), {
      ...{ event: refused, client: network, reason: "invalid" },
      ...{ count: isOne ? 4900 : 4700, seconds: 1 },
    })
    assert.equal(lines.at(-2)?.client, "203.0.113.9")
  })
}

test("audit() writes at most 600 lines of an event in a minute, and one for all others", () => {
  const { audit, close, takeLines, told } = createKept()
  for (let number = 0; number < 20_000; number += 1) {
    const client = `2001:${(number % 9973).toString(16)}:${number.toString(16)}::1`
    audit(refused, { client, reason: number % 2 === 0 ? "invalid" : "ended" })
  }
  close()
  assert.equal(told(), 20_000)
  const lines = takeLines()
  assert.equal(lines.length, 602)
  const all = { event: refused, client: undefined, count: 9700, seconds: 1 }
  assert.deepEqual(lines.slice(-2), [
    { ...all, reason: "invalid" },
    { ...all, reason: "ended" },
  ])
})

test("audit() names a client with too many events, however many other clients there are", () => {
  const { audit, close, takeLines } = createKept()
  const flooding = "198.51.100.9"
  for (let number = 0; number < 3000; number += 1) {
    audit(refused, { client: flooding })
    audit(refused, { client: `2001:${(number % 7919).toString(16)}::1` })
  }
  close()
  const sums = takeLines().filter(({ count }) => count !== undefined)
  assert.deepEqual(
    sums.map(({ client, count }) => [client, count]),
    [
      [flooding, 2900],
      [undefined, 2500],
    ],
  )
})

test("audit() lets no flood of one event hide another", () => {
  const { audit, takeLines } = createKept()
  for (let number = 0; number < 9000; number += 1) {
    audit(refused, { client: `2001:${(number % 7919).toString(16)}::1` })
  }
  takeLines()
  for (const event of summedEvents.filter((one) => one !== refused)) {
    audit(event, { client: "192.0.2.7", user: "alice" })
    assert.deepEqual(takeLines(), [{ event, client: "192.0.2.7", user: "alice" }])
  }
})

for (const event of ["session.replayed", "session.ended", "login.succeeded"] as const) {
  test(`audit() writes each ${event}, and each event of the command line`, () => {
    const { audit, takeLines } = createKept()
    for (let count = 0; count < 2000; count += 1) {
      audit(event, { client: "192.0.2.7" })
      audit(refused, { user: "alice" })
    }
    assert.equal(takeLines().length, 4000)
  })
}

test("docs/logs.md names the events that are summed", () => {
  const text = readFileSync(new URL("../../docs/logs.md", import.meta.url), "utf8")
  const line = text.split("\n").find((one) => one.includes("are summed")) ?? ""
  const named = [...line.matchAll(/`(\w+\.\w+)`/g)].map(([, name]) => name)
  assert.deepEqual(new Set(named), new Set(summedEvents))
})
