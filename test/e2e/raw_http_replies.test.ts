// Headers of every reply, on the wire: those that harden it and the request's id (H-14), and those
// that say what scripts of other sites may read (H-15, F-67).

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { errorCodes } from "../../src/errors.ts"
import { problem } from "../../src/http/problem.ts"
import { checkEveryReply, converse, onlyReply, startTestServer } from "../support/raw_socket.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"

const origin = "https://app.example.org"

/** A service that scripts of one origin may read, with a name of its own. */
async function startService(t: TestContext, app: TestServiceOptions["app"] = {}) {
  const service = await createTestService(t, { app })
  const variesByOrigin = (app?.corsOrigins?.length ?? 0) > 0
  const options = { log: service.log, variesByOrigin }
  const { port, log } = await startTestServer(t, service.app, options)
  log.takeNames()
  return { service, port, log }
}

const head = (start: string, ...lines: readonly string[]) =>
  [`${start} HTTP/1.1`, ...lines, "", ""].join("\r\n")
const host = "Host: login.example.org"
const type = "Content-Type: application/json"

/** Replies of the parser, the server, the app, the guard and handlers. */
const rows: readonly (readonly [status: number, sent: string, before?: "not ready"])[] = [
  [200, head("GET /livez", host)],
  [204, head("OPTIONS /me", host)],
  [400, "nonsense\r\n\r\n"],
  [400, head("GET /livez", host, host)],
  [400, head("POST /login", host, type, "Content-Length: 0")],
  [401, head("GET /me", host)],
  [401, head("GET /me", host, "Authorization: Bearer x")],
  [404, head("GET /nothing", host)],
  [405, head("PUT /login", host)],
  [405, head("CONNECT a:1", "Host: a:1")],
  [413, head("POST /login", host, "Content-Length: 16385")],
  [413, `${head("POST /login", host, "Transfer-Encoding: chunked")}1;${"x".repeat(20_000)}\r\n`],
  [414, head(`GET /${"a".repeat(2048)}`, host)],
  [415, head("POST /login", host, "Content-Length: 0")],
  [415, head("POST /login", host, "Content-Encoding: gzip")],
  [417, head("POST /login", host, "Expect: x")],
  [421, head("GET /livez", "Host: evil.example")],
  [431, head("GET /livez", host, `X: ${"a".repeat(17_000)}`)],
  [431, head("GET /livez", host, ...Array.from({ length: 100 }, (_, at) => `X${at}: `))],
  [503, head("GET /readyz", host), "not ready"],
  [505, head("GET /livez", host).replace("/1.1", "/2.0")],
]

for (const [status, sent, before] of rows) {
  const shown = sent.slice(0, 40).split("\r\n")[0]
  test(`listen() puts headers and an id on the ${status} to ${shown}`, async (t) => {
    const { service, port, log } = await startService(t, { allowedHosts: ["login.example.org"] })
    service.ready = before !== "not ready"
    const { replies } = await converse(port, [sent])
    const reply = onlyReply(replies, status)
    assert.equal(reply.headers.get("vary"), undefined)
    assert.deepEqual(
      log.events.map((event) => [event["status"], event["request"]]),
      [[status, reply.headers.get("x-request-id")]],
    )
  })
}

test("listen() puts headers and an id on every refusal that there is", async (t) => {
  const { port } = await startTestServer(t, async ({ path }) => {
    const code = errorCodes.find((one) => path === `/${one}`)
    assert.ok(code)
    return problem(code, "A sentence")
  })
  const sent = errorCodes.map((code) => head(`GET /${code}`, host)).join("")
  const { replies } = await converse(port, [sent], { replies: errorCodes.length })
  assert.deepEqual(
    replies.map(({ body }) => JSON.parse(body).error),
    errorCodes,
  )
  for (const reply of replies) checkEveryReply(reply)
  const ids = replies.map(({ headers }) => headers.get("x-request-id"))
  assert.equal(new Set(ids).size, errorCodes.length)
})

const otherOrigins = [
  ...["https://evil.example", "null", "*", "http://app.example.org", "https://APP.example.org"],
  ...["https://app.example.org.evil.example", "https://evilapp.example.org"],
  ...["https://app.example.org:443", "https://app.example.org/", "https://a.app.example.org", ""],
]

const shared: readonly (readonly [status: number, sent: string])[] = [
  [200, head("GET /livez", host, `Origin: ${origin}`)],
  [204, head("OPTIONS /login", host, `Origin: ${origin}`, "Access-Control-Request-Method: POST")],
  [400, head("POST /login", host, `Origin: ${origin}`, type, "Content-Length: 0")],
  [401, head("GET /me", host, `Origin: ${origin}`)],
  [404, head("GET /nothing", host, `Origin: ${origin}`)],
  [405, head("PUT /login", host, `Origin: ${origin}`)],
  [415, head("POST /login", host, `Origin: ${origin}`, "Content-Length: 0")],
]

for (const [status, sent] of shared) {
  test(`listen() lets scripts of a listed origin read the ${status}, and no other: H-15`, async (t) => {
    const { port } = await startService(t, { corsOrigins: [origin] })
    const all = [origin, ...otherOrigins]
    const requests = all.map((as) => sent.replace(origin, as)).join("")
    const { replies } = await converse(port, [requests], { replies: all.length })
    assert.equal(replies.length, all.length)
    for (const [at, reply] of replies.entries()) {
      assert.equal(reply.status, status)
      checkEveryReply(reply)
      const { headers } = reply
      const allowed = at === 0 ? origin : undefined
      assert.equal(headers.get("access-control-allow-origin"), allowed)
      assert.equal(headers.get("vary"), "Origin")
      assert.equal(headers.get("access-control-allow-credentials"), undefined)
      const asked = status === 204 && allowed !== undefined
      assert.equal(headers.has("access-control-allow-methods"), asked)
    }
  })
}

test("listen() tells caches that replies vary, also where the parser refuses: H-15", async (t) => {
  const { port } = await startService(t, { corsOrigins: [origin] })
  for (const sent of ["nonsense\r\n\r\n", head("GET /livez", host), head("GET /x", host, host)]) {
    const { replies } = await converse(port, [sent])
    assert.equal(replies[0]?.headers.get("vary"), "Origin")
  }
})

test("listen() shares nothing with other sites by default: F-67", async (t) => {
  const { port } = await startService(t)
  for (const [, sent] of shared) {
    const { replies } = await converse(port, [sent])
    assert.equal(replies.length, 1)
    for (const name of replies[0]?.headers.keys() ?? []) {
      assert.ok(!name.startsWith("access-control") && name !== "vary", name)
    }
  }
  const keys = await converse(port, [head("GET /.well-known/jwks.json", host, `Origin: ${origin}`)])
  assert.equal(keys.replies[0]?.headers.get("access-control-allow-origin"), "*")
})
