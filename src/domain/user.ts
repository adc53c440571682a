// A user, and the changes of one. A change is data, so that every store engine can apply it to the
// record right before the write. Pure.

import { changeFactors, type FactorChange, type RefusedFactor } from "./factor_change.ts"
import type { Factors } from "./factors.ts"
import type { JsonObject } from "./strict_json.ts"

/** What a link of the operator's is for: a new user, or one who forgot the password. */
export type LinkKind = "invite" | "reset"

/** A link by which a user may set a password once. */
export interface UserLink {
  readonly kind: LinkKind
  /** A seal over the link's secret. The secret is never kept. */
  readonly tag: string
  readonly expiresAt: number
  /** Whether its use removes the user's second factors, too. */
  readonly removesFactors: boolean
}

/** Someone who can log in. Instants are epoch seconds. */
export interface User {
  /** In canonical form (username.ts). Never changes, because it is the `sub` of tokens. */
  readonly username: string
  /** A PHC string. */
  readonly passwordHash: string
  readonly roles: readonly string[]
  /** The operator's own claims for this user's tokens. */
  readonly claims: JsonObject
  readonly disabled: boolean
  readonly createdAt: number
  /** Tokens without a session are refused when issued before this instant; 0 refuses none. */
  readonly tokensNotBefore: number
  /** The link that was made last, until it is used or a reset voids it. It may have expired. */
  readonly link: UserLink | null
  /** The second factors; null for a user who never set one up. */
  readonly factors: Factors | null
}

/** A change that leaves the user's sessions alone. */
export type UserChange =
  | { readonly addRole: string }
  | { readonly removeRole: string }
  | { readonly setClaim: { readonly name: string; readonly value: unknown } }
  | { readonly unsetClaim: string }
  | { readonly disabled: false }
  /** Makes a link, and voids the one before. */
  | { readonly link: UserLink }
  | { readonly factors: FactorChange }
  /** Another hash of the same password, in place of exactly this one. */
  | { readonly passwordHash: string; readonly ifPasswordHash: string }

/** A change that voids all tokens and links given to the user before. `{}` does only that. */
export interface UserReset {
  /** The hash of a new password. */
  readonly passwordHash?: string
  readonly disabled?: true
}

/**
 * Why a change does not apply. "absent": the user has no such role or claim; "too_large": roles and
 * claims would not fit into a token; "other_hash": the password's hash is not the expected one.
 */
export type RefusedChange = "absent" | "too_large" | "other_hash" | RefusedFactor

/** Longest roles and claims of a user as JSON, so that a token stays below its longest length. */
export const rightsBytesMax = 1024

/** A `tokensNotBefore` more than this after now was written while the clock was ahead. */
const secondsAheadMax = 60

/**
 * The user after a change. Adding a role that is there, or enabling an enabled user, is no error.
 */
export function changeUser(user: User, change: UserChange): User | RefusedChange {
  const { roles, claims } = user
  if ("addRole" in change) {
    const { addRole } = change
    return roles.includes(addRole) ? user : bounded({ ...user, roles: [...roles, addRole].sort() })
  }
  if ("removeRole" in change) {
    if (!roles.includes(change.removeRole)) return "absent"
    return { ...user, roles: roles.filter((role) => role !== change.removeRole) }
  }
  if ("setClaim" in change) {
    const { name, value } = change.setClaim
    return bounded({ ...user, claims: { ...claims, [name]: value } })
  }
  if ("unsetClaim" in change) {
    if (!Object.hasOwn(claims, change.unsetClaim)) return "absent"
    const left = Object.entries(claims).filter(([name]) => name !== change.unsetClaim)
    return { ...user, claims: Object.fromEntries(left) }
  }
  if ("disabled" in change) return { ...user, disabled: false }
  if ("link" in change) return { ...user, link: change.link }
  if ("factors" in change) return changeUserFactors(user, change.factors)
  const { passwordHash, ifPasswordHash } = change
  return user.passwordHash === ifPasswordHash ? { ...user, passwordHash } : "other_hash"
}

/**
 * The user after a reset at an instant. Tokens without a session carry whole seconds, so those
 * issued within the second of the reset are refused too.
 */
export function resetUser(user: User, reset: UserReset, at: number): User {
  const { tokensNotBefore: before } = user
  const latest = before > at + secondsAheadMax ? at : Math.max(at, before - 1)
  const factors = user.factors && { ...user.factors, trusted: [] }
  return { ...user, ...reset, tokensNotBefore: latest + 1, link: null, factors }
}

/** Whether a user has the link with this tag, and it has not expired at an instant. */
export function hasLink({ link }: User, tag: string, at: number): boolean {
  return link !== null && link.tag === tag && at < link.expiresAt
}

/** The user after a change of the factors. */
export function changeUserFactors(user: User, change: FactorChange): User | RefusedFactor {
  const factors = changeFactors(user.factors, change)
  return typeof factors === "string" ? factors : { ...user, factors }
}

/** Whether roles and claims fit into a token. */
export function isWithinRights({ roles, claims }: Pick<User, "roles" | "claims">): boolean {
  return Buffer.byteLength(JSON.stringify({ roles, claims })) <= rightsBytesMax
}

function bounded(user: User): User | RefusedChange {
  return isWithinRights(user) ? user : "too_large"
}
