// Bodies, on the wire (H-26, H-34, H-36 to H-38): what is no JSON object of the members asked for
// is refused, and what is refused for its head alone is refused before its body.

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { test } from "node:test"
import { json } from "../../src/http/message.ts"
import { problem } from "../../src/http/problem.ts"
import { checkEveryReply, converse, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const host = "Host: localhost\r\n"
const isJson = "Content-Type: application/json\r\n"
const credentials = '{"username":"alice","password":"wonderland"}'

function post(path: string, lines: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  const length = `Content-Length: ${bytes.byteLength}\r\n`
  return Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\n${host}${lines}${length}\r\n`),
    bytes,
  ])
}

const types: readonly (readonly [name: string, lines: string, body: string | Buffer])[] = [
  ["H-34 no body and no type", "", ""],
  ["H-34 no type", "", credentials],
  ["H-34 an empty type", "Content-Type: \r\n", credentials],
  ["H-34 text", "Content-Type: text/plain\r\n", credentials],
  ["H-34 text and JSON", "Content-Type: text/plain; application/json\r\n", credentials],
  ["H-34 JSON and text", "Content-Type: application/json, text/plain\r\n", credentials],
  [
    "H-34 a form",
    "Content-Type: application/x-www-form-urlencoded\r\n",
    "username=alice&password=wonderland",
  ],
  ["H-34 parts", "Content-Type: multipart/form-data; boundary=a\r\n", "--a--\r\n"],
  [
    "H-34 UTF-16",
    "Content-Type: application/json; charset=utf-16\r\n",
    Buffer.from(credentials, "utf16le"),
  ],
  ["H-34 a kind of JSON", "Content-Type: application/problem+json\r\n", credentials],
]

const bodies: readonly (readonly [name: string, body: string | Buffer])[] = [
  ["H-34 an empty body", ""],
  ["H-36 a torn object", '{"username":"alice"'],
  ["H-36 NaN", '{"username":NaN,"password":"x"}'],
  ["H-36 single quotes", "{'username':'alice','password':'wonderland'}"],
  ["H-36 an array", `[${credentials}]`],
  ["H-36 a text", '"alice"'],
  ["H-36 null", "null"],
  ["H-36 a number", "1"],
  ["H-36 more after it", `${credentials}x`],
  ["H-36 two objects", credentials + credentials],
  ["H-36 two byte order marks", `\ufeff\ufeff${credentials}`],
  [
    "H-36 bad UTF-8",
    Buffer.from(`${credentials.slice(0, 20)}\xff${credentials.slice(20)}`, "latin1"),
  ],
  ["H-36 UTF-16", Buffer.from(credentials, "utf16le")],
  ["H-37 8000 arrays", `${"[".repeat(8000)}${"]".repeat(8000)}`],
  ["H-37 arrays in a member", `{"username":${"[".repeat(8000)}${"]".repeat(8000)}}`],
  ["H-37 2700 objects", `${'{"a":'.repeat(2700)}1${"}".repeat(2700)}`],
  ["H-38 a member twice", credentials.replace("}", ',"password":"x"}')],
  ["H-38 a member twice, once escaped", credentials.replace("}", ',"passwor\\u0064":"x"}')],
  ["H-38 wrong types", '{"username":["alice"],"password":{"a":1}}'],
  [
    "H-38 1500 members like numbers",
    `{${Array.from({ length: 1500 }, (_, at) => `"${at}":1`).join()}}`,
  ],
]

const rows = [
  ...types.map(([name, lines, body]) => ({ name, lines, body, status: 415 })),
  ...bodies.map(([name, body]) => ({ name, lines: isJson, body, status: 400 })),
]

for (const { name, lines, body, status } of rows) {
  test(`POST /login refuses, on the wire, ${name}`, async (t) => {
    const service = await createTestService(t)
    const { port } = await startTestServer(t, service.app)
    const startedAt = performance.now()
    const { replies } = await converse(
      port,
      [Buffer.concat([post("/login", lines, body), post("/login", isJson, credentials)])],
      { replies: 2 },
    )
    assert.ok(performance.now() - startedAt < 2000)
    assert.deepEqual(
      replies.map((reply) => reply.status),
      [status, 200],
    )
    for (const reply of replies) checkEveryReply(reply)
    const code = status === 415 ? "unsupported_media_type" : "invalid_request"
    assert.equal(JSON.parse(replies[0]?.body ?? "").error, code)
    assert.equal(Object.hasOwn(Object.prototype, "admin"), false)
  })
}

const taken: readonly (readonly [name: string, lines: string, body: string])[] = [
  ["H-36 a byte order mark", isJson, `\ufeff${credentials}`],
  ["H-38 a prototype", isJson, credentials.replace("}", ',"__proto__":{"admin":true}}')],
  ["H-38 a constructor", isJson, credentials.replace("}", ',"constructor":{"prototype":{}}}')],
  ...["", " ; ", ";charset=utf8", '; charset="UTF-8"', "; version=1", ' ;x="a;b"'].map(
    (rest) =>
      [
        `H-43 JSON and '${rest}'`,
        `Content-Type: application/json${rest}\r\n`,
        credentials,
      ] as const,
  ),
]

for (const [name, lines, body] of taken) {
  test(`POST /login takes, on the wire, ${name}`, async (t) => {
    const { app } = await createTestService(t)
    const { port } = await startTestServer(t, app)
    const { replies } = await converse(port, [post("/login", lines, body)])
    assert.deepEqual(
      replies.map((reply) => reply.status),
      [200],
    )
    assert.equal(Object.hasOwn(Object.prototype, "admin"), false)
  })
}

test("POST /login names the content codings that it takes, only in its answer to another coding", async (t) => {
  const { app } = await createTestService(t)
  const { port } = await startTestServer(t, app)
  const text = "Content-Type: text/plain\r\n"
  for (const [lines, taken] of [[`${isJson}Content-Encoding: gzip\r\n`, "identity"], [text]]) {
    const { replies } = await converse(port, [post("/login", lines ?? "", credentials)])
    assert.deepEqual(
      replies.map(({ status, headers }) => [status, headers.get("accept-encoding")]),
      [[415, taken]],
    )
  }
})

const waits = `${isJson}Expect: 100-continue\r\nContent-Length: 44\r\n`
const early: readonly (readonly [name: string, head: string, status: number])[] = [
  ["a bad token", `DELETE /sessions HTTP/1.1\r\n${host}Authorization: Bearer x\r\n${waits}`, 401],
  ["no token", `GET /me HTTP/1.1\r\n${host}${waits}`, 401],
  ["no path", `POST /nothing HTTP/1.1\r\n${host}${waits}`, 404],
  ["another method", `PUT /login HTTP/1.1\r\n${host}${waits}`, 405],
  ["another host", `POST /login HTTP/1.1\r\nHost: evil.example\r\n${waits}`, 421],
  ["a coding", `POST /login HTTP/1.1\r\n${host}Content-Encoding: gzip\r\n${waits}`, 415],
  ["too much", `POST /login HTTP/1.1\r\n${host}${waits.replace("44", "16385")}`, 413],
  ["two hosts", `POST /login HTTP/1.1\r\n${host}${host}${waits}`, 400],
]

for (const [name, head, status] of early) {
  test(`listen() refuses ${name} before the body is sent: H-26`, async (t) => {
    const service = await createTestService(t, { app: { allowedHosts: [] } })
    const { port, log } = await startTestServer(t, service.app, { log: service.log })
    log.takeNames()
    // Who does not wait is answered the same, once.
    for (const body of ["", credentials, `${credentials}GET /livez HTTP/1.1\r\n${host}\r\n`]) {
      const { replies, ended } = await converse(port, [`${head}\r\n${body}`])
      assert.deepEqual([replies.map((reply) => reply.status), ended], [[status], "closed"])
      for (const reply of replies) checkEveryReply(reply)
      const logged = log.events.splice(0)
      assert.deepEqual(
        logged.map((event) => [event["status"], event["request"]]),
        [[status, replies[0]?.headers.get("x-request-id")]],
      )
    }
  })
}

test("listen() reads the body of a route that takes one before it judges the token: H-26", async (t) => {
  const service = await createTestService(t)
  const { port } = await startTestServer(t, service.app)
  for (const bearer of ["", "Authorization: Bearer x\r\n"]) {
    const head = `POST /password HTTP/1.1\r\n${host}${bearer}${waits}\r\n`
    const { replies } = await converse(port, [head, 40, credentials], { replies: 2 })
    assert.deepEqual(
      replies.map(({ status }) => status),
      [100, 401],
    )
  }
})

test("listen() answers at the head where no body is taken, and closes", async (t) => {
  const { port } = await startTestServer(t, {
    takesBody: () => false,
    askerAt: () => "client" as const,
    handle: async ({ body }) => json(200, { length: body.byteLength }),
    share: (reply) => reply,
  })
  const next = `GET /x HTTP/1.1\r\n${host}\r\n`
  for (const sent of [
    `POST /x HTTP/1.1\r\n${host}Content-Length: 5000\r\n\r\n`,
    `GET /x HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}${next}`,
  ]) {
    const { replies, ended } = await converse(port, [sent], { replies: 2 })
    assert.deepEqual(
      replies.map(({ status, headers, body }) => [status, headers.get("connection"), body]),
      [[200, "close", '{"length":0}\n']],
      sent.slice(0, 40),
    )
    assert.notEqual(ended, "open")
  }
  // A body of no length is none.
  const empty = `POST /x HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`
  const { replies } = await converse(port, [empty, next], { replies: 2 })
  assert.equal(replies.length, 2)
})

test("listen() lets a good token send its body, once: H-26", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const { port } = await startTestServer(t, service.app)
  const body = '{"current":"wonderland","new":"a raft of seven otters"}'
  const bearer = `Authorization: Bearer ${token}\r\n`
  const length = `Content-Length: ${body.length}\r\n`
  const head = `POST /password HTTP/1.1\r\n${host}${bearer}${isJson}Expect: 100-continue\r\n${length}\r\n`
  const asked = converse(port, [head, 40, body], { replies: 2 })
  const { replies } = await asked
  assert.deepEqual(
    replies.map(({ status }) => status),
    [100, 200],
  )
  // The token's session has ended with the old password.
  const again = await converse(port, [head, 40, body], { replies: 2 })
  assert.deepEqual(
    again.replies.map(({ status }) => status),
    [100, 401],
  )
})

test("listen() survives clients that leave while a head is judged, and nonsense: H-26", async (t) => {
  const held: (() => void)[] = []
  const { port, log } = await startTestServer(t, {
    takesBody: ({ path }) => path === "/taken",
    askerAt: () => "client" as const,
    share: (reply) => reply,
    async handle() {
      await new Promise<void>((resolve) => held.push(resolve))
      return problem("not_found", "There is nothing at this path")
    },
  })
  const waitFor = async (count: number) => {
    while (held.length < count) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {})
  socket.write(`POST /refused HTTP/1.1\r\n${host}${waits}\r\n`)
  await waitFor(1)
  socket.resetAndDestroy()
  await once(socket, "close")
  const chunked = `${isJson}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n`
  const nonsense = ["/refused", "/taken"].map((path) =>
    converse(port, [`POST ${path} HTTP/1.1\r\n${host}${chunked}\r\nxyz\r\n`], { replies: 2 }),
  )
  const answered = await Promise.all(nonsense)
  assert.deepEqual(
    answered.map(({ replies }) => replies.map(({ status }) => status)),
    [
      [100, 400],
      [100, 400],
    ],
  )
  const asked = converse(port, [`GET /x HTTP/1.1\r\n${host}\r\n`])
  await waitFor(2)
  for (const letGo of held) letGo()
  assert.equal((await asked).replies[0]?.status, 404)
  assert.ok(!log.takeNames().includes("server.failed"))
})

test("listen() refuses a body that ends too early, whatever came before it at once", async (t) => {
  const { app } = await createTestService(t)
  const { port } = await startTestServer(t, app, { limits: { lingerMillisMax: 5 } })
  const head = "HTTP/1.1\r\nHost: localhost\r\n"
  const firsts: readonly (readonly [sent: string, statuses: readonly number[]])[] = [
    ["", []],
    [`GET /livez ${head}\r\n`, [200]],
    [`POST /refresh ${head}Content-Length: 2\r\n\r\n{}`, [415]],
    [`POST /refresh ${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, [415]],
    [`POST /refresh ${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`, [100, 415]],
  ]
  const seconds = [
    `POST /login ${head}Content-Type: application/json\r\nContent-Length: 30\r\n\r\n{"user`,
    `POST /login ${head}Transfer-Encoding: chunked\r\n\r\n30\r\n{"user`,
  ]
  for (const [first, statuses] of firsts) {
    for (const second of seconds) {
      const { replies, ended } = await converse(port, [`${first}${second}`, "fin"], { replies: 4 })
      assert.deepEqual(
        replies.map(({ status }) => status),
        [...statuses, 400],
        first,
      )
      assert.notEqual(ended, "open")
    }
  }
})
