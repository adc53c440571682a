// Requests and replies as plain records. Handlers, and the whole app, are functions from one to the
// other; only server.ts knows sockets and streams.

import type { RefusalReason } from "../errors.ts"

/** A request before its body is there. */
export interface RequestHead {
  /** Names this request in the reply, the log and error messages. */
  readonly id: string
  readonly method: string
  /** The path as it was sent: nothing decoded, nothing resolved. */
  readonly path: string
  /** What follows the `?`, as it was sent; empty without one. */
  readonly query: string
  /** By lower-case name. Headers that may stand only once stand once. */
  readonly headers: ReadonlyMap<string, string>
  /** The client's: of the socket's other end, or whom a trusted proxy there asks for. */
  readonly clientAddress: string
}

/** A request, read whole. */
export interface HttpRequest extends RequestHead {
  readonly body: Uint8Array
}

/** A reply. Headers that every reply has are added by server.ts. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Why a token was refused, or ended nothing: app.ts moves that into the access log. */
  readonly reason?: RefusalReason
}

/** The headers of JSON that nobody stores. */
export const jsonHeaders: Reply["headers"] = Object.freeze({
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "no-store",
})

/** A JSON reply, which nobody stores unless `headers` say otherwise. */
export function json(status: number, body: object, headers?: Reply["headers"]): Reply {
  return {
    status,
    headers: headers === undefined ? jsonHeaders : { ...jsonHeaders, ...headers },
    body: jsonText(body),
  }
}

/** JSON as the body of a reply. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value)}\n`
}
