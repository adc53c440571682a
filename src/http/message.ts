// Requests and replies as plain records. A handler is a function from a request to a reply, and so
// is the whole app. Only http/node/ knows sockets and streams.

import type { RefusalReason } from "../errors.ts"

/** The head of a request. */
export interface RequestHead {
  /** The request's id in the reply, the log and error messages. */
  readonly id: string
  readonly method: string
  /** The path as it was sent, neither decoded nor resolved. */
  readonly path: string
  /** The text after the `?`, as it was sent. Empty without a `?`. */
  readonly query: string
  /** Values by lower-case name. node/head.ts refuses duplicates of headers that must be unique. */
  readonly headers: ReadonlyMap<string, string>
  /** The client's address: the peer's, or the one that a trusted proxy forwards. */
  readonly clientAddress: string
  /** Whether a trusted proxy sent the request. */
  readonly isProxied: boolean
}

/** A request with its body. The body is empty if the route takes none. */
export interface HttpRequest extends RequestHead {
  readonly body: Uint8Array
}

/** A reply. The server adds the headers that every reply has. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The values of `Set-Cookie`, a header each. */
  readonly cookies?: readonly string[]
  /** A page for people: scripts of other origins never read it. */
  readonly isPage?: true
  /** For the access log: why a token was refused, or why a logout ended nothing. */
  readonly reason?: RefusalReason
}

/**
 * Who asks. A proxy asks about a request that it was sent: it passes on the head of that request,
 * may announce its body, and sends no body. nginx is a proxy that takes every refusal but 401 and
 * 403 for a failure of ours.
 */
export type Asker = "client" | "proxy" | "nginx"

/** What finds the route of a request. */
export type RequestStart = Pick<RequestHead, "method" | "path">

/** What answers the requests of a server: the service without its sockets. */
export interface App {
  /** Whether the body of a request with this head is read before `handle` is called. */
  takesBody(head: RequestHead): boolean
  /**
   * Who asks at a path. Null stands for a head whose path could not be read: then the answer is the
   * kind of asker, of all paths, that needs the most care.
   */
  askerAt(start: RequestStart | null): Asker
  /** Answers a request. Never rejects. */
  handle(request: HttpRequest): Promise<Reply>
  /** Adds the CORS headers for an origin to a reply that the server made itself. */
  share(reply: Reply, origin: string | undefined): Reply
}

/** The headers of a JSON reply that caches must not store. */
export const jsonHeaders: Reply["headers"] = Object.freeze({
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "no-store",
})

/** A JSON reply. Caches must not store it, unless `headers` say otherwise. */
export function json(status: number, body: object, headers?: Reply["headers"]): Reply {
  return {
    status,
    headers: headers === undefined ? jsonHeaders : { ...jsonHeaders, ...headers },
    body: jsonText(body),
  }
}

/** The reply of what was done, where nothing is to be said. */
export const noContent: Reply = Object.freeze({
  status: 204,
  headers: Object.freeze({ "Cache-Control": "no-store" }),
  body: "",
})

/** JSON as the body of a reply. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value)}\n`
}
