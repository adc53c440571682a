// A user's sessions as they are listed. The last use is rounded to ten minutes. An exact time would
// show a thief when the owner refreshed, and a thief who asks right after that gets the same tokens
// as the owner (domain/session.ts).

import type { Clock } from "../clock.ts"
import { isAlive, listedUse, type Session } from "../domain/session.ts"
import type { Store } from "../store/store.ts"
import type { SessionSettings } from "./session_tokens.ts"

/** What a list shows of a session. Last use and idle end are rounded to ten minutes. */
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

// A total order: the store's order, by exact use, must not show.
function byUse(a: ListedSession, b: ListedSession): number {
  return b.lastUsedAt - a.lastUsedAt || b.startedAt - a.startedAt || (a.sid < b.sid ? -1 : 1)
}
