// A session, the life of one login, and the rules by which it may go on. Pure: engines of the store
// decide by them, on the state right before a change.

/** The life of one login. Instants are epoch seconds. */
export interface Session {
  /** Names it in tokens; 128 random bits as base64url. */
  readonly sid: string
  readonly username: string
  /** When the password was checked. */
  readonly startedAt: number
  /** When a refresh token was last given: at the login, then at each rotation. */
  readonly lastUsedAt: number
  /** When it ends unless it is used; never after `expiresAt`. */
  readonly idleExpiresAt: number
  /** When it ends in any case. */
  readonly expiresAt: number
  /** How often its refresh token was rotated: the number of the current one. */
  readonly rotations: number
  /** Address and user agent of its last use, for the user to recognise it by. */
  readonly address: string
  readonly userAgent: string
}

/** How long a session lasts. */
export interface SessionLife {
  readonly idleSeconds: number
  readonly maxAgeSeconds: number
}

/** What a refresh token is to its session. */
export type Presented = "current" | "parent" | "reused" | "expired" | "ahead"

/**
 * A session that seems to start later than this from now tells that the clock is, or was, wrong. It
 * can't be used, or it would live for as long as the clock had been ahead; nor has it ended, since
 * it may be now that the clock is behind.
 */
const clockStepSecondsMax = 2 * 86_400

/** Whether a session goes on at an instant. */
export function isAlive(session: Session, now: number): boolean {
  return now < session.idleExpiresAt && !isAhead(session, now)
}

function isAhead({ startedAt }: Session, now: number): boolean {
  return startedAt > now + clockStepSecondsMax
}

/** When a session that started and is used at these instants ends; never after `endsBy`. */
export function expiryOf(
  times: { readonly startedAt: number; readonly usedAt: number; readonly endsBy?: number },
  { idleSeconds, maxAgeSeconds }: SessionLife,
): Pick<Session, "idleExpiresAt" | "expiresAt"> {
  const { startedAt, usedAt, endsBy = Number.POSITIVE_INFINITY } = times
  // By the clock of now, too: one that was ahead at the start gives no longer life.
  const expiresAt = Math.min(Math.min(startedAt, usedAt) + maxAgeSeconds, endsBy)
  return { expiresAt, idleExpiresAt: Math.min(usedAt + idleSeconds, expiresAt) }
}

/**
 * Judges the refresh token of a number (RFC 9700 §4.14.2). The parent of the current one is good
 * for a short time after the rotation: its answer may have been lost, or two tabs sent it at once.
 * Anything older was used before, so one of its two users stole it.
 * @param sinceRotation in seconds, where it was measured; else it is reckoned by the clock, and one
 *   that was set in between, in either direction, does not stretch that time
 */
export function judge(
  session: Session,
  presented: number,
  {
    now,
    graceSeconds,
    sinceRotation = Math.abs(now - session.lastUsedAt),
  }: {
    readonly now: number
    readonly graceSeconds: number
    readonly sinceRotation?: number | undefined
  },
): Presented {
  if (now >= session.idleExpiresAt) return "expired"
  if (isAhead(session, now)) return "ahead"
  if (presented === session.rotations) return "current"
  const isParent = presented === session.rotations - 1
  return isParent && graceSeconds > 0 && sinceRotation <= graceSeconds ? "parent" : "reused"
}
