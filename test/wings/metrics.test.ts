// The wing of metrics from outside: what it hears, and its listener.

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { type TestContext, test } from "node:test"
import manifest from "../../package.json" with { type: "json" }
import { OperatorError } from "../../src/errors.ts"
import { createMetrics, type MetricsSources } from "../../src/wings/metrics.ts"
import { type CollectedLog, createCollectedLog } from "../support/collected_log.ts"
import { createMetricsService, numbersNamed, readNumbers } from "../support/metrics_service.ts"

/** Opens the listener of a service, whose sources may be changed. */
async function open(t: TestContext, changes: Partial<MetricsSources> = {}) {
  const { metrics, sources } = await createMetricsService(t)
  const collected = createCollectedLog()
  const server = await metrics.open({ ...sources, ...changes }, collected.log)
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${server.port}`, metrics, collected, server }
}

test("open() serves GET and HEAD /metrics in the format that it names, and says where", async (t) => {
  const { url, collected } = await open(t)
  assert.deepEqual(collected.takeNames(), ["metrics.ready"])
  const response = await fetch(`${url}/metrics`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
  assert.equal(response.headers.get("cache-control"), "no-store")
  assert.equal(response.headers.get("access-control-allow-origin"), null)
  const numbers = readNumbers(await response.text())
  const node = process.version.slice(1)
  assert.equal(numbers[`postern_build_info{version="${manifest.version}",node="${node}"}`], 1)
  assert.equal(numbers["postern_ready"], 1)
  const started = numbers["process_start_time_seconds"] ?? 0
  assert.ok(Math.abs(Date.now() / 1000 - process.uptime() - started) < 3)
  const head = await fetch(`${url}/metrics?x=1`, { method: "HEAD" })
  assert.deepEqual([head.status, await head.text()], [200, ""])
  assert.deepEqual(collected.takeNames(), [], "a scrape is no line of the access log")
})

test("openWaiting() shows that the service waits for its database, and the process", async (t) => {
  const metrics = createMetrics({ host: "127.0.0.1", port: 0 })
  const { log } = createCollectedLog()
  const server = await metrics.openWaiting(log)
  t.after(() => server.close())
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`)
  const numbers = readNumbers(await response.text())
  assert.deepEqual([numbers["postern_ready"], numbers["postern_database_available"]], [0, 0])
  assert.ok((numbers["process_resident_memory_bytes"] ?? 0) > 0)
  // A counter at 0 would say that all is well.
  assert.deepEqual(numbersNamed(numbers, "postern_store_changes_total"), {})
})

for (const [method, path, status, error] of [
  ["GET", "/", 404, "not_found"],
  ["GET", "/metrics/", 404, "not_found"],
  ["POST", "/login", 404, "not_found"],
  ["POST", "/metrics", 405, "method_not_allowed"],
  ["DELETE", "/metrics", 405, "method_not_allowed"],
] as const) {
  test(`open() answers ${method} ${path} with ${status}`, async (t) => {
    const { url } = await open(t)
    const response = await fetch(`${url}${path}`, { method })
    assert.equal(response.status, status)
    assert.equal(((await response.json()) as { error?: unknown }).error, error)
    assert.equal(response.headers.get("allow"), status === 405 ? "GET, HEAD" : null)
  })
}

test("open() answers 500 with the request's id when a number can't be read, and logs why", async (t) => {
  const verified = () => {
    throw new TypeError("a bug")
  }
  const { url, collected } = await open(t, { verified })
  collected.takeNames()
  const response = await fetch(`${url}/metrics`)
  const id = response.headers.get("x-request-id")
  assert.deepEqual(
    [response.status, await response.json()],
    [500, { error: "server_error", msg: `Internal error: request ${id}` }],
  )
  const [event] = collected.events
  assert.deepEqual([event?.["event"], event?.["request"]], ["metrics.failed", id])
  assert.match(String(event?.["error"]), /^TypeError: a bug\n/)
})

test("open() says which setting to change when another program listens there", async (t) => {
  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  const { sources } = await createMetricsService(t)
  const { log } = createCollectedLog()
  const taken = createMetrics({ host: "127.0.0.1", port })
  await assert.rejects(taken.open(sources, log), (error: unknown) => {
    assert.ok(error instanceof OperatorError)
    assert.equal(error.message, `Can't listen at http://127.0.0.1:${port} (EADDRINUSE)`)
    assert.match(error.hint, /set POSTERN_METRICS_PORT to a free port\.$/)
    assert.equal(error.exitCode, 69)
    return true
  })
})

test("close() ends the listener and the measurement of the event loop", async (t) => {
  const { url, server } = await open(t)
  await server.close()
  await assert.rejects(fetch(`${url}/metrics`), TypeError)
})

test("listenTo() counts refused requests, and passes all events on", async (t) => {
  const { metrics, read } = await createMetricsService(t)
  const collected: CollectedLog = createCollectedLog()
  const log = metrics.listenTo(collected.log)
  log.info("request.refused", { request: "a-1", client: "192.0.2.7", status: 400, reason: "tls" })
  log.info("service.draining")
  log.warn("request.refused", { reason: "header" })
  assert.deepEqual(collected.takeNames(), [
    "request.refused",
    "service.draining",
    "request.refused",
  ])
  assert.deepEqual(numbersNamed(await read(), "postern_http_refused_requests_total"), {
    "reason=tls": 1,
  })
})

test("listenTo() counts a refusal without fields under one word", async (t) => {
  const { metrics, read } = await createMetricsService(t)
  metrics.listenTo(createCollectedLog().log).info("request.refused")
  assert.deepEqual(numbersNamed(await read(), "postern_http_refused_requests_total"), {
    "reason=undefined": 1,
  })
})
