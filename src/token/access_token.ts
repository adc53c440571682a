// Signs and verifies access tokens: the only code that handles a JWT. `jose` checks signatures;
// what it does not check is checked here. No claim is looked at before the signature holds, nothing
// is fetched or opened, and the caller never learns which check failed.
//
//   header.payload.signature   JWS compact form (RFC 7515 §7.1), each part canonical base64url
//   header                     alg, typ and kid, nothing else (RFC 8725 §3)

import { CompactSign } from "jose/jws/compact/sign"
import { compactVerify } from "jose/jws/compact/verify"
import { type Awaitable, after, attempt } from "../awaitable.ts"
import { AuthError } from "../errors.ts"
import { randomName } from "../random.ts"
import { type JsonObject, type JsonReading, readJsonObject } from "../strict_json.ts"
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

/** Thrown as it is each time: nobody is to learn more, and who floods us gets it made once. */
const invalid = new AuthError("invalid_token", "Invalid token")

/** What signing and verifying need to know of the deployment. */
export interface TokenSettings extends ClaimSettings {
  readonly ring: KeyRing
}

/** A signed token and how long it lives. */
export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

/** Signs an access token with the key whose turn it is. */
export async function signAccessToken(grant: Grant, settings: TokenSettings): Promise<IssuedToken> {
  const { alg, kid, key } = settings.ring.signer(grant.issuedAt)
  const claims = writeClaims(grant, { jti: randomName(), csrf: randomName() }, settings)
  const typ = tokenType(settings)
  const header = { alg, typ, ...(kid === undefined ? {} : { kid }) }
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(key)
  // Its session may have reached its end while the grant was stored.
  return { token, expiresInSeconds: Math.max(0, Number(claims["exp"]) - grant.issuedAt) }
}

/**
 * Verifies an access token: form, header, key, signature, claims, in this order.
 * @param now epoch seconds
 * @throws AuthError `invalid_token`, for an expired token that is otherwise good "Token has
 *   expired", for a refresh token "Only non-refresh tokens are allowed", else "Invalid token"
 */
export function verifyAccessToken(
  token: string,
  settings: TokenSettings,
  now: number,
): Awaitable<AccessClaims> {
  return after(readSignedToken(token, settings, now), (claims) => {
    if (claims === null || claims.isAhead) throw invalid
    assertNotExpired(claims, settings, now)
    if (claims.isAccess) return claims
    throw new AuthError("invalid_token", "Only non-refresh tokens are allowed")
  })
}

/**
 * Refuses a token whose time is over.
 * @throws AuthError `invalid_token` "Token has expired"
 */
export function assertNotExpired(claims: AccessClaims, settings: TokenSettings, now: number): void {
  if (hasExpired(claims, settings, now)) throw new AuthError("invalid_token", "Token has expired")
}

/** Whether a token's time is over. */
export function hasExpired(
  { expiresAt }: AccessClaims,
  { leewaySeconds }: TokenSettings,
  now: number,
): boolean {
  return now >= expiresAt + leewaySeconds
}

/**
 * The claims of a token whose form, signature and claims hold, though it may have expired, be dated
 * ahead or be a refresh token: for those who end what it names, and never to let anybody pass. Null
 * for all else.
 */
export function readSignedToken(
  token: string,
  settings: TokenSettings,
  now: number,
): Awaitable<AccessClaims | null> {
  // Before anything splits or decodes it: a long token costs nothing (CVE-2025-30204).
  if (token.length > tokenLengthMax || !compactForm.test(token)) return null
  const [encodedHeader = "", encodedPayload = "", encodedSignature = ""] = token.split(".")
  const payload = decodeCanonical(encodedPayload)
  const signature = decodeCanonical(encodedSignature)
  if (payload === null || signature === null) return null
  return attempt<AccessClaims | null>(
    () => {
      const key = chooseKey(readHeader(encodedHeader), settings, now)
      if (key === null || key.rulesOut?.(token, signature)) return null
      return compactVerify(token, key.key, { algorithms: [key.alg] }).then(() => {
        const reading = readJsonObject(payload)
        return isCanonical(reading, settings) ? readClaims(reading.value, settings, now) : null
      })
    },
    // Whatever went wrong in there, of whatever type: the token was not verified.
    () => null,
  )
}

/** The last header whose form was ours. Nearly all tokens of a deployment have the same. */
let lastHeader: { readonly encoded: string; readonly value: JsonObject } | null = null

/** The members of a header, if it has the form of one that we could have written. */
function readHeader(encoded: string): JsonObject | null {
  if (encoded === lastHeader?.encoded) return lastHeader.value
  const bytes = decodeCanonical(encoded)
  if (bytes === null) return null
  const { text, value } = readJsonObject(bytes)
  if (JSON.stringify(value) !== text) return null
  if (!Object.keys(value).every((name) => headerMembers.includes(name))) return null
  lastHeader = { encoded, value }
  return value
}

/** The key that a header names. */
function chooseKey(
  header: JsonObject | null,
  settings: TokenSettings,
  now: number,
): VerificationKey | null {
  if (header === null) return null
  const { alg, typ, kid } = header
  if (typ !== tokenType(settings)) return null
  // A Map and an exact string: no prototype, no path, no search through all keys.
  if (kid !== undefined && typeof kid !== "string") return null
  const key = settings.ring.find(kid, now)
  return key?.alg === alg ? key : null
}

/** Bytes of base64url text that has exactly one spelling, or null (RFC 4648 §3.5). */
function decodeCanonical(part: string): Buffer | null {
  const bytes = Buffer.from(part, "base64url")
  return bytes.toString("base64url") === part ? bytes : null
}

// Our own tokens are what JSON.stringify writes. Python writes some numbers and letters otherwise,
// so of a shared secret's tokens only blanks are refused (and members that stand twice, before).
function isCanonical({ text, value, spaced }: JsonReading, { profile }: TokenSettings): boolean {
  return profile === "shared" ? !spaced : JSON.stringify(value) === text
}

function tokenType({ profile }: TokenSettings): string {
  return profile === "shared" ? "JWT" : "at+jwt"
}
