// keys.json: the key store's document, mode 0600. Its format is token/keys/key_file.ts's. It is
// replaced as a whole, in one step.

import { systemCode, Unavailable } from "../../errors.ts"
import { type Disk, replaceFile } from "../../system/disk.ts"
import { createTurns } from "../../system/turns.ts"
import type { KeyDocument, KeyStore } from "../store.ts"

/** Name of the file in the data directory. */
export const keysFileName = "keys.json"

/** The keys; store.ts says what each method promises. */
export class JsonKeys implements KeyStore {
  readonly place: string
  readonly #disk: Disk
  readonly #assertOpen: () => void
  /** Counted in memory: no other process writes the file. Null: no file; undefined: not read. */
  #version: number | null | undefined
  readonly #inTurn = createTurns()

  constructor({ path, disk, assertOpen }: KeysFileParts) {
    this.place = path
    this.#disk = disk
    this.#assertOpen = assertOpen
  }

  async read(): Promise<KeyDocument | null> {
    this.#assertOpen()
    const bytes = await orUnavailable("read", () => this.#disk.read(this.place))
    if (this.#version === undefined) this.#version = bytes === null ? null : 1
    return bytes === null || this.#version === null ? null : { bytes, version: this.#version }
  }

  async version(): Promise<number | null> {
    this.#assertOpen()
    if (this.#version === undefined) await this.read()
    return this.#version ?? null
  }

  knownVersion(): number | null {
    return this.#version ?? null
  }

  replace(
    bytes: Uint8Array,
    { ifVersion }: { readonly ifVersion: number | null },
  ): Promise<number | null> {
    return this.#inTurn(async () => {
      this.#assertOpen()
      if (this.#version === undefined) await this.read()
      if (ifVersion !== this.#version) return null
      await orUnavailable("stored", () => replaceFile(this.place, [bytes], this.#disk))
      this.#version = (ifVersion ?? 0) + 1
      return this.#version
    })
  }
}

interface KeysFileParts {
  readonly path: string
  readonly disk: Disk
  /** Throws Unavailable once the store is closed. */
  readonly assertOpen: () => void
}

async function orUnavailable<T>(verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (systemCode(cause) === null) throw cause
    throw new Unavailable(`The keys could not be ${verb}`, { cause })
  }
}
