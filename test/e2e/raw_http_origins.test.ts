// Scripts of a listed origin can read why they were refused, also where no route was looked for
// (H-44), and the log says why (H-12).

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { converse, onlyReply, type Step, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const origin = "https://app.example.org"
const host = "Host: localhost"
const from = `Origin: ${origin}`

const head = (start: string, ...lines: readonly string[]) =>
  [`${start} HTTP/1.1`, ...lines, "", ""].join("\r\n")
const chunked = head("POST /login", host, from, "Transfer-Encoding: chunked")
const many = (count: number) => Array.from({ length: count }, (_, at) => `X-${at}: `)

const limits = { headersMillisMax: 150, requestMillisMax: 200, checkIntervalMillis: 50 }

async function startService(t: TestContext) {
  const service = await createTestService(t, { app: { corsOrigins: [origin] } })
  return startTestServer(t, service.app, { variesByOrigin: true, limits })
}

type Row = readonly [status: number, reason: string, steps: readonly Step[]]

const rows: readonly Row[] = [
  [400, "duplicate_header", [head("GET /me", host, from, host)]],
  [400, "host", [head("GET /me", "Host: a b", from)]],
  [400, "transfer_coding", [head("POST /login", host, from, "Transfer-Encoding: x, chunked")]],
  [400, "target", [head("GET http://a/me", host, from)]],
  [400, "header", [head("GET /me", host, from, "X y: z")]],
  [400, "framing", [head("POST /login", host, from, "Content-Length: x")]],
  [400, "framing", [chunked, 5, "x\r\n"]],
  [400, "cut_off", [`${chunked}5\r\na`, 5, "fin"]],
  [408, "timeout", [`${head("POST /login", host, from, "Content-Length: 5")}a`]],
  [413, "body_too_large", [head("POST /login", host, from, "Content-Length: 16385")]],
  [413, "body_too_large", [`${chunked}5000\r\n${"a".repeat(20_480)}\r\n0\r\n\r\n`]],
  [413, "chunk_extensions", [`${chunked}1;${"x".repeat(20_000)}\r\n`]],
  [414, "target_too_long", [head(`GET /${"a".repeat(2048)}`, host, from)]],
  [415, "content_coding", [head("POST /login", host, from, "Content-Encoding: gzip")]],
  [417, "expectation", [head("POST /login", host, from, "Expect: x")]],
  [431, "too_many_headers", [head("GET /me", host, from, ...many(99))]],
  [431, "headers_too_large", [head("GET /me", host, from, `Cookie: ${"a".repeat(17_000)}`)]],
  [505, "http_version", [head("GET /me", host, from).replace("/1.1", "/2.0")]],
]

for (const [status, reason, steps] of rows) {
  test(`listen() lets a listed origin read the ${status} for '${reason}', and logs why: H-44`, async (t) => {
    const { port, log } = await startService(t)
    for (const [as, allowed] of [
      [from, origin],
      [`Origin: https://evil.example`, undefined],
      ["Origin: null", undefined],
    ] as const) {
      const sent = steps.map((step) => (typeof step === "string" ? step.replace(from, as) : step))
      const { replies } = await converse(port, sent)
      const reply = onlyReply(replies, status)
      assert.equal(reply.headers.get("access-control-allow-origin"), allowed)
      assert.equal(reply.headers.get("access-control-allow-credentials"), undefined)
      assert.equal(reply.headers.get("vary"), "Origin")
      const coding = reason === "content_coding" ? "identity" : undefined
      assert.equal(reply.headers.get("accept-encoding"), coding)
      const [{ event, reason: logged } = {}, ...more] = log.events.splice(0)
      assert.deepEqual([event, logged, more], ["request.refused", reason, []])
    }
  })
}

test("listen() shares a refusal with no other site when Origin stands twice: H-44", async (t) => {
  const { port } = await startService(t)
  for (const lines of [
    [from, from],
    [from, "origin: https://evil.example", "X y: z"],
  ]) {
    const { replies } = await converse(port, [head("GET /me", host, ...lines)])
    assert.equal(replies[0]?.status, 400)
    assert.equal(replies[0]?.headers.get("access-control-allow-origin"), undefined)
  }
})

test("listen() answers a preflight with the headers that it asks for", async (t) => {
  const { port } = await startService(t)
  const asked = "authorization,baggage,content-type,sentry-trace,traceparent"
  const lines = ["Access-Control-Request-Method: POST", `Access-Control-Request-Headers: ${asked}`]
  const { replies } = await converse(port, [head("OPTIONS /login", host, from, ...lines)])
  assert.equal(replies[0]?.status, 204)
  assert.equal(replies[0]?.headers.get("access-control-allow-headers"), asked)
})

const protocols: readonly (readonly [protocol: string, status: number, bytes: string])[] = [
  ["proxy_protocol", 400, `PROXY TCP4 192.0.2.7 10.0.0.1 5 80\r\n${head("GET /livez", host)}`],
  ["proxy_protocol", 400, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\0\x01\0\x50"],
  ["http2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0"],
  ["tls", 400, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
]

for (const [protocol, status, bytes] of protocols) {
  test(`listen() names what is no HTTP/1.1 in the log: ${protocol}: H-12`, async (t) => {
    const { port, log } = await startService(t)
    for (let times = 0; times < 2; times += 1) {
      const { replies } = await converse(port, [Buffer.from(bytes, "latin1")])
      assert.deepEqual(
        replies.map((reply) => reply.status),
        [status],
      )
    }
    const [refused, warned, ...again] = log.events
    assert.deepEqual([refused?.["event"], refused?.["reason"]], ["request.refused", protocol])
    assert.deepEqual([warned?.["event"], warned?.["level"]], ["protocol.unexpected", "warn"])
    assert.deepEqual([warned?.["protocol"], warned?.["client"]], [protocol, "127.0.0.1"])
    assert.deepEqual(
      again.map(({ event, reason }) => [event, reason]),
      [["request.refused", protocol]],
    )
    assert.ok(!log.lines.join("").includes("192.0.2.7"))
  })
}
