// A stand-in for Postern, which answers proxies as a test wants: also in ways that Postern itself
// does not, such as with 500, or never.

import { createServer, type IncomingHttpHeaders } from "node:http"
import type { TestContext } from "node:test"
import { listen } from "./told_app.ts"

/** What a proxy asked. */
export interface ProxyQuestion {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What to answer; null is never. */
export type ProxyAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
} | null

/** Says that alice asks. */
export const allowing: ProxyAnswer = {
  status: 200,
  headers: {
    ...{ "Remote-User": "alice", "Remote-Groups": "", "Remote-Name": "", "Remote-Email": "" },
    "X-Postern-Token": "a.b.c",
  },
}

/** The stand-in. */
export interface StandInPostern {
  readonly port: number
  readonly asked: ProxyQuestion[]
  answer: ProxyAnswer
}

/** Starts it; it allows everything until told otherwise. */
export async function startStandIn(t: Pick<TestContext, "after">): Promise<StandInPostern> {
  const asked: ProxyQuestion[] = []
  const server = createServer((message, reply) => {
    const { method = "", url: path = "", headers } = message
    asked.push({ method, path, headers })
    if (standIn.answer === null) return
    const { status, headers: sent = {}, body = "" } = standIn.answer
    reply.writeHead(status, sent).end(body)
  })
  const port = await listen(t, server)
  const standIn: StandInPostern = { port, asked, answer: allowing }
  return standIn
}
