// The text of service tokens (domain/service_token.ts), and the hash by which the store finds them.
//
//   pts_ + base64url( 32 random bytes )
//
// SHA-256 is enough, without a salt and without the work of a password hash: those slow a guesser
// down who tries likely passwords, and nobody can try 256 random bits. A hash that was read from a
// backup gives no token. And since a caller can't choose the hash of a text, how long the store
// takes to find one reveals nothing about the hashes that it has.

import { createHash } from "node:crypto"
import { serviceTokenPrefix } from "../domain/service_token.ts"
import { randomKey } from "../system/random.ts"

const secretBytes = 32
const form = /^pts_([\w-]{43})$/

/** Makes a token, and its hash for the store. */
export function makeServiceToken(): { readonly token: string; readonly hash: string } {
  const secret = Buffer.from(randomKey(secretBytes)).toString("base64url")
  const token = `${serviceTokenPrefix}${secret}`
  return { token, hash: hashOf(token) }
}

/** The hash of a token, or null for a text of another form: it needs no look into the store. */
export function hashOfServiceToken(text: string): string | null {
  const [, secret = ""] = form.exec(text) ?? []
  const bytes = Buffer.from(secret, "base64url")
  // One spelling a token: the last character has bits to spare.
  if (bytes.byteLength !== secretBytes || bytes.toString("base64url") !== secret) return null
  return hashOf(text)
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url")
}
