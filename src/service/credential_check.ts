// Checks a name and a password: the only place where that is done, so that every way to try a
// password counts. Whatever is wrong, unknown name, wrong password, disabled or locked user, takes
// the same work and gives the same answer. An attempt is counted before its hash is computed, and
// in the store before it is answered. A session that gives its user's password (POST /password) is
// judged as a device of the account: strangers can't keep it from that.

import type { Caller } from "../domain/caller.ts"
import { canonicalUsername } from "../domain/username.ts"
import { tooManyRequests, Unavailable } from "../errors.ts"
import type { Attempt, LoginLimits } from "../limit/login_limits.ts"
import type { Asker } from "../password/fair_queue.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { Store, User } from "../store/store.ts"
import { type Audit, type AuditFields, callerFields } from "../telemetry/audit.ts"
import { readDeviceToken } from "../token/device_token.ts"
import type { AccountBudget, Claim } from "./account_budget.ts"
import { askerOf } from "./asker.ts"

/** Name and password as somebody typed them. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** The same, from a client that may have a device token of an earlier login. */
export interface LoginCredentials extends Credentials {
  readonly deviceToken?: string
}

/** The same, from a session of the user, by its sid; null for a token that belongs to none. */
export interface SessionCredentials extends Credentials {
  readonly sid: string | null
}

/**
 * The user whose password this is and who may log in, or null. Throws AuthError
 * `too_many_requests`, and Unavailable when too many log in.
 */
export type CredentialCheck = (
  credentials: LoginCredentials | SessionCredentials,
  caller: Caller,
) => Promise<User | null>

/** What a check works with. */
export interface CredentialCheckParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly limits: LoginLimits
  readonly budget: AccountBudget
  /** The key of device tokens. */
  readonly deviceKey: () => Uint8Array
  readonly audit: Audit
}

/** Makes a check; a hash that costs less than new ones is replaced when its password is known. */
export function createCredentialCheck(parts: CredentialCheckParts): CredentialCheck {
  return (credentials, caller) => check(credentials, caller, parts)
}

async function check(
  credentials: LoginCredentials | SessionCredentials,
  caller: Caller,
  parts: CredentialCheckParts,
): Promise<User | null> {
  const { store, hasher, limits, budget, deviceKey, audit } = parts
  const { username, password } = credentials
  const known = await findUser(canonicalUsername(username), store)
  const attempt =
    "sid" in credentials
      ? attemptOfSession(credentials, caller)
      : attemptOf(credentials, known, { address: caller.address, deviceKey })
  requireDue(attempt, parts)
  const told = { ...callerFields(caller), user: known?.username }
  const comparing = { attempt, password, told }
  const asker = askerOf(attempt)
  const { user: asked, counted } = await hasher.inTurn(() => compare(comparing, parts), asker)
  await counted
  if (asked === null) return null
  if (limits.reached(attempt).rate) audit("client.throttled", { ...told, reason: "logins" })
  const passwordHash = await strengthen(asked, { password, asker }, parts)
  // Hashing takes its time: what counts is the user as it is now.
  const user = await store.findUser(asked.username)
  if (user === null || user.disabled) return null
  // Another hash by now is of another password, or of this one, by another login.
  if (user.passwordHash !== passwordHash) return check(credentials, caller, parts)
  const reason = "sid" in credentials ? "password_changed" : "login"
  if (await budget.renew(user.username)) audit("user.unlocked", { ...told, reason })
  return user
}

async function findUser(username: string | null, store: Store): Promise<User | null> {
  return username === null ? null : store.findUser(username)
}

/** The attempt of a session at its user's password. */
export function attemptOfSession(
  { username, sid }: Omit<SessionCredentials, "password">,
  { address }: Caller,
): Attempt {
  // No device's name has a blank.
  return { username, address, device: `session ${sid ?? ""}` }
}

/** The attempt at a password, by a device where a device token says so. */
function attemptOf(
  { username: typed, deviceToken = "" }: LoginCredentials,
  user: User | null,
  { address, deviceKey }: { readonly address: string; readonly deviceKey: () => Uint8Array },
): Attempt {
  const username = canonicalUsername(typed)
  // Read whoever it is for: how long it takes tells nothing.
  const claim = readDeviceToken(deviceToken, username ?? "", deviceKey())
  const isOfDevice = user !== null && claim !== null && claim.issuedAt >= user.tokensNotBefore
  return { username, address, device: isOfDevice ? claim.device : null }
}

function requireDue(attempt: Attempt, { limits }: CredentialCheckParts): void {
  const wait = limits.wait(attempt)
  if (wait > 0) throw tooManyRequests(wait)
}

/** An attempt with its password, and what its events tell. */
interface Comparing {
  readonly attempt: Attempt
  readonly password: string
  readonly told: AuditFields
}

// Runs in the lane, up to the point where the outcome is counted: so no more attempts than have a
// place there are ever undecided.
async function compare(
  { attempt, password, told }: Comparing,
  parts: CredentialCheckParts,
): Promise<{ readonly user: User | null; readonly counted: Promise<void> | null }> {
  const { store, hasher, limits, budget } = parts
  // Others may have failed while this one waited.
  requireDue(attempt, parts)
  limits.count(attempt)
  let claim: Claim | null = null
  try {
    const user = await findUser(attempt.username, store)
    const username = user?.username ?? null
    claim = await budget.claim(username, attempt.device === null ? "stranger" : "device")
    if (!claim.isOpen && attempt.device !== null) {
      // Where the devices' part is spent, theirs is as good as nobody's.
      claim.giveBack()
      claim = await budget.claim(username, "stranger")
    }
    // Who may not log in has no hash here: the right password takes the work of a wrong one.
    const hash = claim.isOpen && user?.disabled === false ? user.passwordHash : null
    if (!(await hasher.verify(password, hash))) {
      const counted = refuse(attempt, claim, { told, parts })
      // Should it fail, `check` is told, though perhaps not before the lane lets this one go on.
      counted.catch(() => {})
      return { user: null, counted }
    }
    limits.succeeded(attempt)
    claim.giveBack()
    return { user, counted: null }
  } catch (error) {
    limits.giveBack(attempt)
    claim?.giveBack()
    throw error
  }
}

async function refuse(
  attempt: Attempt,
  claim: Claim,
  { told, parts }: { readonly told: AuditFields; readonly parts: CredentialCheckParts },
): Promise<void> {
  const { limits, audit } = parts
  const { delay, budget: isSpent } = limits.reached(attempt)
  if (delay) audit("login.delayed", told)
  if (isSpent) audit("client.throttled", { ...told, user: undefined, reason: "login" })
  if (await claim.spend()) audit("user.locked", told)
}

// Where the settings ask for more than when this password was hashed: now it is known, hash it
// anew. Gives the hash that the user should have then.
async function strengthen(
  user: User,
  { password, asker }: { readonly password: string; readonly asker: Asker },
  { hasher, store }: CredentialCheckParts,
): Promise<string> {
  const { username, passwordHash: ifPasswordHash } = user
  if (hasher.isCurrent(ifPasswordHash)) return ifPasswordHash
  try {
    const passwordHash = await hasher.hash(password, asker)
    const changed = await store.changeUser(username, { passwordHash }, { ifPasswordHash })
    return changed === null ? ifPasswordHash : passwordHash
  } catch (error) {
    // A full disk or queue keeps nobody from logging in: the next login tries again.
    if (error instanceof Unavailable) return ifPasswordHash
    throw error
  }
}
