// The error boundary and the access log: what a caller is told, and what only the log.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createApp } from "../src/app.ts"
import { AuthError, Unavailable } from "../src/errors.ts"
import type { Sessions } from "../src/service/sessions.ts"
import { createCollectedLog } from "./support/collected_log.ts"
import { makeRequest } from "./support/http_request.ts"

/** An app whose sessions do nothing but throw. */
function brokenApp(thrown: unknown) {
  const log = createCollectedLog()
  const fail = () => Promise.reject(thrown)
  const sessions: Sessions = {
    logIn: fail,
    refresh: fail,
    authenticate: fail,
    logOut: fail,
    list: fail,
    end: fail,
    endOthers: fail,
    changePassword: fail,
    revocations: fail,
  }
  const throwing = () => {
    throw thrown
  }
  const app = createApp({ sessions, publicKeys: throwing, isReady: throwing, log: log.log })
  const send = (method: string, path: string) => {
    const headers = { authorization: "Bearer t0ken", "content-type": "application/json" }
    const isLogin = path === "/login"
    const body = isLogin ? '{"username":"alice","password":"wonderland"}' : ""
    return app.handle(makeRequest({ id: "r-7", method, path, headers, body }))
  }
  return { send, log }
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
      msg: "Something went wrong here: request r-7",
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
  ["GET", "/reset/s3cret-in-a-path", null, 404],
] as const

for (const [method, path, logged, status] of accessRows) {
  test(`createApp() logs ${method} ${path} once, by its route's own path`, async () => {
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
