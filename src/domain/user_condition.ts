// What a change may demand of the state right before it: that the user is still the version that
// the caller has seen (RFC 9110 §13.1.1), and that an admin is left. Conditions are data, so that
// every store engine decides them in the same step as the change. Pure.

import type { Factors } from "./factors.ts"
import type { User, UserChange, UserReset } from "./user.ts"
import { versionOfContent } from "./version.ts"

/** Conditions of a change. Without a member, that condition holds always. */
export interface ChangeCondition {
  /** The user must have one of these versions. */
  readonly ifVersion?: readonly string[] | undefined
  /** An admin must be left. */
  readonly keepsAdmin?: boolean
}

/**
 * Why a condition does not hold. "other_version": the user was changed meanwhile; "last_admin":
 * no admin would be left.
 */
export type RefusedCondition = "other_version" | "last_admin"

/** The role of those who may use the admin API. */
export const adminRole = "admin"

/** Whether a user administers: enabled, with the role, and not only invited. */
export function isAdmin(user: User | null | undefined): boolean {
  if (user == null || user.disabled || user.link?.kind === "invite") return false
  return user.roles.includes(adminRole)
}

/** A condition as far as a change can break it: most changes leave all admins. */
export function conditionOf(
  condition: ChangeCondition,
  change: UserChange | UserReset,
): ChangeCondition {
  const isDisabled = "disabled" in change && change.disabled === true
  const isDemoted = "removeRole" in change && change.removeRole === adminRole
  return isDisabled || isDemoted ? condition : { ...condition, keepsAdmin: false }
}

/** Whether a change makes an admin none. `after` is null for a deletion. */
export function losesAdmin(before: User, after: User | null): boolean {
  return isAdmin(before) && !isAdmin(after)
}

/**
 * The version of a user: another one after each change that an operator or the user makes. What a
 * login leaves behind is no part of it: uses of factors, wrong codes, trusted devices. The hashes
 * are in it, so that two new passwords within a second are two versions; nobody learns a hash from
 * the version. (A login that hashes an imported password again makes another version, once.)
 */
export function versionOf(user: User): string {
  const { username, createdAt, tokensNotBefore, passwordHash, roles, claims, disabled } = user
  const record = [username, createdAt, tokensNotBefore, passwordHash, roles, claims, disabled]
  return versionOfContent(JSON.stringify([...record, user.link, factorsIn(user.factors)]))
}

/** Whether a user has one of the versions of a condition. */
export function hasVersion(user: User, { ifVersion }: ChangeCondition): boolean {
  return ifVersion === undefined || ifVersion.includes(versionOf(user))
}

/** The factors that are in force, by their names. */
function factorsIn(factors: Factors | null): readonly (string | null)[] {
  return [factors?.totp?.id ?? null, ...(factors?.passkeys ?? []).map(({ id }) => id)]
}
