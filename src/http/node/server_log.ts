// What the HTTP server logs by itself: refused requests, and proxies that the settings do not name.

import type { Log } from "../../telemetry/log.ts"
import type { ForwardedHeader, Forwarding } from "../client_address.ts"
import type { RequestHead } from "../message.ts"
import type { ConnectionsBound, HttpLimits } from "./limits.ts"
import type { Refusal, RequestRefusalReason } from "./refusals.ts"

/** Where the server's events go. */
export interface ServerLog {
  readonly refused: (request: Pick<RequestHead, "id" | "clientAddress">, refusal: Refusal) => void
  /** A peer sends a forwarding header that is ignored. */
  readonly forwarded: (from: Forwarding, unread: ForwardedHeader) => void
  /** A client was cut, because it reads too slowly. */
  readonly cut: (client: string) => void
  /** Nearly all connections are in use. */
  readonly full: (counts: {
    /** Idle connections closed for new ones. */
    readonly closed: number
    /** New connections that were refused. */
    readonly refused: number
    readonly limits: Pick<HttpLimits, "connectionsMax" | "connectionsBound">
  }) => void
  readonly failed: (reason: string, request?: string) => void
}

function untrustedText({ header }: Forwarding, unread: ForwardedHeader): string {
  const also = unread === header ? "" : `, and POSTERN_FORWARDED_HEADER to ${unread}`
  return `This address sends ${unread}, which is ignored, since it is not a trusted proxy. If it is your proxy, set POSTERN_TRUSTED_PROXIES to it${also}: until then all its clients count as one`
}

function otherHeaderText({ header }: Forwarding, unread: ForwardedHeader): string {
  return `This proxy sends ${unread} and no ${header}. If it writes ${unread}, set POSTERN_FORWARDED_HEADER to that: until then all its clients count as one`
}

/** What an operator should do when another protocol than HTTP/1.1 arrives. */
const protocolHints: Readonly<Partial<Record<RequestRefusalReason, string>>> = {
  proxy_protocol:
    "This address sends the PROXY protocol, which Postern does not support. If it is your proxy, switch that off there (nginx: proxy_protocol off; HAProxy: no send-proxy) and let it send X-Forwarded-For",
  http2:
    "This address speaks HTTP/2 to this port, which takes HTTP/1.1 only. If it is your proxy, set its upstream to HTTP/1.1",
  tls: "This address speaks TLS to this port, which takes plain HTTP. If it is your proxy, set its upstream to http://; clients connect to the proxy, which ends TLS",
}

const crowded =
  "Nearly all connections are in use: idle ones are closed, and new ones may be refused. "

/** What an operator can do about too few connections. */
const remedies: Readonly<Record<ConnectionsBound, string>> = {
  service: "Let a proxy in front limit connections by client",
  memory: "Give the process, its container or its heap more memory",
  open_files:
    "Raise the limit of open files (ulimit -n, systemd's LimitNOFILE, Docker's --ulimit nofile)",
}

/** Makes the server's log. */
export function createServerLog(log: Log): ServerLog {
  const logged = new Set<string>()
  return {
    refused({ id, clientAddress }, { reason, reply: { status } }) {
      log.info("request.refused", { request: id, client: clientAddress, status, reason })
      const message = protocolHints[reason]
      // Once for each protocol, since anybody can send such bytes.
      if (message === undefined || logged.has(reason)) return
      logged.add(reason)
      log.warn("protocol.unexpected", { client: clientAddress, protocol: reason, message })
    },
    forwarded(from, unread) {
      const { address: client, isTrusted } = from.peer
      const event = isTrusted ? "proxy.other_header" : "proxy.untrusted"
      // Once, since anybody can send such headers.
      if (logged.has(event)) return
      logged.add(event)
      const message = (isTrusted ? otherHeaderText : untrustedText)(from, unread)
      log.warn(event, { client, header: unread, message })
    },
    cut(client) {
      log.info("connection.cut", { client })
    },
    full({ closed, refused, limits: { connectionsMax, connectionsBound } }) {
      const message = `${crowded}${remedies[connectionsBound]}`
      log.warn("connections.full", {
        ...{ closed, refused, most: connectionsMax, bound: connectionsBound, message },
      })
    },
    failed(reason, request) {
      log.error("server.failed", { request, reason })
    },
  }
}
