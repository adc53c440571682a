// Seals what Postern gives to clients and reads back: cookies, tickets, links. A seal is a MAC, so
// nobody else can make or change the text. Each kind has a key of its own, so the text of one kind
// is none of another.
//
//   key  = HKDF-SHA-256(cookie key, info "postern <kind> 1\0"), 32 bytes (RFC 5869)
//   seal = base64url( the first 24 bytes of HMAC-SHA-256(key, "postern <kind> 1\0" · fields) )
//
// Before each field stands its length, four bytes, so no two lists of fields are the same bytes.
// 24 bytes are exactly 32 characters, so a seal has one spelling.

import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto"

/** What a seal is for. */
export type SealKind = "master" | "gate" | "ticket" | "link" | "factor" | "trust" | "challenge"

const sealBytes = 24
const keyBytes = 32

/** The keys by kind, for as long as the cookie key is in use. */
const keys = new WeakMap<Uint8Array, Map<SealKind, Uint8Array>>()

/** Makes the seal of fields. */
export function seal(kind: SealKind, fields: readonly string[], cookieKey: Uint8Array): string {
  const hmac = createHmac("sha256", keyOf(kind, cookieKey)).update(labelOf(kind))
  for (const field of fields) {
    const bytes = Buffer.from(field)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.byteLength)
    hmac.update(length).update(bytes)
  }
  return hmac.digest().subarray(0, sealBytes).toString("base64url")
}

/** Whether a text is the seal of fields. Takes the same time for every text of its length. */
export function isSealOf(
  text: string,
  kind: SealKind,
  fields: readonly string[],
  cookieKey: Uint8Array,
): boolean {
  const given = Buffer.from(text)
  const made = Buffer.from(seal(kind, fields, cookieKey))
  return given.byteLength === made.byteLength && timingSafeEqual(given, made)
}

function keyOf(kind: SealKind, cookieKey: Uint8Array): Uint8Array {
  const known = keys.get(cookieKey) ?? new Map<SealKind, Uint8Array>()
  keys.set(cookieKey, known)
  const key = known.get(kind) ?? derive(kind, cookieKey)
  known.set(kind, key)
  return key
}

function derive(kind: SealKind, cookieKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", cookieKey, "", labelOf(kind), keyBytes))
}

function labelOf(kind: SealKind): string {
  return `postern ${kind} 1\0`
}
