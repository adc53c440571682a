// Hostile bytes at the real server, in this process (H). Each row, at each route:
// refused as the catalogue says, as JSON, with the headers of every reply, and the connection
// closed; what follows on it is answered once or not at all (H-40); and the server goes on.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Conversation,
  checkEveryReply,
  converse,
  startTestServer,
} from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"
import { type RawRow, rawRows, type Target } from "./raw_http_rows.ts"

const goodRequest = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
const atATime = 16

const targets: readonly Target[] = [
  { method: "GET", path: "/protected" },
  { method: "GET", path: "/me" },
  { method: "HEAD", path: "/me" },
  { method: "POST", path: "/login" },
  { method: "GET", path: "/.well-known/jwks.json" },
  { method: "GET", path: "/livez" },
  { method: "GET", path: "/healthz" },
  { method: "GET", path: "/readyz" },
  { method: "OPTIONS", path: "/protected" },
  { method: "POST", path: "/nothing" },
]

for (const target of targets) {
  test(`listen() refuses hostile bytes at ${target.method} ${target.path}`, async (t) => {
    const service = await createTestService(t)
    const { port, log } = await startTestServer(t, service.app)
    const failures: string[] = []
    const waiting = [...rawRows]
    const work = async () => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        failures.push(...(await checkRow(port, row, target)))
      }
    }
    await Promise.all(Array.from({ length: atATime }, work))
    assert.deepEqual(failures, [])
    const { replies } = await converse(port, [goodRequest])
    assert.deepEqual(statusesOf({ replies }), [200])
    assert.deepEqual(new Set(log.takeNames()), new Set(["request.refused", "protocol.unexpected"]))
    assert.ok(log.events.every(({ event }) => event !== "server.failed"))
  })
}

async function checkRow(port: number, row: RawRow, target: Target): Promise<string[]> {
  const sent = Buffer.from(row.send(target))
  const head = target.method === "HEAD"
  const conversations = await Promise.all([
    converse(port, [sent], { head }),
    converse(port, [sent, 5, goodRequest], { head, replies: 2 }),
    converse(port, [Buffer.concat([sent, Buffer.from(goodRequest)])], { head, replies: 2 }),
  ])
  const statuses = target.path === "/nothing" ? [...row.statuses, 404] : row.statuses
  return conversations.flatMap((conversation, at) => {
    const fault = faultOf(conversation, { statuses, isFollowed: at > 0 })
    return fault === null ? [] : [`${row.name} (${at}): ${fault} ${JSON.stringify(conversation)}`]
  })
}

/** What is wrong about how a row was refused, or null. */
function faultOf(
  conversation: Conversation,
  expected: { readonly statuses: readonly number[]; readonly isFollowed: boolean },
): string | null {
  const [first] = conversation.replies
  if (first === undefined) return "No reply"
  try {
    checkEveryReply(first, first.body === "")
  } catch (error) {
    return String(error)
  }
  const statuses = statusesOf(conversation)
  if (!expected.statuses.includes(first.status)) return `The status is ${first.status}`
  // The one refusal that leaves the connection as it is: a method that a path has not.
  if (first.headers.get("connection") !== "close") {
    const all = expected.isFollowed ? [first.status, 200] : [first.status]
    const isRight = [404, 405].includes(first.status) && statuses.join() === all.join()
    return isRight ? null : `The statuses are ${statuses}`
  }
  if (statuses.length !== 1) return `The statuses are ${statuses}`
  return conversation.ended === "open" ? "The connection stays open" : null
}

function statusesOf({ replies }: Pick<Conversation, "replies">): readonly number[] {
  return replies.map(({ status }) => status)
}
