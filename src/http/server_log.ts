// What the server itself has to log: requests that no handler saw, and proxies that nobody named.

import type { Log } from "../log.ts"
import type { Peer } from "./client_address.ts"
import type { Reply, RequestHead } from "./message.ts"

/** Where the server's events go. */
export interface ServerLog {
  readonly refused: (request: Pick<RequestHead, "id" | "clientAddress">, reply: Reply) => void
  /** A peer that is no trusted proxy asks for somebody else. */
  readonly forwarded: (peer: Peer) => void
  /** A client that reads too slowly for what it asks. */
  readonly cut: (client: string) => void
  readonly failed: (reason: string, request?: string) => void
}

const untrusted =
  "This address says for whom it asks and is not believed. If it is your proxy, set POSTERN_TRUSTED_PROXIES to it: until then all its clients count as one"

/** Makes the server's log. */
export function createServerLog(log: Log): ServerLog {
  let hasForwarded = false
  return {
    refused({ id, clientAddress }, { status }) {
      log.info("request.refused", { request: id, client: clientAddress, status })
    },
    forwarded({ address }) {
      // Once, as anybody can send such headers.
      if (hasForwarded) return
      hasForwarded = true
      log.warn("proxy.untrusted", { client: address, message: untrusted })
    },
    cut(client) {
      log.info("connection.cut", { client })
    },
    failed(reason, request) {
      log.error("server.failed", { request, reason })
    },
  }
}
