// The store: what Postern remembers, one interface a noun. An engine implements these interfaces
// and passes one suite of tests (test/store/contract.ts).
//
// Every engine keeps these promises for every method. They hold for all processes that share the
// store: the JSON engine admits one process, a database several.
//   - The promise of a change resolves when the change is durable. Every read that begins later
//     sees the change.
//   - A change happens whole or not at all. It is decided on the state right before it: of a
//     hundred callers who create one name at once, one gets "created".
//   - When the disk or the database fails, the method throws Unavailable. The JSON engine has then
//     changed nothing. A database may have committed a change whose answer was lost, so a caller
//     that tries again must accept the outcome of a repeated call ("taken", null, "replayed").
//   - Records are frozen. A change makes a new record. Two reads may give two objects: compare
//     versions or members, never objects.
//   - Instants (epoch seconds) come from the caller, because the engine may be on another machine.

import type { FactorChange, RefusedFactor } from "../domain/factor_change.ts"
import type { Client, Moment, Session, SessionLife, Use } from "../domain/session.ts"
import type { RefusedChange, User, UserChange, UserReset } from "../domain/user.ts"
import type { BackupOrigin, GivenBackup } from "./copying.ts"
import type { FailureStore } from "./failure_store.ts"
import type { StoreFigures } from "./figures.ts"
import type { HistoryStore } from "./history_store.ts"
import type { RevokedToken } from "./records.ts"
import type { UserTransfer } from "./user_transfer.ts"

/** Records that are given as they are kept. */
export type { FailedLogins, RevokedToken } from "./records.ts"

/** Where users, sessions, failed logins and keys are kept. */
export interface Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly failures: FailureStore
  readonly histories: HistoryStore
  readonly keys: KeyStore

  /**
   * Whether the store's files are still its own. False from the moment at which the engine finds
   * that somebody replaced or removed them: then every change throws Unavailable. Always true for
   * an engine without files.
   */
  isInPlace(): boolean

  /**
   * Whether the store can be read and changed now. Asks a database, which takes no longer than any
   * other wait for it.
   * @throws Unavailable with the cause, when the operator has to mend something
   */
  isUsable(): Promise<boolean>

  /** Its numbers, for monitoring. Also those of a closed store. */
  figures(): StoreFigures

  /** A backup of this moment; null for a database, which has a way of its own. */
  backup(origin: BackupOrigin): Promise<GivenBackup | null>

  /** Finishes the writes in progress and closes. Afterwards every method throws Unavailable. */
  close(): Promise<void>
}

/** The users. Usernames are in canonical form. */
export interface UserStore extends UserTransfer {
  /** The user of exactly this name, or null. */
  find(username: string): Promise<User | null>

  /** The user whose factors have this handle (domain/factors.ts), or null. */
  findByHandle(handle: string): Promise<User | null>

  /** The number of users. */
  count(): Promise<number>

  /** All users, ordered by name. */
  list(): Promise<readonly User[]>

  /** Whether a new user can have a name now. Only `create` decides. */
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
   * Resets a user and ends all the user's sessions but `except`, in one step. In the same step it
   * changes the user's factors and starts `successor`, a session of the user. "other_hash": the
   * password's hash is not `ifPasswordHash`; "other_link": the user has no link with the tag
   * `ifLinkTag`, or it has expired; "disabled": there is a successor, and the user may not log in.
   * A refusal changes nothing.
   */
  reset(
    username: string,
    reset: UserReset,
    options: {
      readonly window: RevocationWindow
      readonly ifPasswordHash?: string
      readonly ifLinkTag?: string
      readonly factors?: FactorChange
      readonly except?: string | null
      readonly successor?: Session
    },
  ): Promise<ResetUser | RefusedReset>

  /**
   * Revives each user, as domain/revived_user.ts says, and ends all sessions. In slices, so a
   * failure may come when a part is done. Gives how many users and ended sessions there were.
   */
  reviveAll(
    window: RevocationWindow,
  ): Promise<{ readonly users: number; readonly sessions: number }>

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

  /** The number of sessions that are alive at an instant (domain/session.ts). */
  count(now: number): Promise<number>

  /** All sessions of a user, the last used first. They may have expired. */
  list(username: string): Promise<readonly Session[]>

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

/**
 * The keys that Postern made for itself: one document, whose format is token/keys/key_file.ts's.
 */
export interface KeyStore {
  /** Where the document is, for messages. */
  readonly place: string

  /** The document, or null when none was written. */
  read(): Promise<KeyDocument | null>

  /** The version of the document, or null when none was written. */
  version(): Promise<number | null>

  /**
   * The version by what the answers of this store have shown so far, of users and sessions too. So
   * a request that has read its session needs no read of its own to learn of other keys.
   */
  knownVersion(): number | null

  /**
   * Replaces the document that has this version, or makes the first one where the version is null.
   * Gives the new version, or null, and changes nothing, when the version is another by now.
   */
  replace(bytes: Uint8Array, options: { readonly ifVersion: number | null }): Promise<number | null>
}

/** The keys as they were read. */
export interface KeyDocument {
  readonly bytes: Uint8Array
  /** Another number after each replacement, by this or another process. */
  readonly version: number
}

/** When sessions end, and for how long their access tokens may still be valid elsewhere. */
export interface RevocationWindow extends Moment {
  /** For how long an access token is accepted. */
  readonly accessTtlSeconds: number
  /** For how long after its rotation a session may have given further access tokens. */
  readonly graceSeconds: number
}

/** Why a reset changed nothing. */
export type RefusedReset = "unknown" | "other_hash" | "other_link" | "disabled" | RefusedFactor

/** A user after a reset, or before a deletion, and the sessions that ended. */
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
