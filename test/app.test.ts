// The error boundary and the access log: what a caller is told, and what only the log.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type AppOptions, createApp } from "../src/app.ts"
import { corsOrigins } from "../src/config/network.ts"
import { AuthError, Unavailable } from "../src/errors.ts"
import { problem } from "../src/http/problem.ts"
import type { Sessions } from "../src/service/sessions.ts"
import { createCollectedLog } from "./support/collected_log.ts"
import { makeRequest } from "./support/http_request.ts"

/** An app whose sessions do nothing but throw. */
function brokenApp(thrown: unknown, options: Partial<AppOptions> = {}) {
  const log = createCollectedLog()
  const fail = () => Promise.reject(thrown)
  const sessions = {
    logIn: fail,
    refresh: fail,
    authenticate: fail,
    logOut: fail,
    isRefreshToken: fail,
    list: fail,
    end: fail,
    endOthers: fail,
    changePassword: fail,
    revocations: fail,
  } as unknown as Sessions
  const throwing = () => {
    throw thrown
  }
  const app = createApp({
    ...{
      sessions,
      machine: throwing,
      factors: throwing,
      register: null,
      issuer: null,
      publicKeys: throwing,
      isReady: throwing,
      log: log.log,
    },
    ...{ allowedHosts: null, corsOrigins: [], ...options },
  })
  const send = (method: string, path: string, more: Readonly<Record<string, string>> = {}) => {
    const headers = { authorization: "Bearer t0ken", "content-type": "application/json", ...more }
    const isLogin = path === "/login"
    const body = isLogin ? '{"username":"alice","password":"wonderland"}' : ""
    return app.handle(makeRequest({ id: "r-7", method, path, headers, body }))
  }
  return { app, send, log }
}

const bug = new TypeError("Cannot read properties of undefined: /app/src/x.ts")
const routesThatUseParts = [
  ["POST", "/login"],
  ["POST", "/refresh"],
  ["POST", "/logout"],
  ["GET", "/protected"],
  ["GET", "/me"],
  ["GET", "/sessions"],
  ["DELETE", "/sessions"],
  ["DELETE", "/sessions/x"],
  ["POST", "/password"],
  ["GET", "/revocations"],
  ["GET", "/.well-known/jwks.json"],
  ["GET", "/readyz"],
] as const

for (const [method, path] of routesThatUseParts) {
  test(`${method} ${path} with a bug answers 500 and an id; the stack is logged`, async () => {
    const { send, log } = brokenApp(bug)
    const reply = await send(method, path)
    assert.equal(reply.status, 500)
    assert.deepEqual(JSON.parse(reply.body), {
      error: "server_error",
      msg: "Internal error: request r-7",
    })
    assert.equal(reply.headers["WWW-Authenticate"], undefined)
    const [failed, access] = log.events
    assert.equal(failed?.["event"], "request.failed")
    assert.equal(failed?.["level"], "error")
    assert.equal(failed?.["request"], "r-7")
    assert.equal(failed?.["error"], bug.stack)
    assert.deepEqual([access?.["event"], access?.["status"]], ["request", 500])
    assert.equal(log.events.length, 2)
  })

  test(`${method} ${path} with the world failing answers 503; the cause is logged`, async () => {
    const cause = new Error("ENOSPC: /data/journal.jsonl")
    const thrown = new Unavailable("Try again later", { cause, retryAfterSeconds: 3 })
    const { send, log } = brokenApp(thrown)
    const reply = await send(method, path)
    assert.equal(reply.status, 503)
    assert.equal(reply.headers["Retry-After"], "3")
    assert.deepEqual(JSON.parse(reply.body), {
      error: "temporarily_unavailable",
      msg: "Try again later",
    })
    assert.match(String(log.events[0]?.["error"]), /Try again later.*caused by .*ENOSPC/s)
    assert.deepEqual(log.takeNames(), ["request.unavailable"])
  })
}

for (const thrown of ["a string", null, undefined, { status: 200 }]) {
  test(`createApp() takes a thrown ${JSON.stringify(thrown)} for a bug`, async () => {
    const { send, log } = brokenApp(thrown)
    assert.equal((await send("GET", "/me")).status, 500)
    assert.deepEqual(log.takeNames(), ["request.failed"])
  })
}

test("createApp() answers a refusal without a word in the log but the access log's", async () => {
  const { send, log } = brokenApp(new AuthError("invalid_token", "Invalid token"))
  assert.equal((await send("GET", "/me")).status, 401)
  assert.deepEqual(log.takeNames(), [])
})

const accessRows = [
  ["GET", "/me", "/me", 401],
  ["DELETE", "/sessions/s3cret-sid", "/sessions/{sid}", 401],
  ["PUT", "/sessions/s3cret-sid", "/sessions/{sid}", 405],
  ["PUT", "/me", "/me", 405],
  ["OPTIONS", "/me", "/me", 204],
  ["HEAD", "/livez", "/livez", 200],
  ["GET", "/reset/s3cret-in-a-path", "/reset", 404],
  ["POST", "/auth/login", "/auth", 404],
  ["GET", "/me/", "/me", 404],
  ["GET", "/a-b-/", "/a-b-", 404],
  ["GET", `/${"a".repeat(24)}`, `/${"a".repeat(24)}`, 404],
  ["GET", `/${"a".repeat(25)}`, null, 404],
  ["GET", "/", null, 404],
  ["GET", "//me", null, 404],
  ["GET", "/Reset/x", null, 404],
  ["GET", "/v1/login", null, 404],
  ["GET", "/s3cret", null, 404],
  ["GET", "/auth;s3cret", null, 404],
  ["GET", "/auth.s3cret/x", null, 404],
  ["GET", "/auth%2fs3cret", null, 404],
  ["GET", "/auth\n", null, 404],
  ["GET", "/%61uth/x", null, 404],
  ["GET", "*", null, 404],
  ["GET", "s3cret", null, 404],
] as const

