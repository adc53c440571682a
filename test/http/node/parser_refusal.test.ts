import assert from "node:assert/strict"
import { test } from "node:test"
import { parserRefusal } from "../../../src/http/node/parser_refusal.ts"

const notHttp = "The request is not valid HTTP/1.1"

const parserRows = [
  [
    ...["HPE_HEADER_OVERFLOW", "headers_too_large", 431, "header_fields_too_large"],
    "The request's head is too large",
  ],
  [
    ...["HPE_CHUNK_EXTENSIONS_OVERFLOW", "chunk_extensions", 413, "content_too_large"],
    "The body's chunk extensions are too large",
  ],
  [
    ...["ERR_HTTP_REQUEST_TIMEOUT", "timeout", 408, "request_timeout"],
    "The request took too long to arrive",
  ],
  ["HPE_INVALID_METHOD", "method", 400, "invalid_request", notHttp],
  ["HPE_INVALID_URL", "target", 400, "invalid_request", notHttp],
  ["HPE_INVALID_VERSION", "http_version", 400, "invalid_request", notHttp],
  ["HPE_INVALID_HEADER_TOKEN", "header", 400, "invalid_request", notHttp],
  ["HPE_UNEXPECTED_CONTENT_LENGTH", "framing", 400, "invalid_request", notHttp],
  ["HPE_INVALID_CHUNK_SIZE", "framing", 400, "invalid_request", notHttp],
  ["HPE_INVALID_EOF_STATE", "cut_off", 400, "invalid_request", notHttp],
  ["HPE_LF_EXPECTED", "not_http", 400, "invalid_request", notHttp],
  ["__proto__", "not_http", 400, "invalid_request", notHttp],
  [undefined, "not_http", 400, "invalid_request", notHttp],
] as const

test("parserRefusal() says that a request is too large, too slow, or not HTTP", () => {
  for (const [code, reason, status, error, msg] of parserRows) {
    const refusal = parserRefusal({ code: code as string | undefined })
    assert.equal(refusal.reason, reason, String(code))
    assert.equal(refusal.reply.status, status, String(code))
    assert.deepEqual(JSON.parse(refusal.reply.body), { error, msg })
  }
})

const signature = "\r\n\r\n\0\r\nQUIT\n"

/** What begins a connection, as bytes in Latin-1. */
const beginnings: readonly (readonly [reason: string, status: number, bytes: string])[] = [
  ["proxy_protocol", 400, "PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\nGET / HTTP/1.1\r\n\r\n"],
  ["proxy_protocol", 400, "PROXY UNKNOWN\r\n"],
  ["proxy_protocol", 400, `${signature}\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\0\x01\x02\x03`],
  ["proxy_protocol", 400, signature.slice(4)],
  ["http2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0"],
  ["tls", 400, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
  ["method", 400, "SSH-2.0-OpenSSH_9.2\r\n"],
  ["method", 400, "PROXYING / HTTP/1.1\r\n"],
  ["method", 400, "X PROXY TCP4"],
  ["method", 400, ""],
]

test("parserRefusal() recognises other protocols by how they begin, and nothing else", () => {
  for (const [reason, status, bytes] of beginnings) {
    const rawPacket = Buffer.from(bytes, "latin1")
    const refusal = parserRefusal({ code: "HPE_INVALID_METHOD", rawPacket })
    assert.deepEqual([refusal.reason, refusal.reply.status], [reason, status], bytes)
  }
})

test("parserRefusal() of a client that was too slow is that, whatever it began with", () => {
  const rawPacket = Buffer.from("PROXY ")
  assert.equal(parserRefusal({ code: "ERR_HTTP_REQUEST_TIMEOUT", rawPacket }).reason, "timeout")
})
