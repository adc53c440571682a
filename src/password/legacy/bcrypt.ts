// bcrypt, and bcrypt over a digest of the password, by which Django and passlib take passwords of
// any length.
//
//   $2b$12$<22 characters of salt><31 of hash>        also $2a$ and $2y$, which mean the same here
//   $bcrypt-sha256-hex$2b$12$…       Django: of SHA-256 in hexadecimal
//   $bcrypt-sha256-base64$2b$12$…    passlib, version 1: of SHA-256 in base64
//   $bcrypt-sha256-hmac$2b$12$…      passlib, version 2: of HMAC-SHA-256 by the salt, in base64
//
// bcrypt takes the first 72 bytes of a password and no more, so all passwords with the same 72 are
// right. `$2x$` marks hashes of a program that took bytes above 127 wrongly: those are not known.

import { createHash, createHmac } from "node:crypto"
import { type LegacyFormat, smallMemoryBytes } from "./legacy_format.ts"

const text = /^\$2[aby]\$(?<cost>0[4-9]|[12]\d|3[01])\$(?<salt>[./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/
const sampleRest = `06$${".".repeat(53)}`

/** What is compared in the place of the password. */
type Prepare = (password: string, salt: string) => string

/** bcrypt itself, by the letter of its version. */
export function bcryptFormat(version: string): LegacyFormat {
  const prefix = `$2${version}$`
  return { prefix, sample: `${prefix}${sampleRest}`, read: (hash) => readBcrypt(hash, (it) => it) }
}

const prepared: Readonly<Record<string, Prepare>> = {
  hex: (password) => createHash("sha256").update(password).digest("hex"),
  base64: (password) => createHash("sha256").update(password).digest("base64"),
  hmac: (password, salt) => createHmac("sha256", salt).update(password).digest("base64"),
}

/** The formats over a digest. */
export const bcryptDigestFormats: readonly LegacyFormat[] = Object.entries(prepared).map(
  ([name, prepare]) => {
    const prefix = `$bcrypt-sha256-${name}$`
    const read = (hash: string) => readBcrypt(hash.slice(prefix.length - 1), prepare)
    return { prefix, sample: `${prefix}2b$${sampleRest}`, read }
  },
)

function readBcrypt(hash: string, prepare: Prepare) {
  const groups = text.exec(hash)?.groups
  if (groups === undefined) return null
  const { cost = "", salt = "" } = groups
  return {
    memoryBytes: smallMemoryBytes,
    work: 2 ** Number(cost),
    verify: async (password: string) =>
      (await import("@node-rs/bcrypt")).verify(prepare(password, salt), hash),
  }
}
