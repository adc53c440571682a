// What comes before a body: any names, values and targets as Node's parser could give them, and any
// bytes on a socket. Each gets one answer or none, and the next client is served.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { errorCodes } from "../../src/errors.ts"
import { type Head, readHead } from "../../src/http/node/head.ts"
import { checkEveryReply, converse, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"
import { anyBytes, anyText, edited, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const connectionsAtATime = 8

const singleNames = [
  ...["Authorization", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host"],
  ...["If-None-Match", "Origin", "Transfer-Encoding"],
]
const names = [...singleNames, "host", "HOST", "Cookie", "X-Forwarded-For", "__proto__", "Upgrade"]
const values = [
  ...["a", "login.example.org:8080", "[::1]", "a b", "", "chunked", "gzip, chunked", "12", "1e9"],
  ...["100-continue", "Bearer x", "application/json", "identity", "a, a", "127.0.0.1"],
]
const header = fc.tuple(
  fc.oneof(fc.constantFrom(...names), anyText),
  fc.oneof(fc.constantFrom(...values), anyText),
)
const target = fc.oneof(
  fc.webPath(),
  anyText,
  anyText.map((text) => `/${text}`),
  fc.constantFrom("*", "//", "/\\evil", "http://[::1", "/a?b?c", "/#", `/${"a".repeat(2048)}`),
)
const head = fc.record({
  asker: fc.constant("client" as const),
  httpVersion: fc.constantFrom("1.1", "1.1", "1.1", "1.0", "0.9", "2.0", ""),
  target,
  rawHeaders: fc
    .tuple(fc.boolean(), fc.array(header, { maxLength: 6 }), fc.constantFrom(0, 0, 0, 93, 101))
    .map(([hosted, some, more]) => [
      ...(hosted ? ["Host", "a"] : []),
      ...some.flat(),
      ...Array.from({ length: more }, (_, at) => [`x-${at}`, "y"]).flat(),
    ]),
})

test("readHead() takes a head that is in order, or refuses in one of its sentences", () =>
  holds(
    head,
    (raw) => {
      const reading = readHead(raw, 16 * 1024)
      if ("reason" in reading) {
        assert.ok(errorCodes.includes(reading.code))
        assert.match(reading.msg, /^[A-Z][\w .:,'/()-]+$/)
      } else {
        assertInOrder(raw.target, raw.rawHeaders, reading)
      }
    },
    { runs: 500 },
  ))

const requests = [
  "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\nCookie: a=b; c=d\r\n\r\n",
  'POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{"username":"alice","password":"x"}',
  'POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"username":"al"\r\n3;a=b\r\n}  \r\n0\r\nX: y\r\n\r\n',
  "POST /refresh HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
  "OPTIONS /login HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n",
  "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /revocations HTTP/1.0\r\nHost: a\r\nIf-None-Match: *\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
].map((text) => Buffer.from(text, "latin1"))
const fragments = [
  ...["\r\n", "\n", "\r", "\r\n\r\n", "\0", " ", "\t", ":", ",", ";", "/", "?", "#", "\xff", "%00"],
  ...[
    "Host: b\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: -1\r\n",
    "Expect: x\r\n",
    "HTTP/2.0",
  ],
  ...["Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n", "Connection: upgrade\r\n"],
  ...[
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "Authorization: Bearer ",
    "GET / HTTP/1.1\r\n",
    "PRI * ",
  ],
]
const sent = fc.oneof(
  { weight: 1, arbitrary: anyBytes },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.array(fc.constantFrom(...requests), { minLength: 1, maxLength: 3 }),
        edits(fragments),
      )
      .map(([some, changes]) => edited(Buffer.concat(some), changes)),
  },
)

test("a server answers any bytes with replies in order, and then the next client", async (t) => {
  const service = await createTestService(t)
  const { app, log } = service
  const { port } = await startTestServer(t, app, { log, limits: { lingerMillisMax: 5 } })
  const everyone = fc.array(sent, { minLength: 1, maxLength: connectionsAtATime })
  const claim = async (all: readonly Buffer[]) => {
    const conversations = await Promise.all(all.map((bytes) => converse(port, [bytes, "fin"])))
    for (const { replies, ended } of conversations) {
      assert.notEqual(ended, "open")
      for (const reply of replies) {
        if (reply.status === 100) continue
        checkEveryReply(reply)
        assert.ok(reply.status < 500 || [503, 505].includes(reply.status), `${reply.status}`)
      }
    }
    const [good] = (await converse(port, [`${requests[0]}`, "fin"])).replies
    assert.equal(good?.status, 200)
    const events = log.events.splice(0)
    log.lines.splice(0)
    assert.deepEqual(
      events.filter(({ level }) => level === "error"),
      [],
    )
  }
  await holds(everyone, claim, { runs: 60 })
})

function assertInOrder(written: string, rawHeaders: readonly string[], reading: Head): void {
  const { path, query, headers, declaredBytes } = reading
  assert.ok(path.startsWith("/") && !path.includes("?"))
  assert.ok([path, `${path}?${query}`].includes(written))
  assert.ok(written.length <= 2048 && rawHeaders.length <= 200)
  for (const name of singleNames) {
    const same = (one: string, at: number) => at % 2 === 0 && lower(one) === lower(name)
    assert.ok(rawHeaders.filter(same).length <= 1, name)
  }
  for (const [at, name] of rawHeaders.entries()) {
    if (at % 2 === 0) assert.ok(headers.get(lower(name))?.includes(rawHeaders[at + 1] ?? ""))
  }
  assert.match(headers.get("host") ?? "", /^[\w.:[\]-]+$/)
  assert.ok(!headers.has("content-encoding"))
  assert.equal(headers.get("transfer-encoding")?.toLowerCase() ?? "chunked", "chunked")
  assert.equal(declaredBytes, Number(headers.get("content-length") ?? 0))
}

function lower(name: string): string {
  return name.toLowerCase()
}
