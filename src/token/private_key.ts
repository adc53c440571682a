// Reads a private key that the operator brings (JWT_PRIVATE_KEY): PEM or JWK, checked before it
// signs anything. `jose` itself would take an RSA key with the exponent 1.

import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  sign,
  verify,
} from "node:crypto"
import { type PublishedAlgorithm, publishedAlgorithms } from "./algorithms.ts"

/** A checked private key, or in words why it can't be used. Never quotes the key. */
export type PrivateKeyReading = { readonly key: KeyObject } | { readonly mistake: string }

/** Reads PEM (PKCS#8, SEC1, PKCS#1; not encrypted) or a JWK of the kind that `algorithm` needs. */
export function readPrivateKey(text: string, algorithm: PublishedAlgorithm): PrivateKeyReading {
  const key = parse(text.trim(), algorithm)
  if (key === null)
    return { mistake: "it is neither an unencrypted PEM private key nor a private JWK" }
  const mistake = publishedAlgorithms[algorithm](key)
  return mistake === null ? { key } : { mistake }
}

function parse(text: string, algorithm: PublishedAlgorithm): KeyObject | null {
  try {
    const key = text.startsWith("{") ? parseJwk(text, algorithm) : createPrivateKey(text)
    return isPair(key) ? key : null
  } catch {
    return null
  }
}

function parseJwk(text: string, algorithm: PublishedAlgorithm): KeyObject {
  const jwk = JSON.parse(text) as JsonWebKeyInput["key"]
  // A JWK that names its algorithm may be used with no other (RFC 7517 §4.4).
  if (jwk["alg"] !== undefined && jwk["alg"] !== algorithm) throw new TypeError("Another alg")
  return createPrivateKey({ key: jwk, format: "jwk" })
}

// Some versions of Node take halves of two keys for one; nobody could verify what that signs.
function isPair(key: KeyObject): boolean {
  const hash = key.asymmetricKeyType?.startsWith("ed") ? null : "sha256"
  const probe = Buffer.from("probe")
  return verify(hash, probe, createPublicKey(key), sign(hash, probe, key))
}
