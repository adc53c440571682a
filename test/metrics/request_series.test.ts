// What is counted of requests, exactly, and under which labels.

import assert from "node:assert/strict"
import { test } from "node:test"
import { RequestTally } from "../../src/metrics/request_series.ts"
import { createMetricsService, numbersNamed, numbersOf } from "../support/metrics_service.ts"
import { apps } from "../support/protected_apps.ts"

const server = () => ({ connections: 3, connectionsMax: 8192 })

test("RequestTally counts answers by route and status, and times them by route", async () => {
  const tally = new RequestTally()
  const get = { method: "GET", route: "/me" }
  tally.answered({ ...get, status: 200, millis: 2 })
  tally.answered({ ...get, status: 200, millis: 200 })
  tally.answered({ ...get, status: 401, millis: 0.5, reason: "expired" })
  tally.answered({ method: "POST", route: "/login", status: 503, millis: 7_000 })
  const numbers = await numbersOf(tally.series(server))
  assert.deepEqual(numbersNamed(numbers, "postern_http_requests_total"), {
    "method=GET,route=/me,status=200": 2,
    "method=GET,route=/me,status=401": 1,
    "method=POST,route=/login,status=503": 1,
  })
  const name = "postern_http_request_duration_seconds"
  assert.deepEqual(numbersNamed(numbers, `${name}_count`), {
    "method=GET,route=/me": 3,
    "method=POST,route=/login": 1,
  })
  assert.deepEqual(numbersNamed(numbers, `${name}_sum`), {
    "method=GET,route=/me": 0.2025,
    "method=POST,route=/login": 7,
  })
  const bucket = (le: string, method: string, route: string) =>
    numbers[`${name}_bucket{le="${le}",method="${method}",route="${route}"}`]
  const ofMe = ["0.001", "0.0025", "0.25", "+Inf"].map((le) => bucket(le, "GET", "/me"))
  assert.deepEqual(ofMe, [1, 2, 3, 3])
  assert.equal(bucket("5", "POST", "/login"), 0)
  assert.equal(bucket("+Inf", "POST", "/login"), 1)
  assert.deepEqual(numbersNamed(numbers, "postern_http_token_refusals_total"), {
    "reason=expired": 1,
  })
})

test("RequestTally begins a route with no failures, so that the first one is an increase", async () => {
  const tally = new RequestTally()
  tally.answered({ method: "GET", route: "/me", status: 200, millis: 1 })
  const numbers = await numbersOf(tally.series(server))
  for (const status of [500, 503]) {
    const labels = `method="GET",route="/me",status="${status}"`
    assert.equal(numbers[`postern_http_requests_total{${labels}}`], 0)
  }
  assert.equal(numbers['postern_http_token_refusals_total{reason="signature"}'], 0)
})

test("RequestTally has one label set for unknown paths, and one per route for other methods", async () => {
  const tally = new RequestTally()
  const answers = [
    [null, null, 404],
    [null, null, 404],
    [null, "/login", 405],
    [null, "/login", 405],
    ["PROPFIND", "/verify/nginx", 401],
    ["BREW", "/verify/nginx", 401],
    ["HEAD", "/verify/nginx", 401],
  ] as const
  for (const [method, route, status] of answers)
    tally.answered({ method, route, status, millis: 1 })
  const numbers = await numbersOf(tally.series(server))
  assert.deepEqual(numbersNamed(numbers, "postern_http_requests_total"), {
    "method=other,route=unknown,status=404": 2,
    "method=other,route=/login,status=405": 2,
    "method=other,route=/verify/nginx,status=401": 2,
    "method=HEAD,route=/verify/nginx,status=401": 1,
  })
})

test("RequestTally counts requests that no route saw by reason, and reads the connections", async () => {
  const tally = new RequestTally()
  for (const reason of ["header", "tls", "header"]) tally.refused(reason)
  const numbers = await numbersOf(tally.series(server))
  assert.deepEqual(numbersNamed(numbers, "postern_http_refused_requests_total"), {
    "reason=header": 2,
    "reason=tls": 1,
  })
  assert.equal(numbers["postern_http_connections"], 3)
  assert.equal(numbers["postern_http_connections_limit"], 8192)
})

test("createApp() reports each answer with the route's path, never the request's", async (t) => {
  const { call, logIn, read } = await createMetricsService(t, { browser: apps })
  const token = await logIn("alice", "wonderland")
  await call("GET", "/me", { token })
  await call("HEAD", "/me", { token })
  await call("GET", "/me", { token: "nonsense" })
  await call("GET", "/login/secret-of-alice")
  await call("PATCH", "/me")
  await call("OPTIONS", "/me")
  await call("DELETE", "/sessions/nobodys-session", { token })
  await call("GET", "/verify/proxy/anything/at/all")
  assert.deepEqual(numbersNamed(await read(), "postern_http_requests_total"), {
    "method=POST,route=/login,status=200": 1,
    "method=GET,route=/me,status=200": 1,
    "method=HEAD,route=/me,status=200": 1,
    "method=GET,route=/me,status=401": 1,
    "method=other,route=unknown,status=404": 1,
    "method=other,route=/me,status=405": 1,
    "method=other,route=/me,status=204": 1,
    "method=DELETE,route=/sessions/{sid},status=404": 1,
    "method=GET,route=/verify/proxy/{rest*},status=403": 1,
  })
})

test("createApp() reports requests to other hosts, too", async (t) => {
  const app = { allowedHosts: ["login.example.org"] }
  const { call, read } = await createMetricsService(t, { app })
  await call("GET", "/me", { headers: { host: "evil.example" } })
  assert.deepEqual(numbersNamed(await read(), "postern_http_requests_total"), {
    "method=GET,route=/me,status=421": 1,
  })
})
