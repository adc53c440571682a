// The examples for Prometheus and Grafana without a running service: promtool takes them, each
// alert is tried, and each says where to read on.

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { readDashboard } from "../support/dashboard.ts"
import { readPage, readProjectFile, tableOf } from "../support/page.ts"
import { noPrometheus, prometheusExamples, promtool } from "../support/prometheus_server.ts"

const skip = noPrometheus
const file = (name: string) => join(prometheusExamples, name)

interface AlertRule {
  readonly name: string
  readonly severity: string
  readonly runbook: string
}

/** The alerts, in order. The file has one form for all. */
const alerts: readonly AlertRule[] = readProjectFile("examples/prometheus/alerts.yml")
  .split("      - alert: ")
  .slice(1)
  .map((text) => {
    const [name = ""] = text.split("\n")
    const find = (key: string) => new RegExp(`^ +${key}: (\\S+)$`, "m").exec(text)?.[1] ?? ""
    return { name, severity: find("severity"), runbook: find("runbook") }
  })

test("promtool takes the configuration and the alerts", { skip }, () => {
  const { status, printed } = promtool(["check", "config", file("prometheus.yml")])
  assert.equal(status, 0, printed)
  assert.match(printed, new RegExp(`SUCCESS: ${alerts.length} rules found`))
})

test("promtool finds each alert quiet and firing when it should be", { skip }, () => {
  const { status, printed } = promtool(["test", "rules", file("alerts_test.yml")])
  assert.equal(status, 0, printed)
})

test("each alert is tried, quiet and firing", () => {
  const tests = readProjectFile("examples/prometheus/alerts_test.yml")
  const tries = [...tests.matchAll(/alertname: (\w+)\n +exp_alerts:( \[\])?$/gm)]
  const triedAs = (none: boolean) =>
    new Set(tries.filter(([, , empty]) => (empty !== undefined) === none).map(([, name]) => name))
  const names = alerts.map(({ name }) => name).sort()
  assert.ok(names.length > 15)
  assert.deepEqual([...triedAs(true)].sort(), names)
  assert.deepEqual([...triedAs(false)].sort(), names)
})

test("each alert has a severity, and names a section of the documents that is there", () => {
  for (const { name, severity, runbook } of alerts) {
    assert.match(severity, /^(?:critical|warning)$/, name)
    const [path = "", anchor] = runbook.split("#")
    assert.equal(path, "docs/troubleshooting.md", name)
    const headings = [...readProjectFile(path).matchAll(/^## (.*)$/gm)].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    )
    assert.ok(headings.includes(anchor ?? ""), `${name}: ${runbook}`)
  }
})

test("metrics.md lists the alerts with their severities and sections", () => {
  const rows = tableOf(readPage("docs/metrics.md"), "Alert").map(
    ([name, severity, , link = ""]) => [...[name, severity, /\(([^)]+)\)/.exec(link)?.[1]]],
  )
  assert.deepEqual(
    rows,
    alerts.map(({ name, severity, runbook }) => [
      ...[`\`${name}\``, severity, runbook.replace("docs/", "")],
    ]),
  )
})

test("prometheus.yml reads the port that metrics.md opens", () => {
  const [, port] = /targets: \["127\.0\.0\.1:(\d+)"\]/.exec(
    readProjectFile("examples/prometheus/prometheus.yml"),
  ) ?? [assert.fail("no target")]
  assert.ok(readProjectFile("docs/metrics.md").includes(`POSTERN_METRICS_PORT=${port} npm start`))
  assert.ok(existsSync(file("alerts.yml")))
})

test("grafana.json is a dashboard whose panels fit its grid and ask the chosen data source", () => {
  const { title, uid, schemaVersion, panels, templating } = readDashboard()
  assert.deepEqual([title, uid, schemaVersion], ["Postern", "postern", 39])
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const variables = templating.list.map(({ name, type }) => [name, type])
  assert.deepEqual(variables, [
    ["datasource", "datasource"],
    ["job", "query"],
    ["instance", "query"],
  ])
  const taken = new Set<string>()
  for (const { title: name, gridPos, type, targets = [], fieldConfig } of panels) {
    const { x, y, w, h } = gridPos
    assert.ok(x >= 0 && w > 0 && h > 0 && x + w <= 24, name)
    for (let column = x; column < x + w; column += 1) {
      for (let line = y; line < y + h; line += 1) {
        assert.ok(!taken.has(`${column} ${line}`), `${name} lies over another panel`)
        taken.add(`${column} ${line}`)
      }
    }
    if (type === "row") continue
    assert.ok(["timeseries", "stat"].includes(type), name)
    assert.ok(targets.length > 0 && fieldConfig?.defaults.unit, name)
    const letters = targets.map(({ refId }) => refId)
    assert.deepEqual(letters, [..."ABCDEFGH"].slice(0, letters.length), name)
    for (const { datasource, expr } of targets) {
      assert.deepEqual(datasource, { type: "prometheus", uid: "${" + "datasource}" })
      assert.ok(expr.includes('{job=~"$job", instance=~"$instance"'), expr)
    }
  }
})
