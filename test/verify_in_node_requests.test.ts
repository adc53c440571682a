// The example of a guard for other Node services: what it answers to whom, and what it logs.

import assert from "node:assert/strict"
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { test } from "node:test"
import { requireToken } from "../examples/verify_in_node.ts"
import { createVerified, failToConnect } from "./support/verified_service.ts"

interface Asked {
  readonly name: string
  readonly authorization?: (token: string) => string
  /** What fails meanwhile. */
  readonly failing?: "keysAnswer" | "answer"
  readonly answer: readonly [status: number, challenge: string | undefined, msg: string]
  readonly logged: readonly RegExp[]
}

const bad = 'Bearer error="invalid_token"'

const asked: readonly Asked[] = [
  { name: "no token", answer: [401, "Bearer", "Missing token"], logged: [] },
  {
    name: "another scheme",
    authorization: () => "Basic YTpi",
    answer: [401, "Bearer", "Missing token"],
    logged: [],
  },
  {
    name: "nonsense",
    authorization: () => "Bearer nonsense",
    answer: [401, bad, "Invalid token"],
    logged: [/^Token refused: Invalid Compact JWS$/],
  },
  {
    name: "a token with another signature",
    authorization: (token) => `bearer  ${token.slice(0, -8)}AAAAAAAA`,
    answer: [401, bad, "Invalid token"],
    logged: [/^Token refused: signature verification failed$/],
  },
  {
    name: "a token of a key that is not there",
    authorization: (token) => {
      const [, ...rest] = token.split(".")
      const header = JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: "other" })
      return `Bearer ${[Buffer.from(header).toString("base64url"), ...rest].join(".")}`
    },
    answer: [401, bad, "Invalid token"],
    logged: [/^Token refused: no applicable key found in the JSON Web Key Set$/],
  },
  {
    name: "a good token, and the keys can't be had",
    authorization: (token) => `Bearer ${token}`,
    failing: "keysAnswer",
    answer: [503, undefined, "Try again"],
    logged: [/^Token refused: Postern can't be asked: .*ECONNREFUSED$/],
  },
  {
    name: "a good token, and the list can't be had",
    authorization: (token) => `Bearer ${token}`,
    failing: "answer",
    answer: [503, undefined, "Try again"],
    logged: [/^Token refused: Postern can't be asked: .*ECONNREFUSED$/],
  },
]

for (const { name, authorization, failing, answer, logged } of asked) {
  test(`requireToken() of ${name} answers ${answer[0]} and logs why`, async (t) => {
    const { service, elsewhere, verify } = await createVerified(t)
    const lines: string[] = []
    t.mock.method(console, "warn", (line: string) => lines.push(line))
    const token = await service.logIn("alice", "wonderland")
    if (failing !== undefined) elsewhere[failing] = failToConnect
    const sent = authorization?.(token)
    const reply = createReply()
    const headers = sent === undefined ? {} : { authorization: sent }
    assert.equal(await requireToken(requestWith(headers), reply.response, verify), null)
    const { status, headers: told, body } = reply.sent
    assert.deepEqual([status, told["www-authenticate"], JSON.parse(body).msg], answer)
    assert.equal(told["retry-after"], answer[0] === 503 ? "5" : undefined)
    assert.equal(lines.length, logged.length)
    for (const [at, pattern] of logged.entries()) assert.match(lines[at] ?? "", pattern)
    assert.ok(!lines.join().includes(token.slice(-20)))
  })
}

test("requireToken() of a good token gives its claims and answers nothing", async (t) => {
  const { service, verify } = await createVerified(t)
  const token = await service.logIn("alice", "wonderland")
  const reply = createReply()
  const request = requestWith({ authorization: `Bearer ${token}` })
  assert.equal((await requireToken(request, reply.response, verify))?.sub, "alice")
  assert.equal(reply.sent.status, 0)
})

function requestWith(headers: IncomingHttpHeaders): IncomingMessage {
  return { headers } as IncomingMessage
}

/** A response that keeps what was written. */
function createReply() {
  const sent = { status: 0, headers: {} as Record<string, string>, body: "" }
  const response = {
    writeHead: (status: number, headers: Record<string, string>) =>
      void Object.assign(sent, { status, headers }),
    end: (body: string) => void Object.assign(sent, { body }),
  }
  return { sent, response: response as unknown as ServerResponse }
}
