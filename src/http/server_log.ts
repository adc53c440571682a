// What the server itself has to log: requests that no handler saw, and proxies that nobody named.

import type { Log } from "../log.ts"
import type { ForwardedHeader, Forwarding } from "./client_address.ts"
import type { Reply, RequestHead } from "./message.ts"

/** Where the server's events go. */
export interface ServerLog {
  readonly refused: (request: Pick<RequestHead, "id" | "clientAddress">, reply: Reply) => void
  /** A peer says for whom it asks, in a header that is not read of it. */
  readonly forwarded: (from: Forwarding, unread: ForwardedHeader) => void
  /** A client that reads too slowly for what it asks. */
  readonly cut: (client: string) => void
  readonly failed: (reason: string, request?: string) => void
}

function untrustedText({ header }: Forwarding, unread: ForwardedHeader): string {
  const also = unread === header ? "" : `, and POSTERN_FORWARDED_HEADER to ${unread}`
  return `This address says in ${unread} for whom it asks and is not believed. If it is your proxy, set POSTERN_TRUSTED_PROXIES to it${also}: until then all its clients count as one`
}

function otherHeaderText({ header }: Forwarding, unread: ForwardedHeader): string {
  return `This proxy sends ${unread} and no ${header}. If it writes ${unread}, set POSTERN_FORWARDED_HEADER to that: until then all its clients count as one`
}

/** Makes the server's log. */
export function createServerLog(log: Log): ServerLog {
  const told = new Set<string>()
  return {
    refused({ id, clientAddress }, { status }) {
      log.info("request.refused", { request: id, client: clientAddress, status })
    },
    forwarded(from, unread) {
      const { address: client, isTrusted } = from.peer
      const event = isTrusted ? "proxy.other_header" : "proxy.untrusted"
      // Once, as anybody can send such headers.
      if (told.has(event)) return
      told.add(event)
      const message = (isTrusted ? otherHeaderText : untrustedText)(from, unread)
      log.warn(event, { client, header: unread, message })
    },
    cut(client) {
      log.info("connection.cut", { client })
    },
    failed(reason, request) {
      log.error("server.failed", { request, reason })
    },
  }
}
