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
import type { Session } from "../domain/session.ts"
import type { RefusedChange, User, UserChange, UserReset } from "../domain/user.ts"
import type { ChangeCondition, RefusedCondition } from "../domain/user_condition.ts"
import type { BackupOrigin, GivenBackup } from "./copying.ts"
import type { FailureStore } from "./failure_store.ts"
import type { StoreFigures } from "./figures.ts"
import type { HistoryStore } from "./history_store.ts"
import type { ServiceTokenStore } from "./service_token_store.ts"
import type { RevocationWindow, SessionStore } from "./session_store.ts"
import type { UserPages } from "./user_pages.ts"
import type { UserTransfer } from "./user_transfer.ts"

/** Records that are given as they are kept. */
export type { FailedLogins, RevokedToken } from "./records.ts"
/** The sessions' part. */
export type {
  Revocations,
  RevocationWindow,
  Rotation,
  RotationOutcome,
  SessionOfUser,
  SessionStore,
  StartedSession,
  StartOptions,
} from "./session_store.ts"

/** Where users, sessions, failed logins, service tokens and keys are kept. */
export interface Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly failures: FailureStore
  readonly histories: HistoryStore
  readonly serviceTokens: ServiceTokenStore
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

/**
 * The users. Usernames are in canonical form. A change may have conditions
 * (domain/user_condition.ts). They are decided in one step with the change, of all changes at once;
 * one that does not hold is the outcome, and changes nothing.
 */
export interface UserStore extends UserTransfer, UserPages {
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
  change(
    username: string,
    change: UserChange,
    condition?: ChangeCondition,
  ): Promise<User | RefusedChange | RefusedCondition | "unknown">

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
    options: ChangeCondition & {
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
  delete(
    username: string,
    window: RevocationWindow,
    condition?: ChangeCondition,
  ): Promise<ResetUser | RefusedCondition | null>

  /** Makes the name of a deleted user free. False when the name is not reserved. */
  release(username: string): Promise<boolean>
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

/** Why a reset changed nothing. */
export type RefusedReset =
  | ("unknown" | "other_hash" | "other_link" | "disabled")
  | RefusedFactor
  | RefusedCondition

/** A user after a reset, or before a deletion, and the sessions that ended. */
export interface ResetUser {
  readonly user: User
  readonly ended: readonly Session[]
}
