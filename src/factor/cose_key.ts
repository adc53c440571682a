// Public keys of passkeys in COSE's form (RFC 9052 §7, RFC 9053): which algorithms we ask for, and
// whether a key is one of theirs. A registration without attestation is not signed by the key, so
// without this check a key that can't verify would be found out at the first login.

import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto"

/** A decoded COSE key. Its labels are numbers. */
export type CoseKey = ReadonlyMap<number, unknown>

const eddsa = -8
const es256 = -7
const rs256 = -257

/** The COSE algorithms we ask for, the preferred first: EdDSA, ES256, RS256. */
export const keyAlgorithms: readonly number[] = [eddsa, es256, rs256]

/** The label of a key's algorithm. */
export const algorithmLabel = 3

const typeLabel = 1
const octetKeyPair = 1
const twoCoordinates = 2
const rsa = 3
const ed25519 = 6
const p256 = 1
const coordinateBytes = 32
const modulusBits = { min: 2048, max: 4096 }
/** 2^16 + 1: a smaller exponent makes forgery easier, a larger one makes verification slow. */
const exponent = Uint8Array.of(1, 0, 1)

/**
 * The key that a COSE key stands for; null unless it has an algorithm that we ask for, exactly the
 * members of its type (WebAuthn L3 §6.5.1), and values of the right size.
 */
export function publicKeyOf(key: CoseKey): KeyObject | null {
  const jwk = jwkOf(key)
  if (jwk === null) return null
  try {
    return createPublicKey({ key: jwk, format: "jwk" })
  } catch {
    // The coordinates are not those of a point of the curve.
    return null
  }
}

function jwkOf(key: CoseKey): JsonWebKey | null {
  const [crv, x, y] = [key.get(-1), key.get(-2), key.get(-3)]
  switch (key.get(algorithmLabel)) {
    case eddsa:
      return isOfType(key, octetKeyPair, 4) && crv === ed25519 && isCoordinate(x)
        ? { kty: "OKP", crv: "Ed25519", x: textOf(x) }
        : null
    case es256:
      return isOfType(key, twoCoordinates, 5) && crv === p256 && isCoordinate(x) && isCoordinate(y)
        ? { kty: "EC", crv: "P-256", x: textOf(x), y: textOf(y) }
        : null
    case rs256:
      // An RSA key has its modulus and exponent under these labels.
      return isOfType(key, rsa, 4) && isModulus(crv) && isExponent(x)
        ? { kty: "RSA", n: textOf(crv), e: textOf(x) }
        : null
    default:
      return null
  }
}

function isOfType(key: CoseKey, type: number, size: number): boolean {
  return key.get(typeLabel) === type && key.size === size
}

function isCoordinate(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength === coordinateBytes
}

// Without zeros in front (RFC 8230 §4), so the length is that of the number.
function isModulus(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array) || !value[0]) return false
  const bits = value.byteLength * 8 + 24 - Math.clz32(value[0])
  return bits >= modulusBits.min && bits <= modulusBits.max
}

function isExponent(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && Buffer.compare(value, exponent) === 0
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}
