// The store: what Postern remembers, and what each method promises. Engines stand behind this
// interface and are held to it by one suite of tests (test/store/contract.ts).
//
// Promises that hold for every method:
//   - a promise of a change resolves when the change is on disk, and from then on it is seen;
//   - a change happens whole or not at all, and is decided on the state right before it: of a
//     hundred callers who add one name at once, one gets "added";
//   - when the disk or the database fails, the method throws Unavailable and nothing has changed;
//   - records are frozen, and never change: a change makes a new record.
//
// Sessions end in the same step as what ends them: `resetUser` and `deleteUser` see to that.

import type { Awaitable } from "../awaitable.ts"
import type { Client, Session, SessionLife } from "../domain/session.ts"
import type { JsonObject } from "../domain/strict_json.ts"

/** Someone who can log in. Instants are epoch seconds. */
export interface User {
  /** In canonical form (username.ts). Never changes, since it is the `sub` of tokens. */
  readonly username: string
  /** A PHC string. */
  readonly passwordHash: string
  readonly roles: readonly string[]
  /** Claims of the operator's own for this user's tokens. */
  readonly claims: JsonObject
  readonly disabled: boolean
  readonly createdAt: number
  /** Tokens without a session are refused when issued before this instant; 0 refuses none. */
  readonly tokensNotBefore: number
}

/** What can change about a user. Members that are left out stay as they are. */
export type UserChange = Partial<
  Pick<User, "passwordHash" | "roles" | "claims" | "disabled" | "tokensNotBefore">
>

/** A change, or what makes one of the user as it is right before it. */
export type UserChanging = UserChange | ((user: User) => UserChange)

/** When sessions end, and how long their access tokens could outlive that elsewhere. */
export interface Ending {
  readonly at: number
  /** For how long an access token is accepted. */
  readonly accessTtlSeconds: number
  /** For so long after its rotation a session may have given further access tokens. */
  readonly graceSeconds: number
}

/** A change of a user that ended all sessions: those, and the user as it is now. */
export interface UserReset {
  readonly user: User
  readonly ended: readonly Session[]
}

/** A refresh token's use: which one of its session's, when, and from where. */
export interface Rotation extends Client {
  readonly presented: number
  /** Seconds of a clock that is never set: within a process it counts in the place of the other. */
  readonly steadyAt?: number | undefined
  readonly life: SessionLife
  readonly ending: Ending
}

/** What became of it. With "gone" there is no such session. */
export type RotationOutcome =
  | {
      readonly outcome: "rotated" | "set_back" | "replayed" | "reused" | "expired" | "ahead"
      readonly session: Session
    }
  | { readonly outcome: "gone" }

/** A token without a session that was revoked. */
export interface RevokedToken {
  readonly jti: string
  /** When the token expires, and need not be remembered any more. */
  readonly expiresAt: number
  /** Whether others should hear of it: yes of an access token. */
  readonly isListed: boolean
}

/** What ended while access tokens of it may still be around. */
export interface Revocations {
  readonly sids: readonly string[]
  readonly jtis: readonly string[]
}

/** Who failed to log in: a stranger, or a device that has logged in to the account before. */
export type LoginSource = "stranger" | "device"

/** How often in a row a user's password was not given, by whom. */
export interface FailedLogins {
  readonly username: string
  readonly strangers: number
  readonly devices: number
}

/** Where users and their sessions are kept. */
export interface Store {
  /**
   * False once what is on disk was found to be another's: files that somebody replaced or removed
   * while they were open. From then on every change throws Unavailable.
   */
  isInPlace(): boolean

  /** The user of exactly this name, or null. */
  findUser(username: string): Awaitable<User | null>

  /** How many users there are. */
  countUsers(): Awaitable<number>

  /** All users, ordered by name. */
  listUsers(): Awaitable<readonly User[]>

  /** Whether a user may be added under a name: what `addUser` would give now. */
  findName(username: string): Awaitable<"free" | "taken" | "reserved">

  /**
   * Adds a user. "taken": there is one of that name; "reserved": there was one, and a token may
   * still be around that names it. Both leave the store as it is. When the name was released, the
   * user's `tokensNotBefore` is at least the instant after the one before was deleted.
   */
  addUser(user: User): Promise<"added" | "taken" | "reserved">

  /**
   * Adds users to a store that has never had any, all of them or none.
   * "in_use": there are or were users, or something is being written; the store is left as it is.
   */
  seedUsers(users: readonly User[]): Promise<"seeded" | "in_use">

