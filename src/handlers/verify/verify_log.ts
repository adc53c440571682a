// Logs what the operator has to mend when proxies ask in the wrong way. Each mistake is logged
// once, since every request would log it again.

import type { AuthError, RefusalReason } from "../../errors.ts"
import type { RequestHead } from "../../http/message.ts"
import type { OriginalRequest } from "../../http/original_request.ts"
import type { Log } from "../../telemetry/log.ts"

/** The events. */
export interface VerifyLog {
  /** The asker is no trusted proxy. */
  readonly untrusted: (head: Pick<RequestHead, "clientAddress">) => void
  /** The original request can't be read from the headers. */
  readonly unreadable: (error: AuthError) => void
  /** A request was refused. */
  readonly refused: (reason: RefusalReason, original: Pick<OriginalRequest, "host">) => void
}

const untrustedText =
  "This address asks about requests, and is not a trusted proxy: it is refused. If it is your proxy, set POSTERN_TRUSTED_PROXIES to it"
const unlistedText =
  "Requests for this host are refused: no line of POSTERN_PROTECT has it with this port. If it is yours, add a line"
/** Clients can invent hosts. */
const hostsMax = 20

/** Makes the log. It remembers which mistakes it has logged. */
export function createVerifyLog(log: Log): VerifyLog {
  const logged = new Set<string>()
  const hosts = new Set<string>()
  const once = (what: string) => !logged.has(what) && logged.add(what)
  return {
    untrusted({ clientAddress: client }) {
      if (once("untrusted")) log.warn("verify.untrusted", { client, message: untrustedText })
    },
    unreadable({ reason, message }) {
      if (reason !== "forwarded_headers" && reason !== "other_host") return
      // The messages are few: none has anything of the request in it.
      if (once(message)) log.warn("verify.headers", { message: `${message}: see docs/browser.md` })
    },
    refused(reason, { host: { name, port } }) {
      const host = `${name}:${port}`
      if (reason !== "unlisted_host" || hosts.has(host) || hosts.size === hostsMax) return
      hosts.add(host)
      log.warn("verify.unlisted", { host, message: unlistedText })
    },
  }
}
