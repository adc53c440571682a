// The operator's list of sessions, of one user or of all. Unlike the list that users see, it tells
// exactly when a session was used: whoever can ask can also read the store.

import { isAlive, type Session } from "../domain/session.ts"
import { canonicalUsername, quotedName } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { GivenAnswer, LongAnswerParts } from "./given_answer.ts"

/** What the operator sees of a session. */
export type OperatorSession = Pick<
  Session,
  | ("sid" | "username" | "startedAt" | "lastUsedAt" | "idleExpiresAt" | "expiresAt")
  | ("address" | "userAgent" | "amr")
>

/**
 * The sessions that are alive, a JSON object on each line: those of a user, the last used first, or
 * all, in the order in which they started.
 * @throws AuthError `not_found` for an unknown user
 */
export async function openSessionList(
  typed: string | null,
  { store, clock }: Pick<LongAnswerParts, "store" | "clock">,
): Promise<GivenAnswer> {
  const now = clock.now()
  const slices = typed === null ? store.sessions.slices() : await ofUser(typed, store)
  async function* pieces(): AsyncIterable<Uint8Array> {
    for await (const slice of slices) {
      const alive = slice.filter((session) => isAlive(session, now))
      yield Buffer.from(alive.map((session) => `${JSON.stringify(shownOf(session))}\n`).join(""))
    }
  }
  return { value: null, pieces: pieces() }
}

async function ofUser(
  typed: string,
  store: LongAnswerParts["store"],
): Promise<readonly (readonly Session[])[]> {
  const username = canonicalUsername(typed) ?? ""
  if ((await store.users.find(username)) === null) {
    throw new AuthError("not_found", `There is no user ${quotedName(username)}`)
  }
  return [await store.sessions.list(username)]
}

function shownOf(session: Session): OperatorSession {
  const { sid, username, startedAt, lastUsedAt, idleExpiresAt, expiresAt } = session
  const { address, userAgent, amr } = session
  return {
    ...{ sid, username, startedAt, lastUsedAt, idleExpiresAt, expiresAt },
    ...{ address, userAgent, amr },
  }
}
