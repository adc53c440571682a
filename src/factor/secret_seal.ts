// Encrypts the secrets of authenticator apps for the store (AES-256-GCM, NIST SP 800-38D). A sealed
// secret opens only for its user and factor: moved to another record, it opens nothing.
//
//   base64url( nonce 12 bytes · ciphertext · tag 16 bytes )
//   additional data = JSON ["postern factor 1", username, id]

import { createCipheriv, createDecipheriv } from "node:crypto"
import { randomKey } from "../system/random.ts"

/** Whose secret it is. */
interface SecretOwner {
  readonly username: string
  /** The factor's id. */
  readonly id: string
}

const algorithm = "aes-256-gcm"
const nonceBytes = 12
const tagBytes = 16

/** Seals a secret. */
export function sealSecret(secret: Uint8Array, owner: SecretOwner, key: Uint8Array): string {
  const nonce = randomKey(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(dataOf(owner))
  const sealed = [nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString("base64url")
}

/** Opens a secret. Null when another key sealed it, or for another owner. */
export function openSecret(sealed: string, owner: SecretOwner, key: Uint8Array): Buffer | null {
  const bytes = Buffer.from(sealed, "base64url")
  const end = bytes.byteLength - tagBytes
  if (end < nonceBytes) return null
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes))
    decipher.setAAD(dataOf(owner)).setAuthTag(bytes.subarray(end))
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, end)), decipher.final()])
  } catch {
    return null
  }
}

function dataOf({ username, id }: SecretOwner): Buffer {
  return Buffer.from(JSON.stringify(["postern factor 1", username, id]))
}
