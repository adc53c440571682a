// The claims of an access token: written for the two profiles, and read back strictly.
//
//   published  RFC 9068 §2.2: iss sub aud exp iat jti client_id, and auth_time fresh type roles
//   shared     Flask-JWT-Extended's: fresh iat jti type sub exp, and iss aud when configured

import type { JsonObject } from "../strict_json.ts"

/** What a token is signed for. */
export interface Grant {
  readonly username: string
  readonly roles: readonly string[]
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
  /** Compared exactly; undefined, in the shared profile only, means the claim must be absent. */
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly accessTtlSeconds: number
}

/** The claims of a token whose signature held, after `readClaims` found nothing wrong. */
export interface AccessClaims {
  readonly username: string
  readonly jti: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** When the password was checked, where the token tells. */
  readonly authTime: number | null
  /** Always, never, or as Flask-JWT-Extended also writes it: until that epoch second. */
  readonly fresh: boolean | number
  /** False for a refresh token of Flask-JWT-Extended, which is no access token. */
  readonly isAccess: boolean
}

/** The longest life a token may have, whoever of the two sides issued it. */
export const accessTtlSecondsMax = 86_400

/** How far the clock of an issuer may run ahead of ours; `exp` gets no such allowance. */
export const clockSkewSeconds = 5

/** RFC 9068 requires a client; whoever logs in with a password is Postern's own. */
const firstPartyClient = "postern"

const subjectPattern = /^[\x21-\x7e]{1,64}$/
const tokenIdPattern = /^(?!__proto__$)[\w.~-]{1,128}$/

/** The claims to sign, in the order in which they are written. */
export function writeClaims(grant: Grant, jti: string, settings: ClaimSettings): JsonObject {
  const { issuer, audience } = settings
  const { username: sub, issuedAt: iat, fresh, roles } = grant
  const exp = iat + settings.accessTtlSeconds
  if (settings.profile === "published") {
    const registered = { iss: issuer, sub, aud: audience, exp, iat, jti }
    return {
      ...registered,
      client_id: firstPartyClient,
      auth_time: grant.authTime,
      fresh,
      type: "access",
      roles,
    }
  }
  return {
    fresh,
    iat,
    jti,
    type: "access",
    sub,
    exp,
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
    ...(roles.length === 0 ? {} : { roles }),
  }
}

/**
 * Reads the claims of a verified payload. Whether the token has expired is left to the caller,
 * who tells that apart from all other faults.
 * @returns null when any claim is missing, of a wrong type or out of its bounds
 */
export function readClaims(
  payload: JsonObject,
  settings: ClaimSettings,
  now: number,
): AccessClaims | null {
  const { sub, jti, iat, exp, nbf, type, auth_time: authTime, fresh = false } = payload
  const latest = now + clockSkewSeconds
  const holds =
    !Object.hasOwn(payload, "__proto__") &&
    payload["iss"] === settings.issuer &&
    isAudience(payload["aud"], settings) &&
    typeof sub === "string" &&
    subjectPattern.test(sub) &&
    typeof jti === "string" &&
    tokenIdPattern.test(jti) &&
    isInstant(iat) &&
    iat <= latest &&
    (nbf === undefined || (isInstant(nbf) && nbf <= latest)) &&
    isInstant(exp) &&
    exp > iat &&
    // Flask-JWT-Extended's refresh tokens live for 30 days; here they only get a telling refusal.
    ((type === "access" && exp - iat <= accessTtlSecondsMax) ||
      (type === "refresh" && settings.profile === "shared")) &&
    (authTime === undefined
      ? settings.profile === "shared"
      : isInstant(authTime) && authTime <= latest) &&
    (typeof fresh === "boolean" || (settings.profile === "shared" && isFiniteNumber(fresh)))
  if (!holds) return null
  return {
    username: sub,
    jti,
    issuedAt: iat,
    expiresAt: exp,
    authTime: (authTime as number | undefined) ?? null,
    fresh: fresh as boolean | number,
    isAccess: type === "access",
  }
}

// One string; of the shared profile also a list with ours in it, as the library may write it.
function isAudience(aud: unknown, settings: ClaimSettings): boolean {
  if (!Array.isArray(aud)) return aud === settings.audience
  if (settings.profile === "published" || settings.audience === undefined) return false
  return aud.every((one) => typeof one === "string") && aud.includes(settings.audience)
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value)
}
