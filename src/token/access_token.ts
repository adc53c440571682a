// Signs and verifies access tokens: the only code that handles a JWT. `jose` checks signatures;
// what it does not check is checked here. No claim is looked at before the signature holds, nothing
// is fetched or opened, and the caller never learns which check failed.
//
//   header.payload.signature   JWS compact form (RFC 7515 §7.1), each part canonical base64url
//   header                     alg, typ and kid, nothing else (RFC 8725 §3)

import { CompactSign, compactVerify } from "jose"
import { AuthError } from "../errors.ts"
import { randomName } from "../random.ts"
import { type JsonReading, readJsonObject } from "../strict_json.ts"
import {
  type AccessClaims,
  type ClaimSettings,
  type Grant,
  readClaims,
  writeClaims,
} from "./claims.ts"
import type { KeyRing, VerificationKey } from "./key_ring.ts"

const tokenLengthMax = 4096
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const headerMembers = ["alg", "typ", "kid"]

/** What signing and verifying need to know of the deployment. */
export interface TokenSettings extends Omit<ClaimSettings, "profile"> {
  readonly ring: KeyRing
}

/** A signed token and how long it lives. */
export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

/** Signs an access token with the ring's signing key. */
export async function signAccessToken(grant: Grant, settings: TokenSettings): Promise<IssuedToken> {
  const { alg, kid, key } = settings.ring.signing
  const claims = writeClaims(grant, randomName(), claimSettings(settings))
  const typ = tokenType(settings.ring)
  const header = { alg, typ, ...(kid === undefined ? {} : { kid }) }
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(key)
  return { token, expiresInSeconds: settings.accessTtlSeconds }
}

/**
 * Verifies an access token: form, header, key, signature, claims, in this order.
 * @param now epoch seconds
 * @throws AuthError `invalid_token`, for an expired token that is otherwise good "Token has
 *   expired", for a refresh token "Only non-refresh tokens are allowed", else "Invalid token"
 */
export async function verifyAccessToken(
  token: string,
  settings: TokenSettings,
  now: number,
): Promise<AccessClaims> {
  const claims = await readVerified(token, settings, now)
  if (claims === null) throw new AuthError("invalid_token", "Invalid token")
  if (now >= claims.expiresAt) throw new AuthError("invalid_token", "Token has expired")
  if (!claims.isAccess) throw new AuthError("invalid_token", "Only non-refresh tokens are allowed")
  return claims
}

async function readVerified(
  token: string,
  settings: TokenSettings,
  now: number,
): Promise<AccessClaims | null> {
  // Before anything splits or decodes it: a long token costs nothing (CVE-2025-30204).
  if (token.length > tokenLengthMax || !compactForm.test(token)) return null
  const parts = token.split(".").map(decodeCanonical)
  const [header, payload, signature] = parts
  if (!header || !payload || !signature) return null
  try {
    const key = chooseKey(readJsonObject(header), settings.ring)
    if (key === null) return null
    await compactVerify(token, key.key, { algorithms: [key.alg] })
    const reading = readJsonObject(payload)
    if (!isCanonical(reading, settings.ring)) return null
    return readClaims(reading.value, claimSettings(settings), now)
  } catch {
    // Whatever went wrong in there, of whatever type: the token was not verified.
    return null
  }
}

/** The key that the header names, if the header is one that we could have written. */
function chooseKey({ text, value }: JsonReading, ring: KeyRing): VerificationKey | null {
  const { alg, typ, kid } = value
  if (JSON.stringify(value) !== text) return null
  if (!Object.keys(value).every((name) => headerMembers.includes(name))) return null
  if (typ !== tokenType(ring)) return null
  // A Map and an exact string: no prototype, no path, no search through all keys.
  if (kid !== undefined && typeof kid !== "string") return null
  const key = ring.verifying.get(kid)
  return key !== undefined && key.alg === alg ? key : null
}

/** Bytes of base64url text that has exactly one spelling, or null (RFC 4648 §3.5). */
function decodeCanonical(part: string): Buffer | null {
  const bytes = Buffer.from(part, "base64url")
  return bytes.toString("base64url") === part ? bytes : null
}

// Our own tokens are what JSON.stringify writes. Python writes some numbers and letters otherwise,
// so of a shared secret's tokens only blanks are refused (and members that stand twice, before).
function isCanonical({ text, value, spaced }: JsonReading, ring: KeyRing): boolean {
  return ring.profile === "shared" ? !spaced : JSON.stringify(value) === text
}

function tokenType(ring: KeyRing): string {
  return ring.profile === "shared" ? "JWT" : "at+jwt"
}

function claimSettings(settings: TokenSettings): ClaimSettings {
  const { ring, issuer, audience, accessTtlSeconds } = settings
  return { profile: ring.profile, issuer, audience, accessTtlSeconds }
}
