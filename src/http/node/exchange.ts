// A request with its answer, and what its server does with it.

import type * as http from "node:http"
import type { Network } from "../../domain/ip_address.ts"
import type { Log } from "../../telemetry/log.ts"
import type { ForwardedHeader } from "../client_address.ts"
import type { HttpRequest, Reply, RequestHead } from "../message.ts"
import type { Connection } from "./connection.ts"
import type { HttpLimits } from "./limits.ts"
import type { HeaderOptions } from "./reply_head.ts"

type KeepAliveNames = "keepAliveMillis" | "proxyKeepAliveMillis"

/** What becomes of requests. */
export interface ExchangeOptions extends Omit<HeaderOptions, KeepAliveNames> {
  /** Whether the body of a request with this head is read before `handle` is called. */
  readonly takesBody: (head: RequestHead) => boolean
  /** Answers a request. Never rejects. */
  readonly handle: (request: HttpRequest) => Promise<Reply>
  /** The reply as scripts of an origin may read it. */
  readonly share: (reply: Reply, origin: string | undefined) => Reply
  /** Whose word on who asks is taken. */
  readonly trustedProxies: readonly Network[]
  /** The header in which they say it. */
  readonly forwardedHeader: ForwardedHeader
  readonly log: Log
  readonly limits: HttpLimits
}

/** A request with its answer, in Node's two halves. */
export interface Exchange {
  readonly incoming: http.IncomingMessage
  readonly outgoing: http.ServerResponse
  readonly id: string
  readonly connection: Connection
  /** Which one of its connection's requests this is, from 1. */
  readonly number: number
  /** The peer's address until the head is read. */
  clientAddress: string
  /** Bytes held for it until it is answered. */
  held: number
  /** Bytes held for its answer until that is taken. */
  unread: number
  /** Whether the system has its answer, or its client has gone. */
  isSettled: boolean
}
