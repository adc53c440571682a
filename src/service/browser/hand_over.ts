// The login host's half of a hand-over: it gives a browser that is logged in a ticket for a
// protected host. The other half is the gate's, which takes the ticket at /.postern/in of that host.

import type { Clock } from "../../clock.ts"
import { refusalOf } from "../../domain/access_rule.ts"
import { type Destination, entryPath } from "../../domain/destination.ts"
import type { SessionOfUser } from "../../store/store.ts"
import { randomName } from "../../system/random.ts"
import { ticketSeconds, writeTicket } from "../../token/ticket.ts"

/**
 * What becomes of a hand-over. "again": the host asks for a more recent login. "denied": the host
 * is not for this user.
 */
export type HandOver =
  | { readonly kind: "go"; readonly location: string }
  | { readonly kind: "again" | "denied" }

/** Hands a login over to a host, for the browser that has this state. */
export type HandOverTo = (
  session: SessionOfUser,
  way: { readonly to: Destination; readonly state: string; readonly attempt: number },
) => HandOver

/** Makes the use case. */
export function createHandOver({
  cookieKey,
  clock,
}: {
  readonly cookieKey: () => Uint8Array
  readonly clock: Clock
}): HandOverTo {
  return ({ session, user }, { to, state, attempt }) => {
    const { host, url: target } = to
    const now = clock.now()
    const reason = refusalOf(host.rule, user, now - session.startedAt)
    if (reason !== null) return { kind: reason === "not_fresh" ? "again" : "denied" }
    const ticket = writeTicket(
      {
        ...{ id: randomName(), sid: session.sid, host: host.name, state, target, attempt },
        expiresAt: now + ticketSeconds,
      },
      cookieKey(),
    )
    return { kind: "go", location: `${host.origin}${entryPath}?t=${ticket}` }
  }
}
