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
import type { KeyWatch } from "./keys.ts"
import { askerOf, attemptOfLogin, type LoginAttempt } from "./login_attempt.ts"
import type { Comparison, LoginGuard } from "./login_guard.ts"

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

/** What a login needs beside the password. */
interface Due {
  /** Null when nothing. */
  readonly due: DueStep | null
  /** Whether nothing is due because the user trusts the device. */
  readonly isTrusted: boolean
}

/** A user whose password was right, and the attempt that gave it. */
export interface CheckedUser extends Due {
  readonly user: User
  readonly attempt: LoginAttempt
}

/** What decides whether the password is enough. */
interface DueParts {
  readonly requirement: FactorRequirement
  readonly trust: Pick<DeviceTrust, "covers">
}

/** What a check works with. */
export interface CredentialCheckParts extends DueParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly guard: LoginGuard
  readonly keys: KeyWatch
}

/** How often a login or a change of the password is checked when the user changes meanwhile. */
export const checksMax = 3

/**
 * Checks a login. Gives the user if the password is right and the user may log in, or null. The
 * record was read before the check. A change that follows must pass its `passwordHash` as the
 * condition: then the store refuses the change if the password was changed meanwhile.
 * @throws AuthError `too_many_requests`
 * @throws Unavailable when too many log in or the store can't write
 */
export async function checkLogin(
  credentials: LoginCredentials,
  caller: Caller,
  parts: CredentialCheckParts,
): Promise<CheckedUser | null> {
  const { password, deviceToken = "" } = credentials
  const username = canonicalUsername(credentials.username)
  const user = username === null ? null : await parts.store.users.find(username)
  const proof = { user, deviceToken, deviceKey: parts.keys.refreshKey() }
  const attempt = attemptOfLogin({ username, address: caller.address }, proof)
  const due = await findDue({ ...credentials, username, user }, parts)
  const fields = { ...callerFields(caller), user: user?.username }
  const isWhole = due.due === null
  const comparison = { user, password, fields, reason: "login", isWhole } as const
  const checked = await compare(attempt, comparison, parts)
  return checked && { user: checked, attempt, ...due }
}

/** Checks the current password of a logged-in user, whose session has shown its factor. */
export async function checkCurrent(
  attempt: LoginAttempt & { readonly username: string },
  password: string,
  caller: Caller,
  parts: CredentialCheckParts,
): Promise<User | null> {
  const user = await parts.store.users.find(attempt.username)
  const fields = { ...callerFields(caller), user: user?.username }
  const reason = "password_changed"
  return compare(attempt, { user, password, fields, reason, isWhole: true }, parts)
}

// A right password replaces a hash that is weaker than the settings ask for.
async function compare(
  attempt: LoginAttempt,
  comparison: Comparison,
  parts: CredentialCheckParts,
): Promise<User | null> {
  const { user, password } = comparison
  const isRight = await parts.guard.verify(attempt, comparison)
  if (user === null || !isRight) return null
  return strengthen(user, { password, asker: askerOf(attempt) }, parts)
}

/** Whose login it is, and with what. */
interface DueOf {
  /** Null when the typed text can't be a username. */
  readonly username: string | null
  readonly user: User | null
  readonly trustToken?: string | undefined
}

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
