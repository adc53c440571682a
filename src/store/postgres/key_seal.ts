// The seal of the keys in PostgreSQL: AES-256-GCM under a secret that is not in the database. So a
// dump of the database signs no token.
//
//   1 byte version of this format, 12 bytes nonce, ciphertext, 16 bytes tag
//
// The authenticated data name the issuer and the version of the row, so that a row of another
// database, or an older one, does not open. A role that may write can still delete it.

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto"
import { exitCodes, OperatorError } from "../../errors.ts"
import { randomKey } from "../../system/random.ts"
import type { Query } from "./database.ts"

/** What the keys are sealed under, and where they are. */
export interface KeySealOptions {
  /** Where the document is, for messages. */
  readonly place: string
  readonly issuer: string
  /** At least 32 bytes. */
  readonly secret: Uint8Array
  /** The secret before it. */
  readonly previousSecret?: Uint8Array | undefined
}

/** A row of `key_set`. */
export interface KeyRow {
  readonly version: number
  readonly sealed: Buffer
}

/** The row, or undefined when no keys were written. */
export async function readKeyRow(query: Query): Promise<KeyRow | undefined> {
  const rows = await query<KeyRow>("select version::float8, sealed from postern.key_set")
  return rows[0]
}

/** Seals the document of the keys, and opens it. */
export interface KeySeal {
  seal(bytes: Uint8Array, version: number): Buffer
  /**
   * Opens a row. `isOld`: the previous secret sealed it.
   * @throws OperatorError when neither secret did
   */
  open(row: KeyRow): { readonly bytes: Buffer; readonly isOld: boolean }
}

const label = "postern key set"
const formatVersion = 1
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + nonceBytes

/** Makes the seal of a secret. */
export function createKeySeal(options: KeySealOptions): KeySeal {
  const { place, issuer, secret, previousSecret } = options
  const key = keyOf(secret)
  const previousKey = previousSecret === undefined ? null : keyOf(previousSecret)
  return {
    seal(bytes, version) {
      const nonce = randomKey(nonceBytes)
      const cipher = createCipheriv("aes-256-gcm", key, nonce)
      cipher.setAAD(named(issuer, version))
      const sealed = [cipher.update(bytes), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat([Buffer.of(formatVersion), nonce, ...sealed])
    },
    open(row) {
      const bytes = openWith(key, row, issuer)
      if (bytes !== null) return { bytes, isOld: false }
      const before = previousKey === null ? null : openWith(previousKey, row, issuer)
      if (before === null) throw unopened(place)
      return { bytes: before, isOld: true }
    },
  }
}

function openWith(key: Uint8Array, { version, sealed }: KeyRow, issuer: string): Buffer | null {
  if (sealed[0] !== formatVersion || sealed.byteLength < headBytes + tagBytes) return null
  const end = sealed.byteLength - tagBytes
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, headBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(named(issuer, version)).setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headBytes, end)), decipher.final()])
  } catch {
    return null
  }
}

/** The data that are authenticated with the document: what it is, whose, and which row. */
function named(issuer: string, version: number): Buffer {
  return Buffer.from(JSON.stringify([label, formatVersion, issuer, "key_set", version]))
}

function keyOf(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), label, 32))
}

function unopened(place: string): OperatorError {
  return new OperatorError(`The keys in ${place} can't be opened with this secret and issuer`, {
    hint:
      "Set POSTERN_STORE_SECRET and POSTERN_ISSUER to those that sealed them. To change the " +
      "secret, set POSTERN_STORE_SECRET_PREVIOUS to the old one. For another issuer: docs/postgres.md.",
    exitCode: exitCodes.badSettings,
  })
}
