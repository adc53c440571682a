// The login host's half of a hand-over: it gives a browser that is logged in a ticket for a
// protected host. The other half is the gate's, which takes the ticket at /.postern/in of that host.

import type { Clock } from "../../clock.ts"
import { isLoginRefusal, refusalOf } from "../../domain/access_rule.ts"
import { type Destination, entryPath } from "../../domain/destination.ts"
import type { SessionOfUser } from "../../store/store.ts"
import { randomName } from "../../system/random.ts"
import { ticketSeconds, writeTicket } from "../../token/ticket.ts"
import type { KeyWatch } from "../keys.ts"
import type { CookieSessions } from "./cookie_sessions.ts"

/**
 * What becomes of a hand-over. "again": the host asks for a more recent login, or for one with the
 * user's second factor. "no_factor": it asks for a second factor, and the user has none. "denied":
 * it is not for this user.
 */
type HandOver =
  | { readonly kind: "go"; readonly location: string }
  | { readonly kind: "again" | "no_factor" | "denied" }

/** Hands a login over to a host, for the browser that has this state. */
export type HandOverTo = (
  session: SessionOfUser,
  way: { readonly to: Destination; readonly state: string; readonly attempt: number },
) => HandOver

/** Makes the use case. */
export function createHandOver({
  keys,
  clock,
  cookieSessions,
}: {
  readonly keys: Pick<KeyWatch, "cookieKey">
  readonly clock: Clock
  readonly cookieSessions: Pick<CookieSessions, "principalOf">
}): HandOverTo {
  return (found, { to, state, attempt }) => {
    const { session } = found
    const { host, url: target } = to
    const now = clock.now()
    const principal = cookieSessions.principalOf(found)
    const reason = refusalOf(host.rule, principal)
    if (reason === "missing_factor" && !principal.hasFactor) return { kind: "no_factor" }
    if (reason !== null) return { kind: isLoginRefusal(reason) ? "again" : "denied" }
    const ticket = writeTicket(
      {
        ...{ id: randomName(), sid: session.sid, host: host.name, state, target, attempt },
        expiresAt: now + ticketSeconds,
      },
      keys.cookieKey(),
    )
    return { kind: "go", location: `${host.origin}${entryPath}?t=${ticket}` }
  }
}
