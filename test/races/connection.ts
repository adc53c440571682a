// A client's connection to a service that may be killed at any moment, and that it can lose itself.

import assert from "node:assert/strict"
import { Agent, type IncomingMessage, request } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import type { Answer } from "../support/http_client.ts"

/** A request, and how its answer is to be lost, if it is. */
export interface Outgoing {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  /** Sent as Bearer. */
  readonly token?: string | undefined
  readonly json?: unknown
  /** The socket is destroyed when all was sent, or when the answer's first bytes have come. */
  readonly lose?: "sent" | "arrived" | undefined
}

/** No answer: the connection broke after the request was sent, or perhaps was; nothing listened. */
export type NoAnswer = "lost" | "unreachable"

/** One connection, kept alive between requests. */
export interface Connection {
  /** Sends once. */
  send(outgoing: Outgoing): Promise<Answer | NoAnswer>
  close(): void
}

const silentMillisMax = 15_000
const insistMillisMax = 30_000

/** Opens a connection, with the first request. */
export function openConnection(port: number): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    send: (outgoing) =>
      new Promise((resolve, reject) => {
        const { method, path, lose } = outgoing
        const { headers, body } = written(outgoing)
        const address = { host: "127.0.0.1", port, timeout: silentMillisMax }
        const sending = request({ ...address, agent, method, path, headers })
        sending.on("error", (error: NodeJS.ErrnoException) =>
          resolve(error.code === "ECONNREFUSED" ? "unreachable" : "lost"),
        )
        sending.on("timeout", () => sending.destroy())
        sending.on("response", (incoming) => {
          if (lose === "arrived") sending.destroy()
          else read(incoming).then(resolve, reject)
        })
        sending.end(body, () => {
          if (lose === "sent") sending.destroy()
        })
        sending.on("close", () => {
          if (lose !== undefined) resolve("lost")
        })
      }),
    close: () => agent.destroy(),
  }
}

/** Sends until there is an answer that is not 503: the service is being started again. */
export async function insist(connection: Connection, outgoing: Outgoing): Promise<Answer> {
  const began = performance.now()
  for (;;) {
    const answer = await connection.send(outgoing)
    if (isFinal(answer)) return answer
    const { method, path } = outgoing
    assert.ok(performance.now() - began < insistMillisMax, `No answer to ${method} ${path}`)
    await pause()
  }
}

/** Whether an answer is one, and not that there will be one later. */
export function isFinal(answer: Answer | NoAnswer): answer is Answer {
  return typeof answer !== "string" && answer.status !== 503
}

/** Lets a service that does not answer come back. */
export function pause(): Promise<void> {
  return wait(10 + Math.random() * 30)
}

function written({ token, json }: Outgoing): { headers: Record<string, string>; body: string } {
  const body = json === undefined ? "" : JSON.stringify(json)
  const type = json === undefined ? {} : { "Content-Type": "application/json" }
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return { headers: { ...type, ...bearer, "Content-Length": `${Buffer.byteLength(body)}` }, body }
}

/** Of all failures of the world only 503 is answered, and says when to ask again. */
function assertBearable({ statusCode = 0, headers }: IncomingMessage): void {
  if (statusCode < 500) return
  assert.equal(statusCode, 503)
  assert.match(String(headers["retry-after"]), /^\d+$/)
}

function read(incoming: IncomingMessage): Promise<Answer | NoAnswer> {
  return new Promise((resolve, reject) => {
    let text = ""
    incoming.setEncoding("utf8")
    incoming.on("data", (chunk) => {
      text += chunk
    })
    incoming.on("error", () => resolve("lost"))
    incoming.on("end", () => {
      try {
        assertBearable(incoming)
        const body = text === "" ? {} : (JSON.parse(text) as Answer["body"])
        resolve({ status: incoming.statusCode ?? 0, body })
      } catch (error) {
        reject(error)
      }
    })
  })
}
