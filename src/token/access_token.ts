// Signs and verifies access tokens: the only code that handles a JWT. `jose` checks signatures, and
// this file checks everything else. No claim is read before the signature holds. Nothing is fetched
// or opened. The caller never learns which check failed; the access log does.
//
//   header.payload.signature   JWS compact form (RFC 7515 §7.1), each part canonical base64url
//   header                     alg, typ and kid, nothing else (RFC 8725 §3)

import { CompactSign } from "jose/jws/compact/sign"
import { compactVerify } from "jose/jws/compact/verify"
import { type JsonObject, type JsonReading, readJsonObject } from "../domain/strict_json.ts"
import { AuthError, type RefusalReason, refusalReasons } from "../errors.ts"
import { randomName } from "../system/random.ts"
import {
  type AccessClaims,
  type ClaimSettings,
  type Grant,
  readClaims,
  writeClaims,
} from "./claims.ts"
import { isPublished, isShared } from "./keys/algorithms.ts"
import type { KeyRing, VerificationKey } from "./keys/key_ring.ts"

const tokenLengthMax = 4096
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const headerMembers = ["alg", "typ", "kid"]
/** How tokens of other kinds begin: refresh and device tokens, links, tickets of a login. */
const otherKind = /^pt[a-z]_/

/** One error a reason, made once, so that a flood of forged tokens costs little. */
const invalid = Object.fromEntries(
  refusalReasons.map((reason) => [reason, refusal("Invalid token", reason)]),
) as Readonly<Record<RefusalReason, AuthError>>
const expired = refusal("Token has expired", "expired")
const refreshToken = refusal("Only non-refresh tokens are allowed", "type")

/** What signing and verifying go by. */
export interface TokenSettings extends ClaimSettings {
  readonly ring: KeyRing
}

/** A signed token and how long it lives. */
export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

/** Signs an access token with the current key. */
export async function signAccessToken(grant: Grant, settings: TokenSettings): Promise<IssuedToken> {
  const { alg, kid, key } = settings.ring.signer(grant.issuedAt)
  const claims = writeClaims(grant, { jti: randomName(), csrf: randomName() }, settings)
  const typ = tokenType(settings)
  const header = { alg, typ, ...(kid === undefined ? {} : { kid }) }
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(key)
  // The session may have ended while the grant was stored.
  return { token, expiresInSeconds: Math.max(0, Number(claims["exp"]) - grant.issuedAt) }
}

/**
 * Verifies an access token: form, header, key, signature, claims, in this order.
 * @param now epoch seconds
 * @throws AuthError `invalid_token`: "Token has expired" for an expired token without another
 *   fault, "Only non-refresh tokens are allowed" for a refresh token, else "Invalid token"
 */
export async function verifyAccessToken(
  token: string,
  settings: TokenSettings,
  now: number,
): Promise<AccessClaims> {
  const claims = await readSignedToken(token, settings, now)
  if (typeof claims === "string") throw invalid[claims]
  if (claims.isAhead) throw invalid.not_yet_valid
  assertNotExpired(claims, settings, now)
  if (claims.isAccess) return claims
  throw refreshToken
}

/**
 * Refuses an expired token.
 * @throws AuthError `invalid_token` "Token has expired"
 */
export function assertNotExpired(claims: AccessClaims, settings: TokenSettings, now: number): void {
  if (hasExpired(claims, settings, now)) throw expired
}

/** Whether a token has expired, leeway included. */
export function hasExpired(
  { expiresAt }: AccessClaims,
  { leewaySeconds }: TokenSettings,
  now: number,
): boolean {
  return now >= expiresAt + leewaySeconds
}

/**
 * Reads a token that may have expired, may begin later, and may be a refresh token. For logging out
 * what the token names, never for letting a request pass.
 * @returns its claims, or the reason of the refusal when form, signature or claims do not hold
 */
export async function readSignedToken(
  token: string,
  settings: TokenSettings,
  now: number,
): Promise<AccessClaims | RefusalReason> {
  // Before the token is split or decoded: a long token costs nothing (CVE-2025-30204).
  if (token.length > tokenLengthMax) return "malformed"
  if (!compactForm.test(token)) return otherKind.test(token) ? "type" : "malformed"
  const [encodedHeader = "", encodedPayload = "", encodedSignature = ""] = token.split(".")
  const payload = decodeCanonical(encodedPayload)
  const signature = decodeCanonical(encodedSignature)
  if (payload === null || signature === null) return "malformed"
  try {
    const header = readHeader(encodedHeader)
    const named = typeof header === "string" ? header : chooseKey(header, settings, now)
    if (typeof named === "string") return named
    const key = possibleSigner(named, token, signature)
    if (key === null) return "signature"
    if (!(await isSignedWith(token, key))) return "signature"
    const reading = readJsonObject(payload)
    if (!isCanonical(reading, settings)) return "malformed"
    return readClaims(reading.value, settings, now)
  } catch {
    // Any exception, of any type, means that the token was not verified.
    return "malformed"
  }
}

/** The key, or the one before it, whichever may have signed the token. */
function possibleSigner(
  key: VerificationKey,
  token: string,
  signature: Uint8Array,
): VerificationKey | null {
  if (!key.isForged?.(token, signature)) return key
  return key.previous === undefined ? null : possibleSigner(key.previous, token, signature)
}

async function isSignedWith(token: string, { key, alg }: VerificationKey): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] })
    return true
  } catch {
    return false
  }
}

function refusal(message: string, reason: RefusalReason): AuthError {
  return Object.freeze(new AuthError("invalid_token", message, { reason }))
}

/** The last header of a valid form. Nearly all tokens of a deployment have the same one. */
let lastHeader: { readonly encoded: string; readonly value: JsonObject } | null = null

/** The members of a header, if its form is one that Postern writes. */
function readHeader(encoded: string): JsonObject | RefusalReason {
  if (encoded === lastHeader?.encoded) return lastHeader.value
  const bytes = decodeCanonical(encoded)
  if (bytes === null) return "malformed"
  const { text, value } = readJsonObject(bytes)
  if (JSON.stringify(value) !== text) return "malformed"
  if (!Object.keys(value).every((name) => headerMembers.includes(name))) return "header"
  lastHeader = { encoded, value }
  return value
}

/** The key that a header names, with the algorithm of the key. */
function chooseKey(
  { alg, typ, kid }: JsonObject,
  settings: TokenSettings,
  now: number,
): VerificationKey | RefusalReason {
  const isPossible = settings.profile === "shared" ? isShared : isPublished
  if (typeof alg !== "string" || !isPossible(alg)) return "algorithm"
  if (typ !== tokenType(settings)) return "type"
  // Found in a Map by the exact string: no prototype, no path, no trying of all keys.
  const isName = kid === undefined || typeof kid === "string"
  const key = isName ? settings.ring.find(kid, now) : null
  if (key === null) return "unknown_key"
  return key.alg === alg ? key : "algorithm"
}

/** The bytes of canonical base64url text, or null (RFC 4648 §3.5). */
function decodeCanonical(part: string): Buffer | null {
  const bytes = Buffer.from(part, "base64url")
  return bytes.toString("base64url") === part ? bytes : null
}

// Postern's tokens are what JSON.stringify writes. Python writes some numbers and letters
// differently, so tokens of a shared secret are only refused for blanks and duplicate members.
function isCanonical({ text, value, spaced }: JsonReading, { profile }: TokenSettings): boolean {
  return profile === "shared" ? !spaced : JSON.stringify(value) === text
}

function tokenType({ profile }: TokenSettings): string {
  return profile === "shared" ? "JWT" : "at+jwt"
}
