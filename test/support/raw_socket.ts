// A client that sends bytes as it is told, valid or not, and tells what came back; and the real
// server in this process for it to talk to.

import assert from "node:assert/strict"
import { connect, type Socket } from "node:net"
import type { TestContext } from "node:test"
import { systemClock } from "../../src/clock.ts"
import type { App, Reply } from "../../src/http/message.ts"
import { type HttpLimits, httpLimits } from "../../src/http/node/limits.ts"
import { type HttpServer, listen, type ServerOptions } from "../../src/http/node/server.ts"
import { type CollectedLog, createCollectedLog } from "./collected_log.ts"

/** A reply as it was on the wire. */
export interface WireReply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** What came of a connection. */
export interface Conversation {
  readonly replies: readonly WireReply[]
  /** Whether the server closed: in order, by a reset, or not within the time given. */
  readonly ended: "closed" | "reset" | "open"
}

/** What to send: text or bytes, a number of milliseconds to wait, FIN, or RST. */
export type Step = string | Uint8Array | number | "fin" | "rst"

/** How long to go on listening, when the server does not close. */
export interface Patience {
  /** How many replies to wait for; after the last, a moment longer for one too many. */
  readonly replies?: number
  /** How long at most. */
  readonly millisMax?: number
  /** Whether replies may have no body, being to HEAD. */
  readonly head?: boolean
}

/** What a server has beside what answers requests, where that is no whole app. */
const bareApp = {
  takesBody: () => true,
  askerAt: () => "client" as const,
  share: (reply: Reply) => reply,
}

/** A server in this process. */
export interface TestServer {
  readonly port: number
  readonly drain: HttpServer["drain"]
  readonly log: CollectedLog
}

/** Short times, so that tests need not wait; sizes as they are. */
export const shortLimits: HttpLimits = { ...httpLimits, lingerMillisMax: 30 }

/** What a test may choose. */
export type TestServerOptions = Partial<Omit<ServerOptions, "limits" | "log">> & {
  readonly limits?: Partial<HttpLimits>
  /** Kept with those of the app, where that has one. */
  readonly log?: CollectedLog
  /** A name or address, 127.0.0.1 by default. */
  readonly host?: string
}

/**
 * Listens with the real server and a whole app, or just what answers requests. Drained when the
 * test ends.
 */
export async function startTestServer(
  t: Pick<TestContext, "after">,
  app: App | App["handle"],
  { limits, log = createCollectedLog(), host = "127.0.0.1", ...options }: TestServerOptions = {},
): Promise<TestServer> {
  const { port, drain } = await listen(
    { host, port: 0 },
    {
      ...(typeof app === "function" ? { ...bareApp, handle: app } : app),
      strictTransport: true,
      includeSubdomains: false,
      variesByOrigin: false,
      trustedProxies: [],
      forwardedHeader: "X-Forwarded-For",
      clock: systemClock,
      ...options,
      log: log.log,
      limits: { ...shortLimits, ...limits },
    },
  )
  t.after(() => drain(0))
  return { port, drain, log }
}

/** Sends the steps on one connection and gives what came back, until the server closes. */
export function converse(
  port: number,
  steps: readonly Step[],
  { replies: awaited = 1, millisMax = 8000, head = false }: Patience = {},
): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    let text = ""
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    const finish = (ended: Conversation["ended"]) => {
      clearTimeout(timer)
      clearTimeout(quiet)
      socket.destroy()
      try {
        resolve({ replies: readReplies(text, head), ended })
      } catch (error) {
        reject(error)
      }
    }
    const timer = setTimeout(() => finish("open"), millisMax)
    let quiet: NodeJS.Timeout | undefined
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk
      clearTimeout(quiet)
      // Who says that it closes, or was told that nothing more comes, is waited for.
      if (steps.at(-1) === "fin" || text.includes("\r\nConnection: close\r\n")) return
      if (text.split("HTTP/1.1 ").length > awaited) quiet = setTimeout(() => finish("open"), 80)
    })
    socket.on("end", () => finish("closed"))
    socket.on("error", () => finish("reset"))
    // After a reset of our own there is no end.
    socket.on("close", () => finish("reset"))
    send(socket, steps).catch(reject)
  })
}

async function send(socket: Socket, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (typeof step === "number") await new Promise((resolve) => setTimeout(resolve, step))
    else if (step === "fin") socket.end()
    else if (step === "rst") socket.resetAndDestroy()
    else if (socket.writable) socket.write(step)
  }
}

/** Replies one after the other; fails when what is there is anything else. */
export function readReplies(text: string, head = false): readonly WireReply[] {
  const replies: WireReply[] = []
  for (let rest = text; rest !== ""; ) {
    const end = rest.indexOf("\r\n\r\n")
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n")
    const status = /^HTTP\/1\.1 (\d{3}) [\w' -]+$/.exec(statusLine)?.[1]
    assert.ok(end > 0 && status !== undefined, `This is no reply: ${rest.slice(0, 200)}`)
    const headers = new Map(
      lines.map((line) => {
        const [name = "", value = ""] = line.split(/: ?(.*)/s)
        return [name.toLowerCase(), value]
      }),
    )
    assert.equal(headers.size, lines.length, `A header stands twice: ${lines.join("|")}`)
    // What was refused before its method was known has a body, to whatever method it was.
    const unsent = head && rest[end + 4] !== "{"
    const bodyless = unsent || status === "100" || status === "204" || status === "304"
    const length = bodyless ? 0 : Number(headers.get("content-length"))
    const body = rest.slice(end + 4, end + 4 + length)
    assert.equal(body.length, length, `The reply is cut: ${rest.slice(0, 300)}`)
    replies.push({ status: Number(status), headers, body })
    rest = rest.slice(end + 4 + length)
  }
  return replies
}

/** The one reply that came, with this status and what every reply has. */
export function onlyReply(replies: readonly WireReply[], status: number): WireReply {
  assert.deepEqual(
    replies.map((reply) => reply.status),
    [status],
  )
  const [reply] = replies
  assert.ok(reply)
  checkEveryReply(reply)
  return reply
}

/** Fails unless a reply has what all have (H-14) and tells nothing more. */
export function checkEveryReply({ status, headers, body }: WireReply, head = false): void {
  assert.equal(headers.get("x-content-type-options"), "nosniff")
  assert.equal(
    headers.get("content-security-policy"),
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  )
  assert.equal(headers.get("referrer-policy"), "no-referrer")
  assert.equal(headers.get("cross-origin-resource-policy"), "same-origin")
  assert.equal(headers.get("strict-transport-security"), "max-age=31536000")
  assert.match(headers.get("x-request-id") ?? "", /^[\w-]{10,}$/)
  for (const name of ["server", "x-powered-by", "upgrade"]) assert.ok(!headers.has(name), name)
  if (status < 400) return
  assert.equal(headers.get("content-type"), "application/json; charset=utf-8")
  assert.equal(headers.get("cache-control"), "no-store")
  if (head) return
  const members = JSON.parse(body)
  assert.deepEqual(Object.keys(members), ["error", "msg"])
  assert.match(members.error, /^[a-z_]+$/)
  assert.match(members.msg, /^[ -~]{4,}$/)
}
