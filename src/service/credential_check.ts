// Checks a username and a password. Every endpoint that takes a password calls this. An unknown
// user, a wrong password, a disabled user and a locked user take the same work and get the same
// answer (login_guard.ts).

import type { Caller } from "../domain/caller.ts"
import { type DueStep, dueStepOf, type FactorRequirement } from "../domain/factor_requirement.ts"
import type { User } from "../domain/user.ts"
import { canonicalUsername } from "../domain/username.ts"
import { Unavailable } from "../errors.ts"
import type { Asker } from "../password/fair_queue.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { Store } from "../store/store.ts"
import { callerFields } from "../telemetry/audit.ts"
import type { DeviceTrust } from "./device_trust.ts"
import {
  askerOf,
  attemptOfLogin,
  attemptOfPasswordChange,
  type LoginAttempt,
} from "./login_attempt.ts"
import type { LoginGuard } from "./login_guard.ts"

/** Name and password as somebody typed them. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Credentials of a client that may have a device token of an earlier login. */
export interface LoginCredentials extends Credentials {
  readonly deviceToken?: string
  /** The token of a device that the user may have trusted. */
  readonly trustToken?: string
}

/** Credentials from a session of the user. The sid is null for a token without a session. */
export interface SessionCredentials extends Credentials {
  readonly sid: string | null
}

/** What a login needs beside the password. */
export interface Due {
  /** Null when nothing, and for a change of password. */
  readonly due: DueStep | null
  /** Whether nothing is due because the user trusts the device. */
  readonly isTrusted: boolean
}

/** A user whose password was right, and the attempt that gave it. */
export interface CheckedUser extends Due {
  readonly user: User
  readonly attempt: LoginAttempt
}

/**
 * Gives the user if the password is right and the user may log in, or null. The record was read
 * before the check. A change that follows must pass its `passwordHash` as the condition: then the
 * store refuses the change if the password was changed meanwhile. Throws AuthError
 * `too_many_requests`, and Unavailable when too many log in or the store can't write.
 */
export type CredentialCheck = (
  credentials: LoginCredentials | SessionCredentials,
  caller: Caller,
) => Promise<CheckedUser | null>

/** What decides whether the password is enough. */
export interface DueParts {
  readonly requirement: FactorRequirement
  readonly trust: Pick<DeviceTrust, "covers">
}

/** What a check works with. */
export interface CredentialCheckParts extends DueParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly guard: LoginGuard
  /** The key of device tokens. */
  readonly deviceKey: () => Uint8Array
}

/** How often a login or a change of the password is checked when the user changes meanwhile. */
export const checksMax = 3

/** Makes a check. A right password replaces a hash that is weaker than the settings ask for. */
export function createCredentialCheck(parts: CredentialCheckParts): CredentialCheck {
  const { store, guard, deviceKey } = parts
  return async (credentials, caller) => {
    const { username: typed, password } = credentials
    const username = canonicalUsername(typed)
    const user = username === null ? null : await store.users.find(username)
    const isChange = "sid" in credentials
    const attempt = isChange
      ? attemptOfPasswordChange(credentials, caller)
      : attemptOfLogin(
          { username, address: caller.address },
          { user, deviceToken: credentials.deviceToken ?? "", deviceKey: deviceKey() },
        )
    const fields = { ...callerFields(caller), user: user?.username }
    const reason = isChange ? "password_changed" : "login"
    // The session of a change has shown its factor.
    const due = isChange ? nothingDue : await findDue({ ...credentials, username, user }, parts)
    const isWhole = due.due === null
    const comparison = { user, password, fields, reason, isWhole } as const
    const isRight = await guard.verify(attempt, comparison)
    if (user === null || !isRight) return null
    const asker = askerOf(attempt)
    return { user: await strengthen(user, { password, asker }, parts), attempt, ...due }
  }
}

/** Whose login it is, and with what. */
interface DueOf {
  /** Null when the typed text can't be a username. */
  readonly username: string | null
  readonly user: User | null
  readonly trustToken?: string | undefined
}

const nothingDue: Due = Object.freeze({ due: null, isTrusted: false })

/** What a login needs beside the password, as the user's record is. */
export async function findDue(
  { username, user, trustToken = "" }: DueOf,
  { requirement, trust }: DueParts,
): Promise<Due> {
  // For unknown users too: the time must not reveal whether a user exists.
  const isTrusted = await trust.covers(trustToken, { username, user })
  if (isTrusted || user === null) return { due: null, isTrusted }
  return { due: dueStepOf(user, requirement), isTrusted }
}

/** The refusal of a request whose user was changed during each of its checks. */
export function changedMeanwhile(): Unavailable {
  return new Unavailable("The user was changed at the same time: try again")
}

// The settings may ask for a stronger hash than the stored one. Hashing needs the password.
async function strengthen(
  user: User,
  { password, asker }: { readonly password: string; readonly asker: Asker },
  { hasher, store }: CredentialCheckParts,
): Promise<User> {
  const { username, passwordHash: ifPasswordHash } = user
  if (hasher.isCurrent(ifPasswordHash)) return user
  try {
    const passwordHash = await hasher.hash(password, asker)
    const changed = await store.users.change(username, { passwordHash, ifPasswordHash })
    return typeof changed === "string" ? user : changed
  } catch (error) {
    // A full disk or queue must not stop the login: the next login tries again.
    if (error instanceof Unavailable) return user
    throw error
  }
}
