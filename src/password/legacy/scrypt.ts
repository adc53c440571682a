// scrypt (RFC 7914), in PHC form. `ln` is the logarithm of N.
//
//   $scrypt$ln=15,r=8,p=1$<salt>$<hash>
//
// Firebase encrypts a key of the project's with what scrypt gives, by AES-256 in counter mode, and
// keeps the ciphertext. The exclusive or of ciphertext and key is the stream that AES makes. That
// stream is kept here, and Firebase's key is kept nowhere:
//
//   $firebase-scrypt$ln=14,r=8,p=1$<salt and its separator>$<stream>

import { createCipheriv, type ScryptOptions, scrypt } from "node:crypto"
import type { LegacyFormat } from "./legacy_format.ts"
import { isSame, type PhcText, readPhcText } from "./phc_text.ts"

const logarithmMax = 30
const sampleRest = `ln=10,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
/** What OpenSSL needs beside its large block, and more. */
const spareBytes = 1024 * 1024
const aesKeyBytes = 32

/** scrypt itself. */
export const scryptFormat: LegacyFormat = formatOf("$scrypt$", async (derive, { hash }) =>
  isSame(await derive(hash.byteLength), hash),
)

/** Firebase's. */
export const firebaseFormat: LegacyFormat = formatOf(
  "$firebase-scrypt$",
  async (derive, { hash }) => {
    const cipher = createCipheriv("aes-256-ctr", await derive(aesKeyBytes), Buffer.alloc(16))
    return isSame(cipher.update(Buffer.alloc(hash.byteLength)), hash)
  },
)

type Compare = (
  derive: (bytes: number) => Promise<Buffer>,
  found: Pick<PhcText, "hash">,
) => Promise<boolean>

function formatOf(prefix: string, compare: Compare): LegacyFormat {
  return {
    prefix,
    sample: `${prefix}${sampleRest}`,
    read(text) {
      const found = readPhcText(text.slice(prefix.length), ["ln", "r", "p"])
      const [logarithm = 0, r = 0, p = 0] = found?.numbers ?? []
      if (found === null || logarithm < 1 || logarithm > logarithmMax || r < 1 || p < 1) return null
      const N = 2 ** logarithm
      const memoryBytes = 128 * r * (N + p + 1)
      const options = { N, r, p, maxmem: memoryBytes + spareBytes }
      return {
        memoryBytes,
        work: N * r * p,
        verify: (password) =>
          compare((bytes) => derive({ password, salt: found.salt, bytes }, options), found),
      }
    },
  }
}

interface Derivation {
  readonly password: string
  readonly salt: Buffer
  readonly bytes: number
}

function derive({ password, salt, bytes }: Derivation, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
