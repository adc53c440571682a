// Debian's Prometheus as an ordinary process of a test, and its promtool.

import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { freePorts } from "./proxy_programs.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

const absent = ["prometheus", "promtool"].filter(
  (program) => spawnSync(program, ["--version"]).error !== undefined,
)

/** Why tests with Prometheus are skipped here, or false. */
export const noPrometheus: string | false =
  absent.length > 0 && "not installed: apt-get install prometheus"
// A gate that installs Prometheus may not pass without these tests.
if (process.env["TEST_PROMETHEUS"] === "required") assert.equal(noPrometheus, false)

/** The directory of the examples for Prometheus. */
export const prometheusExamples = fileURLToPath(
  new URL("../../examples/prometheus", import.meta.url),
)

const startRounds = 400

/** A series as a query gives it. */
export interface QueriedSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

/** An alert that is pending or fires. */
export interface Alert {
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

/** A Prometheus that runs. */
export interface PrometheusServer {
  /** The data of a question to its HTTP API. */
  ask<T>(path: string): Promise<T>
  /** The result of an expression now. */
  query(expression: string): Promise<readonly QueriedSeries[]>
}

/** Runs promtool, and gives its exit code and what it printed. */
export function promtool(words: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync("promtool", words, { input, encoding: "utf8" })
  return { status, printed: `${stdout}${stderr}` }
}

/** Starts a Prometheus that reads these ports of loopback, with the alerts of the examples. */
export async function startPrometheus(
  t: TestContext,
  ports: readonly number[],
): Promise<PrometheusServer> {
  const directory = temporaryDirectory(t)
  const [port = 0] = await freePorts(1)
  const file = join(directory, "prometheus.yml")
  const targets = ports.map((one) => `"127.0.0.1:${one}"`).join(", ")
  writeFileSync(
    file,
    `global: { scrape_interval: 500ms, evaluation_interval: 500ms }
rule_files: ["${join(prometheusExamples, "alerts.yml")}"]
scrape_configs:
  - job_name: postern
    static_configs: [{ targets: [${targets}] }]
`,
  )
  const words = [
    ...[`--config.file=${file}`, `--storage.tsdb.path=${join(directory, "data")}`],
    ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"],
  ]
  const child = spawn("prometheus", words, { cwd: directory, stdio: "pipe" })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = `${output}${chunk}`.slice(-4_000)
    })
  }
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGKILL")
    await once(child, "exit")
  })
  const url = `http://127.0.0.1:${port}`
  for (let round = 0; round < startRounds; round += 1) {
    assert.equal(child.exitCode, null, `prometheus has ended:\n${output}`)
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return clientOf(url)
    await pause(50)
  }
  return assert.fail(`prometheus is not ready:\n${output}`)
}

function clientOf(url: string): PrometheusServer {
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`)
    const text = await response.text()
    assert.equal(response.status, 200, `${path}: ${text}`)
    const { status, data } = JSON.parse(text) as { readonly status: string; readonly data: T }
    assert.equal(status, "success", text)
    return data
  }
  return {
    ask,
    async query(expression) {
      type Result = { readonly result: readonly QueriedSeries[] }
      const { result } = await ask<Result>(`query?query=${encodeURIComponent(expression)}`)
      return result
    },
  }
}
