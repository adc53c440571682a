// The claims of an access token: written for the two profiles, and read back strictly.
//
//   published  RFC 9068 §2.2: iss sub aud exp iat jti client_id, and sid auth_time fresh type roles
//   shared     Flask-JWT-Extended's: fresh iat jti type sub csrf exp, and iss aud when configured;
//              sid and auth_time beside them, and roles where there are any
//
// The operator's own claims for a user follow; none of them can take a place that has a meaning.

import type { JsonObject } from "../domain/strict_json.ts"
import { isNameInRecord } from "../domain/username.ts"
import type { RefusalReason } from "../errors.ts"

/** What a token is signed for. */
export interface Grant {
  readonly username: string
  readonly roles: readonly string[]
  /** The operator's own claims for this user. */
  readonly claims: JsonObject
  /** The session that the token belongs to. */
  readonly sid: string
  /** When that ends, epoch seconds: the token does not outlive it. */
  readonly sessionExpiresAt: number
  /** When the password was checked, epoch seconds. */
  readonly authTime: number
  /** When the token's life starts, epoch seconds. */
  readonly issuedAt: number
  /** True when the password was checked for this very token. */
  readonly fresh: boolean
}

/** What every token of a deployment has in common. */
export interface ClaimSettings {
  readonly profile: "published" | "shared"
  /** What is written; undefined, in the shared profile only, for none. */
  readonly issuer: string | undefined
  readonly audience: string | readonly string[] | undefined
  /** What is accepted, compared exactly; when there is nothing, the claim must be absent. */
  readonly acceptedIssuers: readonly string[]
  readonly acceptedAudiences: readonly string[]
  readonly accessTtlSeconds: number
  /** How far clocks may differ: `exp` is stretched by that. */
  readonly leewaySeconds: number
}

/** The claims of a token whose signature held, after `readClaims` found nothing wrong. */
export interface AccessClaims {
  readonly username: string
  readonly jti: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** The session; null only for tokens that Flask-JWT-Extended made. */
  readonly sid: string | null
  /** When the password was checked, where the token tells. */
  readonly authTime: number | null
  /** Always, never, or as Flask-JWT-Extended also writes it: until that epoch second. */
  readonly fresh: boolean | number
  /** False for a refresh token of Flask-JWT-Extended, which is no access token. */
  readonly isAccess: boolean
  /** True when it begins later than a clock that differs a little could make of now. */
  readonly isAhead: boolean
}

/** The longest life a token may have, whoever of the two sides issued it. */
export const accessTtlSecondsMax = 86_400

/** How far the clock of an issuer may run ahead of ours, at least; `exp` gets no such allowance. */
const clockSkewSeconds = 5

/** The end of the year 9999, beyond which no text for an instant goes (RFC 3339 §1). */
const lastInstant = 253_402_300_799

/** RFC 9068 requires a client; whoever logs in with a password is Postern's own. */
const firstPartyClient = "postern"

const tokenIdPattern = /^(?!__proto__$)[\w.~-]{1,128}$/
const sessionIdPattern = /^[\w-]{22}$/

/**
 * Claims with a meaning of their own: Postern's, those registered for tokens and logins (RFC 7519
 * §4.1, RFC 9068, RFC 8693, OpenID Connect Core §2), and Flask-JWT-Extended's.
 */
const reservedClaims: readonly string[] = [
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "auth_time", "fresh"],
  ...["type", "roles", "groups", "entitlements", "scope", "scp", "act", "may_act", "cnf", "azp"],
  ...["nonce", "acr", "amr", "at_hash", "c_hash", "events", "toe", "txn", "csrf", "typ", "alg"],
  ...["kid", "username", "permissions", "authorization_details"],
]

/** Whether the operator may give users a claim of this name. */
export function isFreeClaimName(name: string): boolean {
  return /^[A-Za-z_][\w.:/-]{0,63}$/.test(name) && name !== "__proto__" && !isReserved(name)
}

function isReserved(name: string): boolean {
  return reservedClaims.includes(name.toLowerCase())
}

/** Random texts of one token. */
export interface TokenNames {
  readonly jti: string
  /** What Flask-JWT-Extended's `set_access_cookies` copies into a cookie of its own. */
  readonly csrf: string
}

/** The claims to sign, in the order in which they are written. */
export function writeClaims(grant: Grant, names: TokenNames, settings: ClaimSettings): JsonObject {
  const written = (settings.profile === "published" ? published : shared)(grant, names, settings)
  // Looked at again: whatever the store holds, nothing in it takes the place of a claim of ours,
  // nor of one that we leave out.
  const own = Object.entries(grant.claims).filter(([name]) => isFreeClaimName(name))
  return { ...written, ...Object.fromEntries(own) }
}

