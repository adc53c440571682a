// The keys of the PostgreSQL store: one row, sealed by AES-256-GCM under a secret that is not in
// the database. So a dump of the database signs no token. The content is token/keys/key_file.ts's.
//
//   1 byte version of this format, 12 bytes nonce, ciphertext, 16 bytes tag
//
// The authenticated data name the issuer and the version of the row, so that a row of another
// database, or an older one, does not open. It can still be removed by who may write.

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto"
import { exitCodes, OperatorError } from "../../errors.ts"
import { randomKey } from "../../system/random.ts"
import type { KeyDocument, KeyStore } from "../store.ts"
import type { Database } from "./database.ts"
import type { View } from "./view.ts"

/** What the keys are sealed under, and where they are. */
export interface KeyDocumentOptions {
  /** Where the document is, for messages. */
  readonly place: string
  readonly issuer: string
  /** At least 32 bytes. */
  readonly secret: Uint8Array
  /** The secret before it. What it has sealed is sealed again when it is read. */
  readonly previousSecret?: Uint8Array | undefined
}

interface KeyRow {
  readonly version: number
  readonly sealed: Buffer
}

const label = "postern key set"
const formatVersion = 1
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + nonceBytes

/** The keys; store.ts says what each method promises. */
export class PostgresKeys implements KeyStore {
  readonly place: string
  readonly #database: Database
  readonly #view: View
  readonly #issuer: string
  readonly #key: Uint8Array
  readonly #previousKey: Uint8Array | null

  constructor(database: Database, view: View, options: KeyDocumentOptions) {
    const { place, issuer, secret, previousSecret } = options
    this.place = place
    this.#database = database
    this.#view = view
    this.#issuer = issuer
    this.#key = keyOf(secret)
    this.#previousKey = previousSecret === undefined ? null : keyOf(previousSecret)
  }

  async read(): Promise<KeyDocument | null> {
    const [row] = await this.#database.query<KeyRow>(
      "select version::float8 as version, sealed from postern.key_set",
    )
    this.#view.keysVersion = row?.version ?? null
    if (row === undefined) return null
    const bytes = this.#open(this.#key, row)
    if (bytes !== null) return { bytes, version: row.version }
    const before = this.#previousKey === null ? null : this.#open(this.#previousKey, row)
    if (before === null) throw unopened(this.place)
    const version = await this.replace(before, { ifVersion: row.version })
    // Null: another replica has replaced the document meanwhile.
    return version === null ? this.read() : { bytes: before, version }
  }

  async version(): Promise<number | null> {
    const [row] = await this.#database.query<Pick<KeyRow, "version">>(
      "select version::float8 as version from postern.key_set",
    )
    this.#view.keysVersion = row?.version ?? null
    return this.#view.keysVersion
  }

  knownVersion(): number | null {
    return this.#view.keysVersion
  }

  async replace(
    bytes: Uint8Array,
    { ifVersion }: { readonly ifVersion: number | null },
  ): Promise<number | null> {
    const version = (ifVersion ?? 0) + 1
    const sealed = this.#seal(bytes, version)
    const text =
      ifVersion === null
        ? `insert into postern.key_set (version, sealed) values ($1, $2)
          on conflict do nothing returning 1`
        : `update postern.key_set set version = $1, sealed = $2
          where version = $1::bigint - 1 returning 1`
    const rows = await this.#view.changing(() => this.#database.query(text, [version, sealed]))
    if (rows.length === 0) return null
    this.#view.keysVersion = version
    return version
  }

  #seal(bytes: Uint8Array, version: number): Buffer {
    const nonce = randomKey(nonceBytes)
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce)
    cipher.setAAD(this.#named(version))
    const sealed = [cipher.update(bytes), cipher.final(), cipher.getAuthTag()]
    return Buffer.concat([Buffer.of(formatVersion), nonce, ...sealed])
  }

  #open(key: Uint8Array, { version, sealed }: KeyRow): Buffer | null {
    if (sealed[0] !== formatVersion || sealed.byteLength < headBytes + tagBytes) return null
    const end = sealed.byteLength - tagBytes
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, headBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAAD(this.#named(version)).setAuthTag(sealed.subarray(end))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(headBytes, end)), decipher.final()])
    } catch {
      return null
    }
  }

  /** The data that are authenticated with the document: what it is, whose, and which row. */
  #named(version: number): Buffer {
    return Buffer.from(JSON.stringify([label, formatVersion, this.#issuer, "key_set", version]))
  }
}

function keyOf(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), label, 32))
}

function unopened(place: string): OperatorError {
  return new OperatorError(`The keys in ${place} can't be opened with this secret and issuer`, {
    hint:
      "Set POSTERN_STORE_SECRET to the secret that sealed them. " +
      "To change it, set POSTERN_STORE_SECRET_PREVIOUS to the former secret.",
    exitCode: exitCodes.badSettings,
  })
}
