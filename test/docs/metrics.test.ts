// docs/metrics.md against the code that it describes, and names in the examples for Prometheus and
// Grafana against the series that there are.

import assert from "node:assert/strict"
import { test } from "node:test"
import { allSeries, seriesRows } from "../prometheus/all_series.ts"
import { expressionsOf, readDashboard } from "../support/dashboard.ts"
import { readPage, readProjectFile, tableOf } from "../support/page.ts"

const page = readPage("docs/metrics.md")
const names = new Set(allSeries.map(({ name }) => name))

test("metrics.md lists the series, with their kinds, labels and texts", () => {
  assert.deepEqual(tableOf(page, "Series"), seriesRows())
})

test("series: names have a prefix and a unit, counters end in _total, and texts are sentences", () => {
  assert.equal(names.size, allSeries.length, "each name is there once")
  const units = /_(?:seconds|bytes|total|info)$/
  const counts = [
    ...["http_connections", "http_connections_limit", "ready", "users", "sessions"],
    ...["hashing_width", "hashing_running", "hashing_queue", "verified_tokens", "keys"],
    ...["journal_entries", "database_available", "database_connections"],
    ...["database_waiting_changes"],
  ].map((name) => `postern_${name}`)
  for (const { name, kind, help } of allSeries) {
    assert.match(name, /^(?:postern|process|nodejs)_[a-z_]+$/)
    assert.ok(units.test(name) || counts.includes(name), name)
    assert.equal(name.endsWith("_total"), kind === "counter", name)
    assert.match(help, /^[A-Z1].*\.$/, name)
  }
})

test("series: labels are few, and none is about a user, a token or an address", () => {
  const labels = new Set(allSeries.flatMap((series) => series.labels))
  assert.deepEqual([...labels].sort(), [
    ...["event", "kind", "method", "node", "outcome", "reason", "result", "route", "state"],
    ...["status", "use", "version"],
  ])
})

for (const [what, text] of [
  ["grafana.json", expressionsOf(readDashboard()).join("\n")],
  ["prometheus/alerts.yml", readProjectFile("examples/prometheus/alerts.yml")],
  ["prometheus/alerts_test.yml", readProjectFile("examples/prometheus/alerts_test.yml")],
] as const) {
  test(`examples/${what} names series that there are`, () => {
    const found = text.match(/\b(?:postern|process|nodejs)_[a-z_]+\b/g) ?? []
    assert.ok(found.length > 20)
    const known = (name: string) =>
      names.has(name) || names.has(name.replace(/_(?:bucket|sum|count)$/, ""))
    assert.deepEqual(
      found.filter((name) => !known(name)),
      [],
    )
  })
}
