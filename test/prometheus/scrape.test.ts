// A real Prometheus reads real services, one over a data directory and one over PostgreSQL, while
// clients do everything that is counted: each series is there, each query of the dashboard gives
// one, and the alerts are evaluated.

import assert from "node:assert/strict"
import { connect } from "node:net"
import { join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleUser } from "../store/sample_user.ts"
import { expressionsOf, readDashboard } from "../support/dashboard.ts"
import { call } from "../support/http_client.ts"
import { readNumbers } from "../support/metrics_service.ts"
import { type RunningPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import {
  type Alert,
  noPrometheus,
  type PrometheusServer,
  promtool,
  startPrometheus,
} from "../support/prometheus_server.ts"
import { codeFor } from "../support/second_factor.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { allSeries } from "./all_series.ts"

const { skip: noDatabase, host } = await postgresForTests()
const skip = noPrometheus || noDatabase
const alice = { username: "alice", password: "wonderland" }
const carol = { username: "carol", password: "cuckoo" }
let clients = 0
const millisMax = 60_000

/** A service, and where its metrics are. */
interface Measured extends RunningPostern {
  readonly metricsPort: number
}

async function start(t: TestContext, settings: Record<string, string>): Promise<Measured> {
  const service = await startPostern(t, {
    ...{ POSTERN_SEED_USERS: "alice:wonderland,bob:builder,carol:cuckoo" },
    ...{ POSTERN_METRICS_PORT: "0", POSTERN_KEY_ROTATION: "90d" },
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_AUDIT_FILE: join(temporaryDirectory(t), "audit.jsonl"),
    ...settings,
  })
  const port = /"event":"metrics.ready","url":"[^"]*:(\d+)\/metrics"/.exec(service.output())?.[1]
  return Object.assign(service, { metricsPort: Number(port) })
}

/** A service over a data directory whose journal is so long that the next write asks for a snapshot. */
async function startOverFiles(t: TestContext): Promise<Measured> {
  const directory = join(temporaryDirectory(t), "data")
  await (await start(t, { POSTERN_DATA_DIR: directory })).stop()
  const bytesBetweenSnapshotsMin = Number.MAX_SAFE_INTEGER
  const options = { directory, disk: machineDisk, warn: () => {}, bytesBetweenSnapshotsMin }
  const store = await openJsonStore(options)
  const names = Array.from({ length: 15_000 }, (_, index) => `user${index}`)
  await Promise.all(names.map((name) => store.users.create(sampleUser(name))))
  assert.ok((store.figures().journal?.bytes ?? 0) > 4 * 1024 * 1024)
  await store.close()
  return start(t, { POSTERN_DATA_DIR: directory })
}

function startOverDatabase(t: TestContext): Promise<Measured> {
  return start(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
  })
}

let services: readonly Measured[] = []
let prometheus: PrometheusServer

before(async (context) => {
  if (skip) return
  const t = context as TestContext
  services = [await startOverFiles(t), await startOverDatabase(t)]
  prometheus = await startPrometheus(
    t,
    services.map(({ metricsPort }) => metricsPort),
  )
  // What happens once has to be an increase of what was read before.
  await until(async () => (await prometheus.query("postern_ready == 1")).length === 2)
  for (const service of services) await enrol(service)
})

test("promtool finds nothing to say about what Prometheus reads", { skip }, async () => {
  for (const { metricsPort, url } of services) {
    await traffic({ url })
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    assert.deepEqual(promtool(["check", "metrics"], text), { status: 0, printed: "" })
    assert.ok((readNumbers(text)["postern_store_changes_total"] ?? 0) > 3)
  }
})

test("Prometheus has each series, with its kind and its text", { skip }, async () => {
  await busyUntil(async () => {
    const names = await prometheus.ask<readonly string[]>("label/__name__/values")
    const has = (name: string) => names.includes(name) || names.includes(`${name}_bucket`)
    return allSeries.map(({ name }) => name).filter((name) => !has(name))
  })
  type Kinds = Readonly<Record<string, readonly { readonly type: string; readonly help: string }[]>>
  const metadata = await prometheus.ask<Kinds>("metadata?limit=1000")
  for (const { name, kind: type, help } of allSeries) {
    assert.deepEqual(metadata[name], [{ type, help, unit: "" }], name)
  }
})

