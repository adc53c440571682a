// The hashes of Firebase Authentication, by the parameters of their project. Firebase's console
// shows them as a block, which is read as it is:
//
//   hash_config {
//     algorithm: SCRYPT,
//     base64_signer_key: …,
//     base64_salt_separator: Bw==,
//     rounds: 8,
//     mem_cost: 14,
//   }

import { writePhcText } from "./phc_text.ts"

/** The parameters of a project. */
export interface FirebaseParameters {
  readonly signerKey: Buffer
  readonly saltSeparator: Buffer
  readonly rounds: number
  readonly memoryCost: number
}

/** Reads the block, or what else names the four. Null when one is missing. */
export function readFirebaseParameters(text: string): FirebaseParameters | null {
  const found = (name: string) =>
    new RegExp(`\\b${name}"?\\s*[:=]\\s*"?([\\w+/=-]*)`).exec(text)?.[1]
  const [key, separator] = ["base64_signer_key", "base64_salt_separator"].map(found)
  const [rounds, memoryCost] = ["rounds", "mem_cost"].map((name) => Number(found(name)))
  if (key === undefined || separator === undefined || !rounds || !memoryCost) return null
  const [signerKey, saltSeparator] = [Buffer.from(key, "base64"), Buffer.from(separator, "base64")]
  return signerKey.byteLength < 16 ? null : { signerKey, saltSeparator, rounds, memoryCost }
}

/**
 * The text for the store (scrypt.ts) of a user's hash and salt as Firebase exports them. It may be
 * no hash.
 */
export function firebaseText(
  user: { readonly hash: string; readonly salt: string },
  { signerKey, saltSeparator, rounds, memoryCost }: FirebaseParameters,
): string {
  const [hash, salt] = [Buffer.from(user.hash, "base64"), Buffer.from(user.salt, "base64")]
  if (hash.byteLength !== signerKey.byteLength) return ""
  const stream = hash.map((byte, at) => byte ^ (signerKey[at] ?? 0))
  const parts = { salt: Buffer.concat([salt, saltSeparator]), hash: Buffer.from(stream) }
  return `$firebase-scrypt$${writePhcText({ ln: memoryCost, r: rounds, p: 1 }, parts)}`
}
