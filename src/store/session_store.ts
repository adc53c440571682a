// The part of the store that keeps sessions, and what was revoked. What store.ts promises of every
// method holds here, too.

import type { FactorChange } from "../domain/factor_change.ts"
import type { Client, Moment, Session, SessionLife, Use } from "../domain/session.ts"
import type { User } from "../domain/user.ts"
import type { RevokedToken } from "./records.ts"

/** The sessions, and the tokens without a session that were revoked. */
export interface SessionStore {
  /** The session of this sid with its user, or null. The session may have expired. */
  find(sid: string): Promise<SessionOfUser | null>

  /** The number of sessions that are alive at an instant (domain/session.ts). */
  count(now: number): Promise<number>

  /** All sessions of a user, the last used first. They may have expired. */
  list(username: string): Promise<readonly Session[]>

  /**
   * All sessions, in slices, in the order in which they started. They may have expired. Those that
   * start or end meanwhile may be among them, or not.
   */
  slices(): AsyncIterable<readonly Session[]>

  /**
   * About when a session was last used: at most ten seconds before the latest use. Null when there
   * was none. Sessions that have ended may count, or not.
   */
  lastUse(): Promise<number | null>

  /**
   * Starts a session. A user keeps at most `sessionsMax`: expired ones end first, then the oldest.
   * Null, and nothing changes, when the user is missing, disabled or has another hash than
   * `ifPasswordHash`, when the sid exists, when the token that the session `replaces` is revoked or
   * older than the user's `tokensNotBefore`, when `factors` does not apply, or when the user has no
   * session `predecessor` that is alive.
   */
  start(session: Session, options: StartOptions): Promise<StartedSession | null>

  /** Uses a refresh token, as domain/session.ts judges it. */
  rotate(sid: string, rotation: Rotation): Promise<RotationOutcome>

  /**
   * Moves the last use of a session on, as domain/session.ts says, and gives the session. A use
   * that is not after the last one changes nothing. Null when the session is not alive.
   */
  touch(sid: string, use: Use, life: SessionLife): Promise<Session | null>

  /** Ends a session and gives it. Null when there is none, or when it is not `ifUsername`'s. */
  end(
    sid: string,
    options: { readonly window: RevocationWindow; readonly ifUsername?: string },
  ): Promise<Session | null>

  /** Ends all sessions of a user but `except`, and gives them. */
  endAll(
    username: string,
    options: { readonly window: RevocationWindow; readonly except?: string | null },
  ): Promise<readonly Session[]>

  /** Revokes a token that has no session. False when it was revoked before. */
  revokeToken(token: RevokedToken): Promise<boolean>

  /** Whether a token that has no session was revoked. */
  isTokenRevoked(jti: string): Promise<boolean>

  /** The sessions that ended and the tokens that were revoked, while they may still be valid. */
  revocations(now: number): Promise<Revocations>

  /** Removes records that have expired, and gives the number of sessions among them. */
  purge(now: number): Promise<number>
}

/** When sessions end, and for how long their access tokens may still be valid elsewhere. */
export interface RevocationWindow extends Moment {
  /** For how long an access token is accepted. */
  readonly accessTtlSeconds: number
  /** For how long after its rotation a session may have given further access tokens. */
  readonly graceSeconds: number
}

/** A session and its user, as of one instant. */
export interface SessionOfUser {
  readonly session: Session
  readonly user: User
}

/** How a session starts. */
export interface StartOptions {
  readonly ifPasswordHash: string
  readonly sessionsMax: number
  readonly window: RevocationWindow
  /** A token without a session that this session replaces: revoked in the same step. */
  readonly replaces?: RevokedToken & { readonly issuedAt: number }
  /** A change of the user's factors in the same step: the use of one. */
  readonly factors?: FactorChange
  /** The sid of the session that this one takes the place of: it alone ends, in the same step. */
  readonly predecessor?: string
}

/** The user of a new session, and the sessions that ended in the same step. */
export interface StartedSession {
  readonly user: User
  readonly ended: readonly Session[]
}

/** The use of a refresh token: its number in the session, when, and from where. */
export interface Rotation extends Client {
  readonly presented: number
  readonly life: SessionLife
  readonly window: RevocationWindow
}

/**
 * What became of a refresh token:
 *   - "rotated": it was the current one; the session has the next number.
 *   - "set_back": it was newer than the store's state; the session continues from its number.
 *   - "replayed": it was the parent, within the grace. Nothing changes, except that the first use
 *     by a second client is counted.
 *   - "reused": it was older, or shared too often; the session has ended.
 *   - "expired", "ahead" (the session starts in the future): nothing changed.
 *   - "gone": there is no such session.
 */
export type RotationOutcome =
  | ({
      readonly outcome: "rotated" | "set_back" | "replayed" | "reused" | "expired" | "ahead"
    } & SessionOfUser)
  | { readonly outcome: "gone" }

/** Ended sessions and revoked tokens that services must refuse until the tokens expire. */
export interface Revocations {
  readonly sids: readonly string[]
  readonly jtis: readonly string[]
  /**
   * Another number whenever the lists differ. Only numbers of the same `Store` object can be
   * compared.
   */
  readonly version: number
}
