// The operator's commands whose answer is as long as the store: a backup, the sessions, the users
// with their hashes. compose.ts loads this file when one of them is called.

import type { Clock } from "../clock.ts"
import { isEnrolled } from "../domain/factors.ts"
import { isAlive, type Session } from "../domain/session.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import type { User } from "../domain/user.ts"
import { canonicalUsername } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { BackupOrigin, Counts } from "../store/copying.ts"
import type { Store } from "../store/store.ts"
import { programVersion } from "../system/program_version.ts"
import type { Audit } from "../telemetry/audit.ts"
import { unknownUser } from "./create_user.ts"
import { writeImportedUser } from "./imported_user.ts"

/** An answer: what it says first, and its pieces. */
interface GivenAnswer {
  readonly value: unknown
  readonly pieces: AsyncIterable<Uint8Array>
}

/** The commands. */
export interface LongAnswers {
  /**
   * A backup of all that the store has now. The value is a `BackupSummary`.
   * @throws AuthError `invalid_request` over a database
   */
  backup(): Promise<GivenAnswer>
  /**
   * The sessions that are alive, an `OperatorSession` as JSON on each line: those of a user, the
   * last used first, or for null all, in the order in which they started.
   * @throws AuthError `not_found` for an unknown user
   */
  listSessions(username: string | null): Promise<GivenAnswer>
  /** All users with their password hashes, an `ExportedUser` as JSON on each line. */
  exportUsers(): Promise<GivenAnswer>
}

/** What a backup holds. */
export interface BackupSummary extends BackupOrigin {
  readonly counts: Counts
  readonly hasKeys: boolean
}

/**
 * What the operator sees of a session: exactly when it was used, unlike its user, since the
 * operator can also read the store.
 */
export type OperatorSession = Pick<
  Session,
  | ("sid" | "username" | "startedAt" | "lastUsedAt" | "idleExpiresAt" | "expiresAt")
  | ("address" | "userAgent" | "amr")
>

/** A line of an export. */
export interface ExportedUser {
  readonly user: JsonObject
  /** Whether the user has second factors, which are not exported. */
  readonly hasFactors: boolean
}

/** Makes the commands. */
export function createLongAnswers({
  store,
  clock,
  audit,
}: {
  readonly store: Store
  readonly clock: Clock
  readonly audit: Audit
}): LongAnswers {
  return {
    async backup() {
      const origin = { postern: programVersion, madeAt: clock.now() }
      const given = await store.backup(origin)
      if (given === null) {
        const message = "The store is in a database, which pg_dump backs up"
        throw new AuthError("invalid_request", message)
      }
      // A reader of a backup has all keys and hashes.
      audit("store.backed_up", {})
      const { counts, hasKeys, chunks } = given
      return { value: { ...origin, counts, hasKeys } satisfies BackupSummary, pieces: chunks }
    },

    async listSessions(typed) {
      const now = clock.now()
      const slices = typed === null ? store.sessions.slices() : [await sessionsOf(typed, store)]
      const alive = (session: Session) => isAlive(session, now)
      return linesOf(slices, (slice) => slice.filter(alive).map(shownOf))
    },

    exportUsers: async () => linesOf(store.users.slices(), (slice) => slice.map(exportedUser)),
  }
}

async function sessionsOf(typed: string, store: Store): Promise<readonly Session[]> {
  const username = canonicalUsername(typed) ?? ""
  if ((await store.users.find(username)) === null) throw unknownUser(username)
  return store.sessions.list(username)
}

/** An answer with JSON on each line. */
function linesOf<T>(
  slices: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  shown: (slice: readonly T[]) => readonly object[],
): GivenAnswer {
  async function* pieces() {
    for await (const slice of slices) {
      yield Buffer.from(
        shown(slice)
          .map((one) => `${JSON.stringify(one)}\n`)
          .join(""),
      )
    }
  }
  return { value: null, pieces: pieces() }
}

function shownOf(session: Session): OperatorSession {
  const { sid, username, startedAt, lastUsedAt, idleExpiresAt, expiresAt } = session
  const { address, userAgent, amr } = session
  return {
    ...{ sid, username, startedAt, lastUsedAt, idleExpiresAt, expiresAt },
    ...{ address, userAgent, amr },
  }
}

function exportedUser(user: User): ExportedUser {
  return { user: writeImportedUser(user), hasFactors: isEnrolled(user.factors) }
}
