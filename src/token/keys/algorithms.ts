// The signature algorithms Postern knows (RFC 7518 §3, RFC 8037), one row each. A deployment uses
// exactly one: a published one with generated or imported keys, or a shared one with a secret.

import type { KeyObject } from "node:crypto"

/** An algorithm whose public key is published at /.well-known/jwks.json. */
export type PublishedAlgorithm = "ES256" | "EdDSA" | "PS256" | "RS256"

/** An algorithm whose secret both sides hold, as Flask-JWT-Extended uses by default. */
export type SharedAlgorithm = "HS256" | "HS384" | "HS512"

/** Any algorithm known here. */
export type Algorithm = PublishedAlgorithm | SharedAlgorithm

/** Says in words what keeps a private key from signing by an algorithm, or gives null. */
type KeyCheck = (key: KeyObject) => string | null

/** The published algorithms and the keys that fit them. */
export const publishedAlgorithms: Readonly<Record<PublishedAlgorithm, KeyCheck>> = {
  ES256: (key) =>
    key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1"
      ? null
      : "ES256 needs an elliptic curve key on P-256",
  EdDSA: (key) => (key.asymmetricKeyType === "ed25519" ? null : "EdDSA needs an Ed25519 key"),
  PS256: rsaKey,
  RS256: rsaKey,
}

/** The shared algorithms and the fewest bytes of a secret: the hash's length (RFC 7518 §3.2). */
export const sharedAlgorithms: Readonly<Record<SharedAlgorithm, number>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
}

/** Length of generated RSA keys and the least of imported ones, for 128 bits of strength. */
export const rsaBitsMin = 3072
/** Of imported ones: a token with their signature has to stay below its longest length. */
const rsaBitsMax = 4096
const rsaExponent = 65_537n

function rsaKey(key: KeyObject): string | null {
  if (key.asymmetricKeyType !== "rsa") return "PS256 and RS256 need an RSA key"
  if (key.asymmetricKeyDetails?.publicExponent !== rsaExponent) {
    return "an RSA key needs the exponent 65537"
  }
  const bits = Number(key.asymmetricKeyDetails.modulusLength)
  if (bits < rsaBitsMin) return `an RSA key needs at least ${rsaBitsMin} bits, this one has ${bits}`
  return bits <= rsaBitsMax
    ? null
    : `an RSA key may have ${rsaBitsMax} bits at most, this one has ${bits}`
}

/** Tells a published algorithm's name from any other text. */
export function isPublished(name: string): name is PublishedAlgorithm {
  return Object.hasOwn(publishedAlgorithms, name)
}

/** Tells a shared algorithm's name from any other text. */
export function isShared(name: string): name is SharedAlgorithm {
  return Object.hasOwn(sharedAlgorithms, name)
}
