// Argon2 of all kinds and parameters (RFC 9106), as its reference implementation writes it. The
// library takes what this service makes itself and what is read here.
//
//   $argon2i$v=19$m=65536,t=3,p=4$<salt>$<hash>

import { verify as argon2Verify } from "@node-rs/argon2"
import type { LegacyFormat } from "./legacy_format.ts"
import { readPhcText } from "./phc_text.ts"

const sampleRest = `m=4096,t=1,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
/** The smallest memory in KiB for a lane (RFC 9106 §3.1). */
const memoryOfLaneMin = 8
const saltBytesMin = 8

/** The format of one kind of Argon2: `argon2d`, `argon2i` or `argon2id`. */
export function argon2Format(kind: string): LegacyFormat {
  const prefix = `$${kind}$`
  return {
    prefix,
    sample: `${prefix}v=19$${sampleRest}`,
    read(text) {
      const rest = /^v=(?:16|19)\$(.*)$/.exec(text.slice(prefix.length))?.[1]
      const found = rest === undefined ? null : readPhcText(rest, ["m", "t", "p"])
      if (found === null || found.salt.byteLength < saltBytesMin) return null
      const [memory = 0, passes = 0, lanes = 0] = found.numbers
      if (passes < 1 || lanes < 1 || memory < memoryOfLaneMin * lanes) return null
      return {
        memoryBytes: memory * 1024,
        work: memory * passes,
        verify: (password) => argon2Verify(text, password),
      }
    },
  }
}
