// The store: what Postern remembers, one interface a noun. An engine implements these interfaces
// and passes one suite of tests (test/store/contract.ts).
//
// Every engine keeps these promises for every method:
//   - The promise of a change resolves when the change is durable. Every later read sees it.
//   - A change happens whole or not at all. It is decided on the state right before it: of a
//     hundred callers who create one name at once, one gets "created".
//   - When the disk or the database fails, the method throws Unavailable and nothing has changed.
//   - Records are frozen. A change makes a new record.
//   - Time comes in as instants (epoch seconds). An engine may be on another machine.

import type { Client, Moment, Session, SessionLife } from "../domain/session.ts"
import type { RefusedChange, User, UserChange, UserReset } from "../domain/user.ts"

/** Where users, sessions, failed logins and keys are kept. */
export interface Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly failures: FailureStore
  readonly keys: KeyStore

  /**
   * Whether the store can still take changes. False when somebody replaced or removed its files
   * while they were open: from then on every change throws Unavailable.
   */
  isInPlace(): boolean

  /** Finishes the writes in progress and closes. Afterwards every method throws Unavailable. */
  close(): Promise<void>
}

/** The users. Usernames are in canonical form. */
export interface UserStore {
  /** The user of exactly this name, or null. */
  find(username: string): Promise<User | null>

  /** The number of users. */
  count(): Promise<number>

  /** All users, ordered by name. */
  list(): Promise<readonly User[]>

  /** Whether a name can be given to a new user: what `create` would answer now. */
  findName(username: string): Promise<"free" | "taken" | "reserved">

  /**
   * Creates a user. "taken": the name has a user. "reserved": the name belonged to a user who was
   * deleted, and a token may still name that user. Both change nothing. Under a name that was
   * released, `tokensNotBefore` is at least the instant after the deletion.
   */
  create(user: User): Promise<"created" | "taken" | "reserved">

  /**
   * Creates users in a store that never had any: all of them or none. "in_use": there are or were
   * users, or one is being created; nothing changes.
   */
  seed(users: readonly User[]): Promise<"seeded" | "in_use">

  /** Changes a user and gives the new record. A refusal changes nothing. */
  change(username: string, change: UserChange): Promise<User | RefusedChange | "unknown">

  /**
   * Resets a user and ends all the user's sessions, in one step. With `successor`, a session of the
   * user, that session starts in the same step. "other_hash": the password's hash is not
   * `ifPasswordHash`; "disabled": there is a successor, and the user may not log in.
   */
  reset(
    username: string,
    reset: UserReset,
    options: {
      readonly window: RevocationWindow
      readonly ifPasswordHash?: string
      readonly successor?: Session
    },
  ): Promise<ResetUser | "unknown" | "other_hash" | "disabled">

  /**
   * Deletes a user with all sessions and failed logins, and reserves the name. Gives the user as it
   * was, or null when there is none.
   */
  delete(username: string, window: RevocationWindow): Promise<ResetUser | null>

  /** Makes the name of a deleted user free. False when the name is not reserved. */
  release(username: string): Promise<boolean>
}

/** The sessions, and the tokens without a session that were revoked. */
export interface SessionStore {
  /** The session of this sid with its user, or null. The session may have expired. */
  find(sid: string): Promise<SessionOfUser | null>

  /** All sessions of a user, the last used first. They may have expired. */
  list(username: string): Promise<readonly Session[]>

  /** The latest use of any session, or null without one. */
  lastUse(): Promise<number | null>

  /**
   * Starts a session and gives the sessions that had to end for it: a user keeps at most
   * `sessionsMax`, expired ones end first, then the oldest. Null, and nothing changes, when the
   * user is missing, disabled or has another hash than `ifPasswordHash`, when the sid exists, or
   * when the token that the session `replaces` is revoked or older than the user's
   * `tokensNotBefore`.
   */
  start(session: Session, options: StartOptions): Promise<StartedSession | null>

  /** Uses a refresh token, as domain/session.ts judges it. */
  rotate(sid: string, rotation: Rotation): Promise<RotationOutcome>

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

  /** What ended and may still have valid access tokens. */
  revocations(now: number): Promise<Revocations>

  /** Removes records that have expired, and gives the number of sessions among them. */
  purge(now: number): Promise<number>
}

/** Failed logins: how often in a row each user's password was wrong. */
export interface FailureStore {
  /** The failed logins of a user since the last successful one, or null without any. */
  find(username: string): Promise<FailedLogins | null>

  /**
   * Counts a failed login and gives the new count. For null, for an unknown name, and for a user
   * with `most` from this source already, the same work is done under a name that no user can have,
   * so that neither the time nor the disk shows who exists. Of a thousand calls at once each gets
   * another number.
   */
  count(
    username: string | null,
    source: LoginSource,
    options?: { readonly most: number },
  ): Promise<FailedLogins>

  /** Takes back a failed login that `count` counted, unless it was cleared since. */
  uncount(username: string, source: LoginSource): Promise<void>

  /** Forgets the failed logins of a user and gives them, or null when there were none. */
  clear(username: string): Promise<FailedLogins | null>
}

/**
 * The keys that Postern made for itself: one document, whose format is token/keys/key_file.ts's.
 */
export interface KeyStore {
  /** Where the document is, for messages. */
  readonly place: string

  /** The document, or null when none was written. */
  read(): Promise<KeyDocument | null>

  /**
   * Replaces the document that has this version, or makes the first one where the version is null.
   * Gives the new version, or null, and changes nothing, when the version is another by now.
   */
  replace(bytes: Uint8Array, options: { readonly ifVersion: number | null }): Promise<number | null>
}

/** The keys as they were read. */
export interface KeyDocument {
  readonly bytes: Uint8Array
  /** Differs after each replacement. */
  readonly version: number
}

/** When sessions end, and for how long their access tokens may still be valid elsewhere. */
export interface RevocationWindow extends Moment {
  /** For how long an access token is accepted. */
  readonly accessTtlSeconds: number
  /** For how long after its rotation a session may have given further access tokens. */
  readonly graceSeconds: number
}

/** A user after a change that ended all sessions, and those sessions. */
export interface ResetUser {
  readonly user: User
  readonly ended: readonly Session[]
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
}

/** A session that started: its user then, and the sessions that ended for it. */
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
 * What became of a refresh token. "rotated": it was the current one, and the session moved on.
 * "set_back": it was newer than the store knows, and the session goes on from there. "replayed": it
 * was the parent, in time; nothing changes, except that the first use by a second client is
 * counted. "reused": it was older, or shared too often; the session has ended. "expired" and
 * "ahead": nothing changed. "gone": there is no such session.
 */
export type RotationOutcome =
  | ({
      readonly outcome: "rotated" | "set_back" | "replayed" | "reused" | "expired" | "ahead"
    } & SessionOfUser)
  | { readonly outcome: "gone" }

/** A token without a session that was revoked. */
export interface RevokedToken {
  readonly jti: string
  /** When the token expires. Afterwards the record can be removed. */
  readonly expiresAt: number
  /** Whether other services have to know: true for an access token. */
  readonly isListed: boolean
}

/** What ended and may still have valid access tokens. */
export interface Revocations {
  readonly sids: readonly string[]
  readonly jtis: readonly string[]
  /** Differs whenever the lists differ, for caches of this store's answers. */
  readonly version: number
}

/** Who failed to log in: a stranger, or a device that has logged in to the account before. */
export type LoginSource = "stranger" | "device"

/** How often in a row a user's password was wrong, by source. */
export interface FailedLogins {
  readonly username: string
  readonly strangers: number
  readonly devices: number
}
