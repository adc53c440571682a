// A proxy whose faults a test scripts: it forwards requests over TLS to a port, and lets the test
// change what passes, or answer by itself.

import { once } from "node:events"
import { readFileSync } from "node:fs"
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http"
import { createServer } from "node:https"
import type { TestContext } from "node:test"
import type { World } from "./proxied.ts"

/** What a script may change. */
export interface Passing {
  method: string
  target: string
  /** Names and values in turn. */
  headers: string[]
  body: Buffer
  /** The port to forward to. */
  port: number
}

/** An answer on its way out. */
export interface Answering {
  status: number
  headers: string[]
  body: Buffer
}

/** What a proxy does otherwise than a good one. */
export interface Script {
  /** Answers by itself when it gives an answer, or "hang up". */
  readonly request?: (passing: Passing) => Answering | "hang up" | undefined
  readonly answer?: (answering: Answering, passing: Passing) => void
  /** Certificate and key, instead of the world's. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** 127.0.0.1 by default. */
  readonly host?: string
  readonly port?: number
}

/** Starts the proxy, and gives its port. */
export async function startScriptedProxy(
  t: Pick<TestContext, "after">,
  { certificate, key, postern }: World,
  script: Script,
): Promise<number> {
  const files = script.certificate ?? {
    cert: readFileSync(certificate, "utf8"),
    key: readFileSync(key, "utf8"),
  }
  const server = createServer(files, (incoming, outgoing) => {
    pass(incoming, outgoing, { script, port: postern.port }).catch(() => outgoing.destroy())
  })
  server.listen(script.port ?? 0, script.host ?? "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { script, port }: { readonly script: Script; readonly port: number },
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = "", url: target = "", rawHeaders } = incoming
  const names = /^(?:connection|x-forwarded-for)$/i
  const headers = rawHeaders.filter((_, at) => !names.test(rawHeaders[at - (at % 2)] ?? ""))
  const passing = {
    ...{ method, target, port, body: Buffer.concat(chunks) },
    headers: [...headers, "X-Forwarded-For", incoming.socket.remoteAddress ?? ""],
  }
  const own = script.request?.(passing)
  if (own === "hang up") return void incoming.socket.destroy()
  const answering = own ?? (await forward(passing))
  if (own === undefined) script.answer?.(answering, passing)
  outgoing.sendDate = false
  const kept = answering.headers.filter((_, at) => {
    return !/^(?:connection|keep-alive|transfer-encoding|content-length)$/i.test(
      answering.headers[at - (at % 2)] ?? "",
    )
  })
  const hasLength = answering.status !== 204 && method !== "HEAD"
  const length = hasLength ? ["Content-Length", `${answering.body.byteLength}`] : []
  outgoing.writeHead(answering.status, [...kept, ...length] as unknown as IncomingHttpHeaders)
  outgoing.end(answering.body)
}

/** Sends a request on, and gives the answer. */
export function forward({ method, target, headers, body, port }: Passing): Promise<Answering> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path: target,
        headers: headers as unknown as IncomingHttpHeaders,
        setHost: false,
      },
      async (answer) => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve({
          status: answer.statusCode ?? 0,
          headers: [...answer.rawHeaders],
          body: Buffer.concat(chunks),
        })
      },
    )
    asked.on("error", reject)
    asked.end(body)
  })
}
