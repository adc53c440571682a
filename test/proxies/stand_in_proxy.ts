// What stand-ins for proxies have in common: they listen, ask Postern, and pass requests on to
// apps, over plain HTTP. What a proxy does to a request is a function of its own.

import { createServer, type IncomingMessage, request } from "node:http"
import type { TestContext } from "node:test"
import { askSite, type ProtectedSite } from "../support/protected_site.ts"
import { type AppRequest, listen, startApp } from "../support/told_app.ts"

/** Headers by lower-case name. */
export type Headers = Map<string, readonly string[]>

/** A request as the client sent it. Its headers can be changed for the app. */
export interface ProxiedRequest {
  readonly method: string
  readonly target: string
  readonly headers: Headers
  readonly clientAddress: string
}

/** A question to Postern. */
export interface Question {
  readonly method: string
  readonly path: string
  readonly headers: Headers
}

/** An answer to the client, or of Postern. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** What a proxy does: it changes the headers and gives null, or answers by itself. */
export type Judge = (
  proxied: ProxiedRequest,
  ask: (question: Question) => Promise<Answer | null>,
) => Promise<Answer | null>

/** What a stand-in works with. */
export interface StandInParts {
  readonly posternPort: number
  /** By host. The login host has none: its requests go to Postern, and nobody is asked. */
  readonly judges: Readonly<Record<string, { readonly app: string; readonly judge: Judge }>>
}

/** Starts a stand-in with its apps. */
export async function startStandInProxy(
  t: TestContext,
  { posternPort, judges }: StandInParts,
): Promise<ProtectedSite> {
  const reached: AppRequest[] = []
  const ports = new Map<string, number>()
  for (const { app } of Object.values(judges)) ports.set(app, await startApp(t, app, reached))
  const askPostern = (question: Question) => send(posternPort, question)
  const server = createServer({ maxHeaderSize: 65_536 }, async (message, reply) => {
    const { method = "", url: target = "" } = message
    const headers = headersOf(message)
    const clientAddress = message.socket.remoteAddress ?? ""
    const proxied = { method, target, headers, clientAddress }
    const judged = judges[message.headers.host ?? ""]
    const own = (await judged?.judge(proxied, askPostern)) ?? null
    const body = await bodyOf(message)
    const port = judged === undefined ? posternPort : (ports.get(judged.app) ?? 0)
    const sent = { method, path: target, headers: proxied.headers, body }
    const answer = own ?? (await send(port, sent)) ?? badGateway()
    answer.headers.delete("transfer-encoding")
    for (const [name, values] of answer.headers) reply.setHeader(name, [...values])
    reply.writeHead(answer.status)
    reply.end(answer.body)
  })
  const port = await listen(t, server)
  return {
    ...{ port, reached },
    ask: (asked) => askSite(port, { ...asked, tls: false }),
    exchange: () => Promise.reject(new TypeError("Stand-ins take no raw bytes")),
  }
}

function badGateway(): Answer {
  return { status: 502, headers: new Map(), body: "" }
}

/** Null when nobody answers. */
function send(
  port: number,
  { method, path, headers, body = "" }: Question & { readonly body?: string },
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const sent = request({
      ...{ port, host: "127.0.0.1", method, path, agent: false },
      headers: Object.fromEntries(
        [...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : [...values]]),
      ),
    })
    sent.once("error", () => resolve(null))
    sent.once("response", async (reply) => {
      resolve({
        status: reply.statusCode ?? 0,
        headers: headersOf(reply),
        body: await bodyOf(reply),
      })
    })
    sent.end(body)
  })
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers: Headers = new Map()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[at + 1] ?? ""])
  }
  return headers
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  let body = ""
  for await (const chunk of message) body += chunk
  return body
}