  /**
   * Changes a user and gives the new record, or null when there is none of that name. With
   * `ifPasswordHash`, also null when the hash is another by now. Does not end sessions: what
   * disables a user or sets a password is `resetUser`.
   */
  changeUser(
    username: string,
    change: UserChanging,
    condition?: { readonly ifPasswordHash: string },
  ): Promise<User | null>

  /**
   * The same, and ends all sessions of the user in the same step. `successor`, a session of the
   * user, is there from then on, unless the user is disabled.
   */
  resetUser(
    username: string,
    change: UserChanging,
    options: {
      readonly ending: Ending
      readonly ifPasswordHash?: string
      readonly successor?: Session
    },
  ): Promise<UserReset | null>

  /** Removes a user with all sessions and reserves the name. Null when there is none. */
  deleteUser(username: string, ending: Ending): Promise<UserReset | null>

  /** Lets the name of a user who was deleted be given again. False when it is not reserved. */
  releaseName(username: string): Promise<boolean>

  /** The failed logins of a user since the last one that succeeded, or null without any. */
  findFailedLogins(username: string): Awaitable<FailedLogins | null>

  /**
   * Counts a failed login, of a user or, with the same work, of nobody: null, a name that is no
   * user's, or a user of whom `most` from this source are counted already. Gives what is counted
   * then, under another name where it is nobody's. Of a thousand calls at once each gets another
   * number.
   */
  countFailedLogin(
    username: string | null,
    source: LoginSource,
    options?: { readonly most: number },
  ): Promise<FailedLogins>

  /** Takes back a failed login that `countFailedLogin` counted, unless it was cleared since. */
  uncountFailedLogin(username: string, source: LoginSource): Promise<void>

  /** Forgets the failed logins of a user, and gives them; null when there were none. */
  clearFailedLogins(username: string): Promise<FailedLogins | null>

  /** The session of this sid, or null. It may have expired. */
  findSession(sid: string): Awaitable<Session | null>

  /** All sessions of a user, the last used first. They may have expired. */
  listSessions(username: string): Awaitable<readonly Session[]>

  /** When a session was last used, of those there are; null when there is none. */
  lastUse(): Awaitable<number | null>

  /**
   * Starts a session of a user who is enabled and whose hash is still `ifPasswordHash`. Gives null
   * when that is not so, when there is one of this sid, or when what it `replaces` no longer holds.
   * Of more than `sessionsMax` the oldest are ended, and given back; expired ones go first.
   */
  startSession(
    session: Session,
    options: {
      readonly ifPasswordHash: string
      readonly sessionsMax: number
      readonly ending: Ending
      /**
       * A token without a session that this one takes the place of, revoked with the same step,
       * unless it was issued before the user's `tokensNotBefore`.
       */
      readonly replaces?: RevokedToken & { readonly issuedAt: number }
    },
  ): Promise<{ readonly ended: readonly Session[] } | null>

  /**
   * Uses the refresh token of the number `presented`, judged by session.ts. "rotated": it was the
   * current one, the session has moved on; "set_back": a newer one, the session goes on from there;
   * "replayed": its parent, in time, the session has not moved, and it is written once for a
   * generation that another client asked for; "reused": anything else, or the third of such
   * generations in a row, the session is ended; "expired" and "ahead": nothing has changed.
   */
  rotateSession(sid: string, rotation: Rotation): Promise<RotationOutcome>

  /**
   * Ends a session and gives it; null when there is none, or when it is not this user's.
   */
  endSession(
    sid: string,
    options: { readonly ending: Ending; readonly ifUsername?: string },
  ): Promise<Session | null>

  /** Ends all sessions of a user, but for `except`, and gives them. */
  endSessions(
    username: string,
    options: { readonly ending: Ending; readonly except?: string | null },
  ): Promise<readonly Session[]>

  /** Remembers that a token was revoked. False when that was known. */
  revokeToken(token: RevokedToken): Promise<boolean>

  /** Whether a token without a session was revoked. */
  isTokenRevoked(jti: string): Awaitable<boolean>

  /** What ended and may have access tokens left. The same object until that changes. */
  listRevocations(now: number): Awaitable<Revocations>

  /** Forgets what has expired, and gives how many sessions that were. */
  purge(now: number): Promise<number>

  /** Ends what is under way, then closes. Calling any method afterwards throws Unavailable. */
  close(): Promise<void>
}
