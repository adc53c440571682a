// PBKDF2 (RFC 8018) with a HMAC of SHA-1 or SHA-2, in PHC form:
//
//   $pbkdf2-sha256$i=600000$<salt>$<hash>

import { pbkdf2 } from "node:crypto"
import { promisify } from "node:util"
import { type LegacyFormat, smallMemoryBytes } from "./legacy_format.ts"
import { isSame, readPhcText } from "./phc_text.ts"

const derive = promisify(pbkdf2)

/** The digests, and how many bytes each gives. */
export const pbkdf2Digests: Readonly<Record<string, number>> = {
  ...{ sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 },
}

/** More would not fit into what OpenSSL counts with. */
const iterationsMax = 2 ** 31 - 1

/** The format of one digest. */
export function pbkdf2Format(digest: string, digestBytes: number): LegacyFormat {
  const prefix = `$pbkdf2-${digest}$`
  return {
    prefix,
    sample: `${prefix}i=20000$${"A".repeat(22)}$${"A".repeat(22)}`,
    read(text) {
      const found = readPhcText(text.slice(prefix.length), ["i"])
      const [iterations = 0] = found?.numbers ?? []
      if (found === null || iterations < 1 || iterations > iterationsMax) return null
      const { salt, hash } = found
      return {
        memoryBytes: smallMemoryBytes,
        work: iterations * Math.ceil(hash.byteLength / digestBytes),
        verify: async (password) =>
          isSame(await derive(password, salt, iterations, hash.byteLength, digest), hash),
      }
    },
  }
}
