// A user's sessions as they are listed. The list shows last use in steps of ten minutes. An exact
// time would tell a thief when the owner used the refresh token (domain/session.ts): a thief who
// asks right after the owner gets the same successor.

import type { Clock } from "../clock.ts"
import { isAlive, listedUse, type Session } from "../domain/session.ts"
import type { Store } from "../store/store.ts"
import type { SessionSettings } from "./session_tokens.ts"

/** What a list tells of a session. Last use and idle end are in steps of ten minutes. */
export type ListedSession = Pick<
  Session,
  "sid" | "startedAt" | "lastUsedAt" | "idleExpiresAt" | "expiresAt" | "address" | "userAgent"
>

/** The sessions of a user that are alive, ordered by the last use that is shown. */
export async function listSessions(
  username: string,
  {
    store,
    clock,
    settings,
  }: { readonly store: Store; readonly clock: Clock; readonly settings: SessionSettings },
): Promise<readonly ListedSession[]> {
  const now = clock.now()
  const sessions = await store.sessions.list(username)
  return sessions
    .filter((session) => isAlive(session, now))
    .map((session) => {
      const { sid, startedAt, expiresAt } = session
      const { at: lastUsedAt, address, userAgent } = listedUse(session, now)
      // Not the record's own idle end, which shows the second of the last use.
      const idleExpiresAt = Math.min(lastUsedAt + settings.idleSeconds, expiresAt)
      return { sid, startedAt, lastUsedAt, idleExpiresAt, expiresAt, address, userAgent }
    })
    .sort(byUse)
}

// A total order, so that the store's order, by the second, does not show.
function byUse(a: ListedSession, b: ListedSession): number {
  return b.lastUsedAt - a.lastUsedAt || b.startedAt - a.startedAt || (a.sid < b.sid ? -1 : 1)
}
