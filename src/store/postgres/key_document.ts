// The keys of the PostgreSQL store: one row, sealed (key_seal.ts). The content is
// token/keys/key_file.ts's.

import { setImmediate as turn } from "node:timers/promises"
import { randomBetween } from "../../system/random.ts"
import type { KeyDocument, KeyStore } from "../store.ts"
import { type Database, inTime } from "./database.ts"
import {
  createKeySeal,
  type KeyRow,
  type KeySeal,
  type KeySealOptions,
  readKeyRow,
} from "./key_seal.ts"
import type { View } from "./view.ts"

/** Far below what a number holds, however often the keys are replaced. */
const versionStepMax = 2 ** 20

/** The keys; store.ts says what each method promises. */
export class PostgresKeys implements KeyStore {
  readonly place: string
  readonly #database: Database
  readonly #view: View
  readonly #seal: KeySeal
  /** A query that is about to be sent: all who ask before that share it. */
  #asking: Promise<number | null> | null = null

  constructor(database: Database, view: View, options: KeySealOptions) {
    this.place = options.place
    this.#database = database
    this.#view = view
    this.#seal = createKeySeal(options)
  }

  // What the previous secret has sealed is sealed again when it is read.
  async read(): Promise<KeyDocument | null> {
    const row = await readKeyRow(this.#database.query)
    this.#view.keysVersion = row?.version ?? null
    if (row === undefined) return null
    const { bytes, isOld } = this.#seal.open(row)
    if (!isOld) return { bytes, version: row.version }
    const version = await this.replace(bytes, { ifVersion: row.version })
    // Null: another replica has replaced the document meanwhile.
    return version === null ? this.read() : { bytes, version }
  }

  version(): Promise<number | null> {
    this.#asking ??= turn().then(() => {
      this.#asking = null
      return this.#readVersion()
    })
    return this.#asking
  }

  async #readVersion(): Promise<number | null> {
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
    // Not the next number: after a dump was restored, it may be one that a replica has seen.
    const version = (ifVersion ?? 0) + Math.ceil(randomBetween(0, versionStepMax))
    const sealed = this.#seal.seal(bytes, version)
    const text =
      ifVersion === null
        ? `insert into postern.key_set (version, sealed) select $1, $2 where ${inTime(3)}
          on conflict do nothing returning 1`
        : `update postern.key_set set version = $1, sealed = $2
          where version = $3 and ${inTime(4)} returning 1`
    const values = [version, sealed, ...(ifVersion === null ? [] : [ifVersion])]
    const rows = await this.#view.changing(() => this.#database.change(text, values))
    if (rows.length === 0) return null
    this.#view.keysVersion = version
    return version
  }
}