for (const [method, path, logged, status] of accessRows) {
  test(`createApp() logs ${method} ${JSON.stringify(path)} once, as ${logged}`, async () => {
    const { send, log } = brokenApp(new AuthError("invalid_token", "Invalid token"))
    assert.equal((await send(method, path)).status, status)
    assert.equal(log.events.length, 1)
    const { time: _, ms, ...event } = log.events[0] ?? {}
    assert.ok(typeof ms === "number" && ms >= 0)
    assert.deepEqual(event, {
      level: "info",
      event: "request",
      request: "r-7",
      client: "127.0.0.1",
      method,
      path: logged,
      status,
    })
    for (const secret of ["s3cret", "t0ken", "wonderland"]) {
      assert.ok(!log.lines.join("").includes(secret), secret)
    }
  })
}

test("createApp() writes to the access log alone why a token was refused", async () => {
  for (const reason of ["signature", "expired"] as const) {
    const error = new AuthError("invalid_token", "Invalid token", { reason })
    for (const [method, path] of [
      ["GET", "/me"],
      ["DELETE", "/sessions/x"],
    ] as const) {
      const { send, log } = brokenApp(error)
      const plain = problem("invalid_token", "Invalid token")
      assert.deepEqual(await send(method, path), plain)
      assert.deepEqual(
        log.events.map((event) => event["reason"]),
        [reason],
      )
    }
  }
})

const misdirected = {
  error: "misdirected_request",
  msg: "This service does not accept this Host header",
}

test("createApp() with allowedHosts answers 421 to any other host, whatever is asked", async () => {
  const { send, log } = brokenApp(bug, { allowedHosts: ["login.example.org"] })
  for (const [method, path] of [...routesThatUseParts, ["GET", "/nothing"], ["PUT", "/me"]]) {
    const reply = await send(String(method), String(path), { host: "evil.example" })
    assert.equal(reply.status, 421)
    assert.deepEqual(JSON.parse(reply.body), misdirected)
  }
  assert.equal((await send("GET", "/livez")).status, 421)
  for (const host of ["login.example.org:8443", "localhost:8080"]) {
    assert.equal((await send("GET", "/livez", { host })).status, 200)
  }
  assert.deepEqual(log.takeNames(), [])
})

const origin = "https://app.example.org"
const sharedRows = [
  ["GET", "/livez", 200],
  ["GET", "/me", 500],
  ["POST", "/login", 500],
  ["PUT", "/me", 405],
  ["OPTIONS", "/me", 204],
  ["GET", "/nothing", 404],
] as const

for (const [method, path, status] of sharedRows) {
  test(`createApp() lets a listed origin read the ${status} to ${method} ${path}`, async () => {
    const { send } = brokenApp(bug, { corsOrigins: [origin] })
    for (const [sent, shared] of [
      [origin, origin],
      ["https://evil.example", undefined],
      ["null", undefined],
    ] as const) {
      const reply = await send(method, path, { origin: sent })
      assert.equal(reply.status, status)
      assert.equal(reply.headers["Access-Control-Allow-Origin"], shared)
      assert.equal(reply.headers["Access-Control-Allow-Credentials"], undefined)
    }
    const closed = await brokenApp(bug).send(method, path, { origin })
    assert.equal(closed.headers["Access-Control-Allow-Origin"], undefined)
  })
}

test("createApp() shares replies with an app's own scheme, by its exact text", async () => {
  const { send } = brokenApp(bug, { corsOrigins: corsOrigins("capacitor://localhost,file://") })
  const allowed = async (method: string, sent: string) => {
    const asked = { origin: sent, "access-control-request-method": "POST" }
    return (await send(method, "/login", asked)).headers["Access-Control-Allow-Origin"]
  }
  for (const method of ["POST", "OPTIONS"]) {
    for (const sent of ["capacitor://localhost", "file://"]) {
      assert.equal(await allowed(method, sent), sent)
    }
    for (const sent of ["capacitor://localhost/", "CAPACITOR://localhost", "ionic://localhost"]) {
      assert.equal(await allowed(method, sent), undefined, sent)
    }
    assert.equal(await allowed(method, "null"), undefined)
  }
})

test("takesBody() is true of the routes that read one, and of nothing else", () => {
  const { app } = brokenApp(bug)
  const reading = ["/login", "/refresh", "/logout", "/password"]
  for (const path of reading)
    assert.equal(app.takesBody(makeRequest({ method: "POST", path })), true, path)
  for (const [method, path] of [
    ["GET", "/me"],
    ["DELETE", "/sessions"],
    ["PUT", "/login"],
    ["OPTIONS", "/login"],
    ["POST", "/nothing"],
  ] as const) {
    assert.equal(app.takesBody(makeRequest({ method, path })), false, `${method} ${path}`)
  }
  const elsewhere = brokenApp(bug, { allowedHosts: ["login.example.org"] }).app
  const headers = { host: "evil.example" }
  assert.equal(elsewhere.takesBody(makeRequest({ method: "POST", path: "/login", headers })), false)
})