test("Prometheus gives a series for each query of the dashboard", { skip }, async () => {
  const expressions = expressionsOf(readDashboard())
  assert.ok(expressions.length > 50)
  await busyUntil(async () => {
    const without: string[] = []
    for (const expression of expressions) {
      const series = await prometheus.query(expression)
      const isShown = series.some(({ value: [, value] }) => Number.isFinite(Number(value)))
      if (!isShown) without.push(expression)
    }
    return without
  })
})

test("Prometheus evaluates the alerts, and one fires that should", { skip }, async () => {
  for (const { url } of services) await reuse({ url })
  await busyUntil(async () => {
    const { alerts } = await prometheus.ask<{ readonly alerts: readonly Alert[] }>("alerts")
    const names = alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels)
    const reused = names.filter(({ alertname }) => alertname === "PosternRefreshTokenReused")
    return reused.length === 2 ? [] : ["PosternRefreshTokenReused of both services"]
  })
  type Rule = { readonly name: string; readonly health: string; readonly lastError?: string }
  type Groups = { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
  const { groups } = await prometheus.ask<Groups>("rules")
  const rules = groups.flatMap((group) => group.rules)
  assert.ok(rules.length > 15)
  for (const { name, health, lastError } of rules)
    assert.equal(health, "ok", `${name} ${lastError}`)
  const { alerts } = await prometheus.ask<{ readonly alerts: readonly Alert[] }>("alerts")
  const firing = alerts.filter(({ state }) => state === "firing")
  const others = new Set(firing.map(({ labels }) => labels["alertname"]))
  assert.deepEqual([...others].sort(), ["PosternRefreshTokenReused"])
})

/** Does everything that is counted, until nothing is missing any more. */
async function busyUntil(missing: () => Promise<readonly string[]>): Promise<void> {
  let left: readonly string[] = []
  const isDone = await until(async () => {
    for (const service of services) await traffic(service)
    left = await missing()
    return left.length === 0
  })
  assert.ok(isDone, `missing: ${left.join("\n")}`)
}

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const endsAt = performance.now() + millisMax
  while (performance.now() < endsAt) {
    if (await isSo()) return true
    await pause(200)
  }
  return false
}

type Target = Pick<Measured, "url">

/** A client of its own address, so that the limits of one are not those of another. */
function newClient({ url }: Target) {
  clients += 1
  const headers = { "X-Forwarded-For": `192.0.${clients >> 8}.${clients & 255}` }
  const send = (method: string, path: string, sent: object = {}) =>
    call(url, method, path, { ...sent, headers })
  return {
    send,
    logIn: async (json: object = alice) => (await send("POST", "/login", { json })).body,
    refresh: async (token: unknown) =>
      (await send("POST", "/refresh", { token })).body["refresh_token"],
  }
}

async function traffic(service: Target): Promise<void> {
  const { send, logIn, refresh } = newClient(service)
  const { access_token: token, refresh_token: first } = await logIn()
  for (let times = 0; times < 3; times += 1) await send("GET", "/me", { token })
  await send("GET", "/me", { token: "nonsense" })
  await send("GET", "/nothing/here")
  for (const one of [first, first, "nonsense"]) await refresh(one)
  await logIn(carol)
  await send("POST", "/logout", { token })
  const guesser = newClient(service)
  for (let tries = 0; tries < 12; tries += 1) await guesser.logIn({ ...alice, username: "nobody" })
  await sendNonsense(service)
}

/** Uses a refresh token a third time. */
async function reuse(service: Target): Promise<void> {
  const { logIn, refresh } = newClient(service)
  const { refresh_token: first } = await logIn()
  await refresh(await refresh(first))
  await refresh(first)
}

/** Sets up an authenticator app for carol. */
async function enrol(service: Target): Promise<void> {
  const { send, logIn } = newClient(service)
  const { access_token: token } = await logIn(carol)
  const { body } = await send("POST", "/mfa/totp", { token })
  const code = codeFor(String(body["secret"]), Math.floor(Date.now() / 1000))
  const { status } = await send("POST", "/mfa/totp/confirm", { token, json: { code } })
  assert.equal(status, 200)
}

async function sendNonsense({ url }: Target): Promise<void> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" })
  await new Promise((resolve) => {
    socket.once("close", resolve).once("error", resolve).resume()
    socket.end("GET / HTTP/1.1\r\n\r\n")
  })
}