function published(grant: Grant, { jti }: TokenNames, settings: ClaimSettings): JsonObject {
  const { username: sub, issuedAt: iat, authTime, sid, fresh, roles } = grant
  const { issuer: iss, audience: aud } = settings
  const registered = { iss, sub, aud, exp: expiryOf(grant, settings), iat, jti }
  const session = { sid, auth_time: authTime, fresh }
  return { ...registered, client_id: firstPartyClient, ...session, type: "access", roles }
}

function shared(grant: Grant, { jti, csrf }: TokenNames, settings: ClaimSettings): JsonObject {
  const { username: sub, issuedAt: iat, authTime, sid, fresh, roles } = grant
  const { issuer: iss, audience: aud } = settings
  return {
    ...{ fresh, iat, jti, type: "access", sub, csrf, exp: expiryOf(grant, settings) },
    ...(iss === undefined ? {} : { iss }),
    ...(aud === undefined ? {} : { aud }),
    ...{ sid, auth_time: authTime },
    ...(roles.length === 0 ? {} : { roles }),
  }
}

function expiryOf({ issuedAt, sessionExpiresAt }: Grant, settings: ClaimSettings): number {
  return Math.min(issuedAt + settings.accessTtlSeconds, sessionExpiresAt)
}

/**
 * Reads the claims of a verified payload. Whether the token's time has come, or is over, is left to
 * the caller: a session can be ended with a token of any age, whatever the clock shows.
 * @returns the reason of the refusal when a claim is missing, of a wrong type or out of its bounds
 */
export function readClaims(
  payload: JsonObject,
  settings: ClaimSettings,
  now: number,
): AccessClaims | RefusalReason {
  const { sub, jti, iat, exp, nbf, type, sid, auth_time: authTime, fresh = false } = payload
  const isPublished = settings.profile === "published"
  if (!isIssuer(payload["iss"], settings)) return "issuer"
  if (!isAudience(payload["aud"], settings)) return "audience"
  // Flask-JWT-Extended's refresh tokens are read: they get a refusal that tells what they are.
  if (type !== "access" && (type !== "refresh" || isPublished)) return "type"
  if (exp === undefined) return "lifetime"
  const holds =
    !Object.hasOwn(payload, "__proto__") &&
    typeof sub === "string" &&
    isNameInRecord(sub) &&
    typeof jti === "string" &&
    tokenIdPattern.test(jti) &&
    isInstant(iat) &&
    (nbf === undefined || isInstant(nbf)) &&
    isInstant(exp) &&
    (isSessionId(sid) || !isPublished) &&
    (authTime === undefined ? !isPublished : isInstant(authTime)) &&
    (typeof fresh === "boolean" || (!isPublished && isFiniteNumber(fresh)))
  if (!holds) return "claims"
  if (exp <= iat || (type === "access" && exp - iat > accessTtlSecondsMax)) return "lifetime"
  const latest = now + Math.max(clockSkewSeconds, settings.leewaySeconds)
  const begins = Math.max(iat, Number(nbf ?? 0), Number(authTime ?? 0))
  return {
    username: sub,
    jti,
    issuedAt: iat,
    expiresAt: exp,
    // A claim of that name, but not of our form, is the Flask app's own.
    sid: isSessionId(sid) ? sid : null,
    authTime: (authTime as number | undefined) ?? null,
    fresh: fresh as boolean | number,
    isAccess: type === "access",
    isAhead: begins > latest,
  }
}

function isIssuer(iss: unknown, { acceptedIssuers }: ClaimSettings): boolean {
  if (acceptedIssuers.length === 0) return iss === undefined
  return typeof iss === "string" && acceptedIssuers.includes(iss)
}

// One string; of the shared profile also a list with one of ours in it, which the library writes.
function isAudience(aud: unknown, { profile, acceptedAudiences }: ClaimSettings): boolean {
  if (acceptedAudiences.length === 0) return aud === undefined
  if (typeof aud === "string") return acceptedAudiences.includes(aud)
  if (profile === "published" || !Array.isArray(aud)) return false
  return (
    aud.every((one) => typeof one === "string") &&
    aud.some((one) => acceptedAudiences.includes(one))
  )
}

function isSessionId(sid: unknown): sid is string {
  return typeof sid === "string" && sessionIdPattern.test(sid)
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastInstant
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value)
}
