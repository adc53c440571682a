// A user as `postern user import` takes one and `postern user export` gives one: a JSON object.
//
//   {"name":"carol","password_hash":"$2b$12$…","roles":["admin"],"claims":{"team":"a"},
//    "disabled":false,"created_at":1795447800,"tokens_not_before":0}
//
// Only the first two must be there. `password_hash` is a text for the store, or null for a user who
// has no password yet. No message quotes a member: it may be a password in the wrong place.

import { isJsonObject, type JsonObject } from "../domain/strict_json.ts"
import { isWithinRights, type User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import { isPasswordHash, noPasswordHash } from "../password/phc.ts"
import { requireName } from "./create_user.ts"
import { requireClaim, requireRole, rightsTooLarge } from "./user_rights.ts"

/** The members, in the order in which they are written. */
export const importedMembers = [
  ...(["name", "password_hash", "roles", "claims", "disabled"] as const),
  ...(["created_at", "tokens_not_before"] as const),
] as const

/** The clock of the machine that exported may be ahead. */
const secondsAheadMax = 60

/**
 * Reads a user. The hash must be one for the store.
 * @throws AuthError `invalid_request`
 */
export function readImportedUser(members: JsonObject, now: number): User {
  const unknown = Object.keys(members).find((name) => !isMember(name))
  if (unknown !== undefined) throw mistake(`there is a member that is none of ${listed}`)
  const { name, password_hash, roles = [], claims = {}, disabled = false } = members
  const { created_at: createdAt = now, tokens_not_before: tokensNotBefore = 0 } = members
  if (typeof name !== "string") throw mistake("'name' must be text")
  if (typeof disabled !== "boolean") throw mistake("'disabled' must be true or false")
  const user: User = {
    username: requireName(name),
    passwordHash: requireHash(password_hash),
    roles: requireRoles(roles),
    claims: requireClaims(claims),
    disabled,
    createdAt: requireInstant("created_at", createdAt, now),
    tokensNotBefore: requireInstant("tokens_not_before", tokensNotBefore, now),
    ...{ link: null, factors: null },
  }
  if (!isWithinRights(user)) throw rightsTooLarge()
  return user
}

/** Writes a user. Second factors, links and sessions are left out. */
export function writeImportedUser(user: User): JsonObject {
  const { username: name, passwordHash, roles, claims, disabled } = user
  const password_hash = passwordHash === noPasswordHash ? null : passwordHash
  const instants = { created_at: user.createdAt, tokens_not_before: user.tokensNotBefore }
  return { name, password_hash, roles, claims, disabled, ...instants }
}

const listed = importedMembers.map((name) => `'${name}'`).join(", ")

function isMember(name: string): boolean {
  return (importedMembers as readonly string[]).includes(name)
}

function requireHash(hash: unknown): string {
  if (hash === undefined) throw mistake("'password_hash' is missing; null is for no password yet")
  if (hash === null) return noPasswordHash
  if (typeof hash === "string" && isPasswordHash(hash)) return hash
  throw mistake("'password_hash' is no hash that the store takes")
}

function requireRoles(roles: unknown): readonly string[] {
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === "string")) {
    throw mistake("'roles' must be a list of texts")
  }
  return [...new Set(roles.map(requireRole))].sort()
}

function requireClaims(claims: unknown): JsonObject {
  if (!isJsonObject(claims)) throw mistake("'claims' must be an object")
  for (const [name, value] of Object.entries(claims)) requireClaim({ name, value })
  return claims
}

function requireInstant(name: string, value: unknown, now: number): number {
  const isInstant = Number.isSafeInteger(value) && (value as number) >= 0
  if (isInstant && (value as number) <= now + secondsAheadMax) return value as number
  throw mistake(`'${name}' must be a time in the past, in epoch seconds`)
}

function mistake(message: string): AuthError {
  return new AuthError("invalid_request", message)
}
