// The rules for the roles and claims that an operator adds to a user's tokens.

import { isDeepStrictEqual } from "node:util"
import { type RefusedChange, rightsBytesMax, type UserChange } from "../domain/user.ts"
import type { RefusedCondition } from "../domain/user_condition.ts"
import { quotedName } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { RefusedReset } from "../store/store.ts"
import { isFreeClaimName } from "../token/claims.ts"
import { isRefusedCondition, refusedCondition } from "./act.ts"
import { unknownUser } from "./create_user.ts"

/** The rule for names of roles, for messages. */
export const roleRule = "1 to 64 of the characters A-Z a-z 0-9 _ . : -, not - first"

/** The rule for names of claims, for messages. */
export const claimRule =
  "a letter or _ first, then A-Z a-z 0-9 _ . : / -, 64 at most, and none that has a meaning already"

/** Whether a text can be the name of a role. */
export function isRole(text: string): boolean {
  return /^[A-Za-z0-9_.:][\w.:-]{0,63}$/.test(text)
}

/**
 * Checks the name of a role.
 * @throws AuthError `invalid_request`
 */
export function requireRole(role: string): string {
  if (isRole(role)) return role
  throw new AuthError("invalid_request", `That can't be a role: it needs ${roleRule}`)
}

/**
 * Checks the name and value of a claim. Standard claims can't be set.
 * @throws AuthError `invalid_request`
 */
export function requireClaim<T extends { readonly name: string; readonly value: unknown }>(
  claim: T,
): T {
  if (!isFreeClaimName(claim.name)) {
    throw new AuthError("invalid_request", `That can't be a claim: it needs ${claimRule}`)
  }
  const text = jsonOf(claim.value)
  // Before the comparison, for which a value may be nested too deep.
  if (text !== undefined && Buffer.byteLength(text) > rightsBytesMax) throw rightsTooLarge()
  if (text === undefined || !isDeepStrictEqual(JSON.parse(text), claim.value)) {
    throw new AuthError("invalid_request", "A claim needs a value that JSON can hold")
  }
  return claim
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) throw rightsTooLarge()
    throw error
  }
}

/** The error for roles and claims that would not fit into a token. */
export function rightsTooLarge(): AuthError {
  const message = `The roles and claims of a user may have ${rightsBytesMax} bytes together`
  return new AuthError("invalid_request", message)
}

/** The error for a change that the store refused. */
export function refusedChange(
  refused: RefusedChange | RefusedCondition,
  change: UserChange,
  username: string,
): AuthError {
  if (isRefusedCondition(refused)) return refusedCondition(refused)
  if (refused === "too_large") return rightsTooLarge()
  const what = "removeRole" in change ? "role" : "claim"
  return new AuthError("not_found", `The user ${quotedName(username)} has no such ${what}`)
}

/** The error for a reset that the store refused. */
export function refusedReset(refused: RefusedReset, username: string): AuthError {
  return isRefusedCondition(refused) ? refusedCondition(refused) : unknownUser(username)
}
