// The text of a password hash, in the PHC string format:
//
//   $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
//
// Users who came from another system keep its hash until their next login, as a text of the same
// kind. legacy/ verifies those; here they are only recognised as hashes.

const argon2id =
  /^\$argon2id\$v=19\$m=(?<memory>\d{1,7}),t=(?<passes>\d{1,3}),p=1\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{42,86}$/

/** The prefixes of legacy/legacy_formats.ts. */
const legacy =
  /^\$(?:argon2(?:id?|d)|scrypt|firebase-scrypt|pbkdf2-sha(?:1|224|256|384|512)|2[aby]|bcrypt-sha256-(?:hex|base64|hmac)|[56])\$[\w+/.$=,-]{20,500}$/

/** What a password hash costs to compute. */
export interface HashParameters {
  readonly memoryKib: number
  readonly passes: number
}

/** OWASP's minimum for Argon2id with one lane (Password Storage Cheat Sheet). */
export const hashParametersMin: HashParameters = { memoryKib: 19_456, passes: 2 }

/**
 * The hash of a user who has no password: a user who was imported without one. To find a text with
 * this hash of zeros would take as long as to break Argon2.
 */
export const noPasswordHash = encodePasswordHash(hashParametersMin, {
  salt: Buffer.from("no-password-yet!"),
  hash: Buffer.alloc(32),
})

/** Whether a text is a hash that this service can verify: its own, or another system's. */
export function isPasswordHash(text: string): boolean {
  return isOwnHash(text) || legacy.test(text)
}

/** Whether a text is a hash as this service makes them. */
export function isOwnHash(text: string): boolean {
  return argon2id.test(text)
}

/** The parameters of a hash of this service's own, or null for any other. */
export function readHashParameters(hash: string): HashParameters | null {
  const groups = argon2id.exec(hash)?.groups
  if (groups === undefined) return null
  return { memoryKib: Number(groups["memory"]), passes: Number(groups["passes"]) }
}

/** The text of a hash. */
export function encodePasswordHash(
  { memoryKib, passes }: HashParameters,
  { salt, hash }: { readonly salt: Uint8Array; readonly hash: Uint8Array },
): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${unpadded(salt)}$${unpadded(hash)}`
}

/** Base64 without padding, as PHC strings have it. */
export function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "")
}
