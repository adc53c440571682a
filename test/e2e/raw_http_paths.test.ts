// One path, one spelling (H-15 to H-19, H-21, H-23), on the wire: a proxy in front may have read a
// target in another way, so whatever is not the path itself is nothing.

import assert from "node:assert/strict"
import { test } from "node:test"
import { converse, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const guardedPath = "/protected"
const name = guardedPath.slice(1)

/** All of them open a path of their own here, which leads nowhere. */
const otherSpellings: readonly (readonly [row: string, targets: readonly string[]])[] = [
  ["H-15", [`//evil${guardedPath}`, "///", "//", `/\\evil${guardedPath}`, `//${name}`, "/\\"]],
  ["H-16", [`/x/..${guardedPath}`, `/%2e%2e%2f${name}`, `/%2f..%2f${name}`, `/..;${guardedPath}`]],
  ["H-16", [`${guardedPath};x=1`, `/%c0%ae%c0%ae${guardedPath}`, `/.${guardedPath}`, "/../.."]],
  ["H-17", [`${guardedPath}%00`, `${guardedPath}%zz`, `${guardedPath}%ff%fe`, `${guardedPath}%`]],
  ["H-18", ["/Protected", "/PROTECTED", `${guardedPath}/`, "/%70rotected", "/protecte%64"]],
  ["H-19", ["/livez/../protected", `/x?${guardedPath}`, "/x&/protected", "/protected,"]],
]

for (const [row, targets] of otherSpellings) {
  test(`listen() finds nothing at another spelling of a path: ${row} ${targets[0]}`, async (t) => {
    const service = await createTestService(t)
    const token = await service.logIn("alice", "wonderland")
    const { port } = await startTestServer(t, service.app)
    const send = (target: string) =>
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const sent = [...targets, guardedPath].map(send).join("")
    const { replies } = await converse(port, [sent], { replies: targets.length + 1 })
    const [last, ...others] = [...replies].reverse()
    assert.equal(last?.body, '{"logged_in_as":"alice"}\n')
    assert.equal(others.length, targets.length)
    for (const { status, body } of others) {
      assert.equal(status, 404)
      assert.deepEqual(JSON.parse(body), {
        error: "not_found",
        msg: "There is nothing at this path",
      })
    }
  })
}

test("listen() keeps a fragment, which no client sends, as a part of the path: H-19", async (t) => {
  const service = await createTestService(t)
  const { port } = await startTestServer(t, service.app)
  for (const target of [
    "/login#/public",
    "/protected#",
    "/protected#/livez",
    "/livez#/protected",
  ]) {
    const { replies } = await converse(port, [`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`])
    assert.deepEqual(
      replies.map(({ status }) => status),
      [404],
      target,
    )
  }
})

test("listen() takes no token from the query: H-21", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const { port } = await startTestServer(t, service.app)
  for (const parameter of ["access_token", "token", "jwt", "Authorization"]) {
    const target = `/protected?${parameter}=${encodeURIComponent(token)}`
    const { replies } = await converse(port, [`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`])
    assert.deepEqual(JSON.parse(replies[0]?.body ?? ""), {
      error: "missing_token",
      msg: "Missing Authorization Header",
    })
  }
})

const gets = [
  ...["/protected", "/me", "/sessions", "/revocations", "/.well-known/jwks.json", "/livez"],
  ...["/healthz", "/readyz", "/nothing", "/login"],
]

for (const token of [true, false]) {
  const words = token ? "with a token" : "without a token"
  test(`listen() answers HEAD ${words} as GET, without the body: H-23`, async (t) => {
    const service = await createTestService(t)
    const lines = token
      ? `Authorization: Bearer ${await service.logIn("alice", "wonderland")}\r\n`
      : ""
    const { port } = await startTestServer(t, service.app)
    const send = (method: string) =>
      gets.map((path) => `${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`).join("")
    const { replies } = await converse(port, [send("GET")], { replies: gets.length })
    const heads = await converse(port, [send("HEAD")], { replies: gets.length, head: true })
    const seen = (all: typeof replies) =>
      all.map(({ status, headers }) => {
        const { "x-request-id": _, date: __, ...others } = Object.fromEntries(headers)
        return { status, others }
      })
    assert.deepEqual(seen(heads.replies), seen(replies))
    assert.equal(replies.length, gets.length)
    for (const { body } of heads.replies) assert.equal(body, "")
  })
}
