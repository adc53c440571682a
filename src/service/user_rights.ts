// What a user's tokens say beside who it is: roles, and claims of the operator's own. Pure changes
// of a user, refused when they can't be.

import { isDeepStrictEqual } from "node:util"
import type { JsonObject } from "../domain/strict_json.ts"
import { quotedName } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { User, UserChange } from "../store/store.ts"
import { isFreeClaimName } from "../token/claims.ts"

/** Of the roles and claims of a user as JSON: a token has to stay below its longest length. */
const rightsBytesMax = 1024

/** What a role may be called, for messages. */
export const roleRule = "1 to 64 of the characters A-Z a-z 0-9 _ . : -, not - first"

/** What a claim may be called, for messages. */
export const claimRule =
  "a letter or _ first, then A-Z a-z 0-9 _ . : / -, 64 at most, and none that has a meaning already"

/**
 * The user with a role more.
 * @throws AuthError `invalid_request`
 */
export function withRole(user: User, role: string): UserChange {
  if (!/^[A-Za-z0-9_.:][\w.:-]{0,63}$/.test(role)) {
    throw new AuthError("invalid_request", `That can't be a role: it needs ${roleRule}`)
  }
  if (user.roles.includes(role)) return {}
  return bounded(user, { roles: [...user.roles, role].sort() })
}

/**
 * The user with a role less.
 * @throws AuthError `not_found` when it has no such role
 */
export function withoutRole(user: User, role: string): UserChange {
  if (!user.roles.includes(role)) {
    throw new AuthError("not_found", `The user ${quotedName(user.username)} has no such role`)
  }
  return { roles: user.roles.filter((one) => one !== role) }
}

/**
 * The user with a claim more, or with another value for one.
 * @throws AuthError `invalid_request`, for a name that has a meaning of its own, too
 */
export function withClaim(user: User, name: string, value: unknown): UserChange {
  if (!isFreeClaimName(name)) {
    throw new AuthError("invalid_request", `That can't be a claim: it needs ${claimRule}`)
  }
  const text = JSON.stringify(value)
  if (text === undefined || !isDeepStrictEqual(JSON.parse(text), value)) {
    throw new AuthError("invalid_request", "A claim needs a value that JSON can hold")
  }
  return bounded(user, { claims: { ...user.claims, [name]: value } })
}

/**
 * The user with a claim less.
 * @throws AuthError `not_found` when it has no such claim
 */
export function withoutClaim(user: User, name: string): UserChange {
  if (!Object.hasOwn(user.claims, name)) {
    throw new AuthError("not_found", `The user ${quotedName(user.username)} has no such claim`)
  }
  const claims: JsonObject = Object.fromEntries(
    Object.entries(user.claims).filter(([known]) => known !== name),
  )
  return { claims }
}

function bounded(user: User, change: UserChange): UserChange {
  const { roles, claims } = { ...user, ...change }
  if (Buffer.byteLength(JSON.stringify({ roles, claims })) <= rightsBytesMax) return change
  const message = `The roles and claims of a user may have ${rightsBytesMax} bytes together`
  throw new AuthError("invalid_request", message)
}
