// Refresh tokens: opaque to clients, computed from a session's id and the number of its rotation.
// The store holds nothing from which a token could be made (RFC 9700 §4.14.2, RFC 6819 §5.2.2).
//
//   ptr_ + base64url( sid 16 bytes · number 6 bytes, big endian · tag 20 bytes )
//   tag = the first 20 bytes of HMAC-SHA-256(key, "postern refresh token 1\0" · sid · number)
//
// 42 bytes are exactly 56 characters, so a token has one spelling.

import { createHmac, timingSafeEqual } from "node:crypto"
import type { RefusalReason } from "../errors.ts"

/** The content of a refresh token. */
export interface RefreshTokenContent {
  readonly sid: string
  /** The number of the token in its session. */
  readonly rotations: number
}

const prefix = "ptr_"
const form = /^ptr_[\w-]{56}$/
const label = Buffer.from("postern refresh token 1\0")
const sidBytes = 16
const numberBytes = 6
const namedBytes = sidBytes + numberBytes
const tagBytes = 20

/** Whether a text begins like a refresh token of Postern, and not like a JWT. */
export function isRefreshToken(token: string): boolean {
  return token.startsWith(prefix)
}

/** Makes the refresh token of a number: always the same one. */
export function writeRefreshToken(
  { sid, rotations }: RefreshTokenContent,
  key: Uint8Array,
): string {
  const named = Buffer.alloc(namedBytes)
  named.write(sid, "base64url")
  named.writeUIntBE(rotations, sidBytes, numberBytes)
  return `${prefix}${Buffer.concat([named, tagOf(named, key)]).toString("base64url")}`
}

/** Reads a refresh token, or gives null when it was not made with this key. */
export function readRefreshToken(token: string, key: Uint8Array): RefreshTokenContent | null {
  if (!form.test(token)) return null
  const bytes = Buffer.from(token.slice(prefix.length), "base64url")
  const named = bytes.subarray(0, namedBytes)
  if (!timingSafeEqual(bytes.subarray(namedBytes), tagOf(named, key))) return null
  const sid = named.subarray(0, sidBytes).toString("base64url")
  return { sid, rotations: named.readUIntBE(sidBytes, numberBytes) }
}

/** The reason for which `readRefreshToken` gave null. */
export function refreshTokenFault(token: string): RefusalReason {
  return form.test(token) ? "signature" : "malformed"
}

/**
 * The sid of the session that replaces a refresh token of Flask-JWT-Extended. The same token gives
 * the same sid, so it can be exchanged only once; nobody can guess the sid without the key.
 */
export function sidInPlaceOf(
  { username, jti }: { readonly username: string; readonly jti: string },
  key: Uint8Array,
): string {
  // Neither username nor jti can have a NUL.
  const text = `postern session in place of 1\0${username}\0${jti}`
  return createHmac("sha256", key).update(text).digest().subarray(0, sidBytes).toString("base64url")
}

function tagOf(named: Uint8Array, key: Uint8Array): Buffer {
  return createHmac("sha256", key).update(label).update(named).digest().subarray(0, tagBytes)
}
