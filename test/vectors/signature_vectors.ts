// Signatures in forms that some library once took for another's, by algorithm.

import { createHmac, sign } from "node:crypto"
import type { Algorithm } from "../../src/token/keys/algorithms.ts"
import { type Forge, forgeSecret, signatureOf, signJws, withSignature } from "../support/forge.ts"
import { accepted, each, refused, type Vector } from "./vector.ts"

/** The order of P-256's group, and the field's prime. */
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn

/** The order of Ed25519's group. */
const l = 2n ** 252n + 27742317777372353535851937790883648493n

const specialNumbers = [0n, 1n, 2n, n - 1n, n, n + 1n, p, p + 1n, 2n ** 256n - 1n]

const ellipticCurve: Vector[] = [
  ...specialNumbers.flatMap((r) =>
    specialNumbers.map((s) =>
      refused(`J-09 r = ${r.toString(16)}, s = ${s.toString(16)}`, (forge) =>
        withSignature(forge.token(), Buffer.concat([bigEndian(r), bigEndian(s)])),
      ),
    ),
  ),
  changed("J-09 r = 0", (bytes) => Buffer.concat([bigEndian(0n), bytes.subarray(32)])),
  changed("J-09 s = 0", (bytes) => Buffer.concat([bytes.subarray(0, 32), bigEndian(0n)])),
  changed("J-09 r and s swapped", (bytes) =>
    Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]),
  ),
  changed("J-09 r negated", (bytes) => Buffer.concat([negated(bytes, 0), bytes.subarray(32)])),
  changed("J-10 a zero before each half", (bytes) => {
    const zero = Buffer.of(0)
    return Buffer.concat([zero, bytes.subarray(0, 32), zero, bytes.subarray(32)])
  }),
  refused("J-10 DER", (forge) =>
    forge.token({ signature: (input) => sign("sha256", Buffer.from(input), forge.key) }),
  ),
  refused("J-16 SHA-384 under ES256", (forge) =>
    forge.token({
      signature: (input) =>
        sign("sha384", Buffer.from(input), { key: forge.key, dsaEncoding: "ieee-p1363" }),
    }),
  ),
  accepted("J-38 s negated: the same token once more", (forge) => {
    const token = forge.token()
    const bytes = signatureOf(token)
    return withSignature(token, Buffer.concat([bytes.subarray(0, 32), negated(bytes, 32)]))
  }),
]

const edwardsCurve: Vector[] = [
  ...each([1, 2, 3, 7, 14], (times) =>
    changed(`J-11 S + ${times} L`, (bytes) => {
      const s = littleEndianValue(bytes.subarray(32)) + BigInt(times) * l
      return Buffer.concat([bytes.subarray(0, 32), bigEndian(s).reverse()])
    }),
  ),
  changed("J-12 R the identity, S = 0", () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)])),
  changed("J-12 R = 0, S = 0", () => Buffer.alloc(64)),
  changed("J-12 R the identity, not reduced", () =>
    Buffer.concat([Buffer.of(0xee), Buffer.alloc(30, 0xff), Buffer.of(0x7f), Buffer.alloc(32)]),
  ),
  changed("J-12 R of small order", (bytes) =>
    Buffer.concat([Buffer.alloc(32), bytes.subarray(32)]),
  ),
  changed("J-12 R with its sign flipped", (bytes) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(31) ^ 0x80, 31)
    return copy
  }),
]

const pkcs1: Vector[] = [
  refused("J-16 PSS under RS256", (forge) =>
    forge.token({ signature: (input) => signJws(input, "PS256", forge.key) }),
  ),
  refused("J-16 really PS256, with its label", (forge) =>
    forge.token({
      header: { alg: "PS256" },
      signature: (input) => signJws(input, "PS256", forge.key),
    }),
  ),
]

const pss: Vector[] = [
  refused("J-16 PKCS#1 v1.5 under PS256", (forge) =>
    forge.token({ signature: (input) => signJws(input, "RS256", forge.key) }),
  ),
  refused("J-16 really RS256, with its label", (forge) =>
    forge.token({
      header: { alg: "RS256" },
      signature: (input) => signJws(input, "RS256", forge.key),
    }),
  ),
]

/** Secrets that people type and projects ship. */
const guessedSecrets = [
  "",
  "\0".repeat(32),
  "secret",
  "super-secret",
  "your-256-bit-secret",
  "a-string-secret-at-least-256-bits-long",
  "changeme",
  "change-me",
  "jwt-secret-string",
  "password",
  "123456",
  "qwerty",
  "test",
  "dev",
  "admin",
  "alice",
  "postern",
  "HS256",
  "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
  "SecretKey012345678901234567890123456789012345678901234567890123456789",
  forgeSecret.trim().slice(0, -1),
  `${forgeSecret}\n`,
  ` ${forgeSecret}`,
  Buffer.from(forgeSecret, "base64").toString("latin1"),
  forgeSecret.toLowerCase(),
]

const sharedSecret: Vector[] = [
  ...each(guessedSecrets, (secret, name) =>
    refused(`J-14/45 secret ${name}`, (forge) =>
      forge.token({ signature: (input) => createHmac("sha256", secret).update(input).digest() }),
    ),
  ),
  ...each(["HS384", "HS512"] as const, (alg) =>
    refused(`J-16 really ${alg}, with the secret`, (forge) =>
      forge.token({ header: { alg }, signature: (input) => signJws(input, alg, forge.key) }),
    ),
  ),
  ...each(["HS384", "HS512"] as const, (alg) =>
    refused(`J-16 ${alg} under HS256`, (forge) =>
      forge.token({ signature: (input) => signJws(input, alg, forge.key) }),
    ),
  ),
  refused("J-07 half a hash (HS256/128)", (forge) => {
    const token = forge.token()
    return withSignature(token, signatureOf(token).subarray(0, 16))
  }),
  ...each(["k1", "HS256", "default"], (kid) =>
    refused(`J-23 a kid where there is none: ${kid}`, (forge) => forge.token({ header: { kid } })),
  ),
]

/** Vectors for deployments of each algorithm that has its own. */
export const signatureVectors: Readonly<Partial<Record<Algorithm, readonly Vector[]>>> = {
  ES256: ellipticCurve,
  EdDSA: edwardsCurve,
  PS256: pss,
  RS256: pkcs1,
  HS256: sharedSecret,
}

function changed(id: string, change: (signature: Buffer) => Buffer): Vector {
  return refused(id, (forge: Forge) => {
    const token = forge.token()
    return withSignature(token, change(signatureOf(token)))
  })
}

function bigEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex")
}

function littleEndianValue(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)
}

/** The order less the number that starts at `at`. */
function negated(bytes: Buffer, at: number): Buffer {
  return bigEndian(n - BigInt(`0x${bytes.subarray(at, at + 32).toString("hex")}`))
}
