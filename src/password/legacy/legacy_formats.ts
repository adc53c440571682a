// The table of other systems' password hashes: a row for each format that the store may keep until
// the user's next login. Loaded when a hash that is not this service's own is compared.

import { normalizePassword } from "../text.ts"
import { argon2Format } from "./argon2.ts"
import { bcryptDigestFormats, bcryptFormat } from "./bcrypt.ts"
import type { LegacyFormat, LegacyHash } from "./legacy_format.ts"
import { pbkdf2Digests, pbkdf2Format } from "./pbkdf2.ts"
import { firebaseFormat, scryptFormat } from "./scrypt.ts"
import { shaCryptFormats } from "./sha_crypt.ts"

/** All formats. phc.ts has their prefixes in a pattern. */
export const legacyFormats: readonly LegacyFormat[] = [
  ...["argon2id", "argon2i", "argon2d"].map(argon2Format),
  scryptFormat,
  firebaseFormat,
  ...Object.entries(pbkdf2Digests).map(([digest, bytes]) => pbkdf2Format(digest, bytes)),
  ...["a", "b", "y"].map(bcryptFormat),
  ...bcryptDigestFormats,
  ...shaCryptFormats,
]

/** The format of a text, or null when it is of none. */
export function findLegacyFormat(text: string): LegacyFormat | null {
  return legacyFormats.find(({ prefix }) => text.startsWith(prefix)) ?? null
}

/** A hash, or null when the text is of no format. */
export function readLegacyHash(text: string): LegacyHash | null {
  return findLegacyFormat(text)?.read(text) ?? null
}

/**
 * Whether a password is the one of a hash. The other system took it as it was typed. Devices type
 * one letter in two ways, so the normalized text is right as well.
 */
export async function verifyLegacy(hash: LegacyHash, password: string): Promise<boolean> {
  if (await hash.verify(password)) return true
  const normalized = normalizePassword(password)
  return normalized !== password && hash.verify(normalized)
}
