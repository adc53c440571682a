// The claims of an access token: written for the two profiles, and read back strictly.
//
//   published  RFC 9068 §2.2: iss sub aud exp iat jti client_id, auth_time acr amr, and sid fresh
//              type roles
//   shared     Flask-JWT-Extended's: fresh iat jti type sub csrf exp, and iss aud when configured;
//              sid, auth_time, acr and amr beside them, and roles where there are any
//
// The operator's own claims for a user follow. None of them can replace a claim with a meaning.

import type { JsonObject } from "../domain/strict_json.ts"
import { isNameInRecord } from "../domain/username.ts"
import type { RefusalReason } from "../errors.ts"

/** For whom and for which session a token is signed. */
export interface Grant {
  readonly username: string
  readonly roles: readonly string[]
  /** The operator's own claims for this user. */
  readonly claims: JsonObject
  /** The session that the token belongs to. */
  readonly sid: string
  /** When the session ends, epoch seconds. The token expires no later. */
  readonly sessionExpiresAt: number
  /** When the password was checked, epoch seconds. */
  readonly authTime: number
  /** When the token's life starts, epoch seconds. */
  readonly issuedAt: number
  /** Whether the password was checked for this token. */
  readonly fresh: boolean
  /** The assurance of the login, and how it was done (RFC 9068 §2.2.1, RFC 8176 §2). */
  readonly acr: string
  readonly amr: readonly string[]
}

/** The settings of a deployment that all its tokens share. */
export interface ClaimSettings {
  readonly profile: "published" | "shared"
  /** The `iss` and `aud` to write. Undefined for none, in the shared profile only. */
  readonly issuer: string | undefined
  readonly audience: string | readonly string[] | undefined
  /** The values to accept, compared exactly. An empty list demands that the claim is absent. */
  readonly acceptedIssuers: readonly string[]
  readonly acceptedAudiences: readonly string[]
  readonly accessTtlSeconds: number
  /** By how much a token is accepted after its `exp`, since clocks differ. */
  readonly leewaySeconds: number
}

/** The claims of a token whose signature held, after `readClaims` found nothing wrong. */
export interface AccessClaims {
  readonly username: string
  readonly jti: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** The session; null only in tokens made by Flask-JWT-Extended. */
  readonly sid: string | null
  /** When the password was checked, if the token says so. */
  readonly authTime: number | null
  /** True, false, or an epoch second until which the token is fresh (Flask-JWT-Extended). */
  readonly fresh: boolean | number
  /** False for a refresh token of Flask-JWT-Extended, which is no access token. */
  readonly isAccess: boolean
  /** Whether the token begins later than clock skew explains. */
  readonly isAhead: boolean
}

/** The longest life of a token, made by Postern or by a Flask app. */
export const accessTtlSecondsMax = 86_400

/** By how much an issuer's clock may be ahead, at least. `exp` gets no such allowance. */
const clockSkewSeconds = 5

/** The end of the year 9999: later instants can't be written (RFC 3339 §1). */
const lastInstant = 253_402_300_799

/** RFC 9068 requires `client_id`. A login by password has no other client. */
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

interface TokenNames {
  readonly jti: string
  /** Flask-JWT-Extended's `set_access_cookies` copies it into a cookie. */
  readonly csrf: string
}

/** The claims to sign, in the order in which they are written. */
export function writeClaims(grant: Grant, names: TokenNames, settings: ClaimSettings): JsonObject {
  const written = (settings.profile === "published" ? published : shared)(grant, names, settings)
  // Checked again here: no claim in the store can replace one of ours, written or left out.
  const own = Object.entries(grant.claims).filter(([name]) => isFreeClaimName(name))
  return { ...written, ...Object.fromEntries(own) }
}

function published(grant: Grant, { jti }: TokenNames, settings: ClaimSettings): JsonObject {
  const { username: sub, issuedAt: iat, authTime, sid, fresh, roles, acr, amr } = grant
  const { issuer: iss, audience: aud } = settings
  const registered = { iss, sub, aud, exp: expiryOf(grant, settings), iat, jti }
  const session = { sid, auth_time: authTime, acr, amr, fresh }
  return { ...registered, client_id: firstPartyClient, ...session, type: "access", roles }
}

function shared(grant: Grant, { jti, csrf }: TokenNames, settings: ClaimSettings): JsonObject {
  const { username: sub, issuedAt: iat, authTime, sid, fresh, roles, acr, amr } = grant
  const { issuer: iss, audience: aud } = settings
  return {
    ...{ fresh, iat, jti, type: "access", sub, csrf, exp: expiryOf(grant, settings) },
    ...(iss === undefined ? {} : { iss }),
    ...(aud === undefined ? {} : { aud }),
    ...{ sid, auth_time: authTime, acr, amr },
    ...(roles.length === 0 ? {} : { roles }),
  }
}

function expiryOf({ issuedAt, sessionExpiresAt }: Grant, settings: ClaimSettings): number {
  return Math.min(issuedAt + settings.accessTtlSeconds, sessionExpiresAt)
}

/**
 * Reads the claims of a verified payload. The caller checks whether the token has expired or begins
 * later, since a logout accepts tokens of any age.
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
  // Refresh tokens of Flask-JWT-Extended are read, too: their refusal says what they are.
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
    (typeof fresh === "boolean" || (!isPublished && Number.isFinite(fresh)))
  if (!holds) return "claims"
  if (exp <= iat || (type === "access" && exp - iat > accessTtlSecondsMax)) return "lifetime"
  const latest = now + Math.max(clockSkewSeconds, settings.leewaySeconds)
  const begins = Math.max(iat, Number(nbf ?? 0), Number(authTime ?? 0))
  return {
    username: sub,
    jti,
    issuedAt: iat,
    expiresAt: exp,
    // A `sid` of another form is a Flask app's own claim.
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

// One string; in the shared profile also a list, which Flask-JWT-Extended writes.
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
