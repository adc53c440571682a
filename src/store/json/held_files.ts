// The open files of a store, and the check that their paths still lead to them. Somebody may
// restore a backup into the directory, remove it, mount another over it, or start a second service
// on it through another mount. A write would then be lost, or would damage another store.
//
// A journal file is checked before and after each write. All files and the lock are checked every
// second, and before a write is acknowledged when the last check is a second old: so a process that
// was stopped for a while acknowledges nothing before it has checked.
//
// After the first difference nothing is written until the next start, even when the files are put
// back, because they may have changed in the meantime.

import { basename, join } from "node:path"
import { monotonicMillis } from "../../clock.ts"
import { systemCode } from "../../errors.ts"
import { type Disk, type DiskFile, writeAll } from "../../system/disk.ts"
import { createTurns } from "../../system/turns.ts"
import type { Lock } from "./lock.ts"
import { lockFileName } from "./lock_file.ts"

/** A file that is open. Only `HeldFiles` changes its members. */
export interface HeldFile {
  /** The path by which the next start finds the file. */
  readonly name: string
  readonly file: DiskFile
  readonly identity: string
  /** The file's length without the bytes of a write that failed. */
  length: number
  /** Whether a write failed, so the file may be longer than `length`. */
  isTorn: boolean
  /** The content of a small file that is only replaced; null for any other. */
  readonly bytes: Uint8Array | null
}

/** The path of a file leads to another file, or the lock has another owner. */
class Displaced extends Error {
  override readonly name = "Displaced"
  /** The system's own code for a file that is not where it was. */
  readonly code = "ESTALE"
}

interface HoldingOptions {
  /** The directory's path as the settings have it. */
  readonly directory: string
  readonly disk: Disk
  readonly lock: Lock
  /** Called once, after the first difference. */
  readonly alarm: (event: string, message: string) => void
}

/** What the store does with its held files. */
export type Holding = Pick<HeldFiles, "isInPlace" | "disk" | "append" | "restart" | "close">

const checkMillis = 1000
const smallBytesMax = 64 * 1024
const lineEnd = 0x0a
const changed = "was written to by somebody else"
/** Codes of a path on which a directory was replaced by a file, or by a link that leads nowhere. */
const goneCodes: readonly (string | null)[] = ["ENOTDIR", "ELOOP"]

/** Holds the files of an open store, and keeps its lock. */
export class HeldFiles {
  readonly #options: HoldingOptions
  readonly #files = new Map<string, HeldFile>()
  readonly #timer: NodeJS.Timeout
  #checkedAt = Number.NEGATIVE_INFINITY
  readonly #inTurn = createTurns()
  #displaced: Displaced | null = null

  constructor(options: HoldingOptions) {
    this.#options = options
    // The next write reports any other failure.
    const check = () => void this.#inTurn(() => this.#checkAll()).catch(() => {})
    this.#timer = setInterval(check, checkMillis).unref()
  }

  /** False from the first difference on. */
  get isInPlace(): boolean {
    return this.#displaced === null
  }

  /** The disk for replacing files of the directory: it checks all files before it renames one. */
  get disk(): Disk {
    const { disk } = this.#options
    return { ...disk, rename: (from, to) => this.#replace(from, to) }
  }

  /** Opens a file to write to, cuts it to a length and holds it. */
  openToWrite(path: string, length: number): Promise<HeldFile> {
    return this.#inTurn(async () => {
      const held = await this.#add(path, await this.#options.disk.open(path), null)
      await held.file.truncate(length)
      held.length = length
      return held
    })
  }

  /** Opens a file to hold it. Does nothing when there is none. */
  hold(path: string): Promise<void> {
    return this.#inTurn(() => this.#hold(path))
  }

  /**
   * Writes all of the bytes at the end of a file, or none. Bytes of a write that failed are cut off
   * before the next write, which fails when they can't be.
   * @throws Displaced
   */
  append(held: HeldFile, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      await this.#assertOwn(held)
      if (held.isTorn) await this.#cut(held)
      const start = held.length
      held.isTorn = true
      try {
        await writeAll(held.file, bytes, start)
        held.length = start + bytes.byteLength
        held.isTorn = false
        // If somebody cut the file before this write, there is a hole in front of the bytes.
        const [before] = await held.file.readAt(start - 1, 1)
        if (before !== lineEnd) throw this.#displace(held.name, changed)
        await this.#assertOwn(held)
      } catch (failure) {
        held.length = start
        held.isTorn = true
        await this.#cut(held).catch(() => {})
        throw failure
      }
    })
  }

  /** Writes over the first bytes of a file and cuts off the rest. */
  restart(held: HeldFile, firstBytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      await this.#assertOwn(held)
      held.isTorn = true
      await writeAll(held.file, firstBytes, 0)
      held.length = firstBytes.byteLength
      await this.#cut(held)
    })
  }

  /** Closes all files and gives the lock back. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#inTurn(async () => {
      for (const { file } of this.#files.values()) await file.close()
      await this.#options.lock.release()
    })
  }

  async #assertOwn(held: HeldFile): Promise<void> {
    this.#assertInPlace()
    await this.#check(held)
    if (monotonicMillis() - this.#checkedAt >= checkMillis) await this.#checkAll()
  }

  async #cut(held: HeldFile): Promise<void> {
    this.#assertInPlace()
    await this.#check(held)
    await held.file.truncate(held.length)
    held.isTorn = false
  }

  async #checkAll(): Promise<void> {
    const { lock, directory } = this.#options
    this.#assertInPlace()
    const startedAt = monotonicMillis()
    if (!(await lock.renew())) {
      throw this.#displace(join(directory, lockFileName), "is not this process's any more")
    }
    for (const held of this.#files.values()) await this.#check(held)
    this.#checkedAt = startedAt
  }

  #replace(from: string, to: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#checkAll()
      await this.#options.disk.rename(from, to)
      await this.#hold(to)
    })
  }

  /** Checks that a path still leads to its file, and that nobody else wrote to the file. */
  async #check({ name, identity, length, isTorn, bytes }: HeldFile): Promise<void> {
    const { disk } = this.#options
    const found = await disk.inspect(name).catch((error) => {
      if (goneCodes.includes(systemCode(error))) return null
      throw error
    })
    if (found === null) throw this.#displace(name, "is gone")
    if (found.identity !== identity) throw this.#displace(name, "is another file now")
    const content = bytes === null ? null : await disk.read(name)
    const isSame = content === null || Buffer.compare(content, bytes ?? content) === 0
    if (!isSame || (found.size !== length && !isTorn)) throw this.#displace(name, changed)
  }

  async #hold(path: string): Promise<void> {
    const { disk } = this.#options
    const file = await disk.openToRead(path)
    if (file === null) return
    const size = (await disk.inspect(path))?.size ?? 0
    const held = await this.#add(path, file, size <= smallBytesMax ? await disk.read(path) : null)
    held.length = size
  }

  // While a file is open, no other file can have its identity.
  async #add(path: string, file: DiskFile, bytes: Uint8Array | null): Promise<HeldFile> {
    const name = join(this.#options.directory, basename(path))
    const before = this.#files.get(name)
    const held = { name, file, identity: await file.identity(), length: 0, isTorn: false, bytes }
    this.#files.set(name, held)
    await before?.file.close()
    return held
  }

  #assertInPlace(): void {
    if (this.#displaced !== null) throw this.#displaced
  }

  #displace(name: string, what: string): Displaced {
    if (this.#displaced === null) {
      this.#displaced = new Displaced(`'${name}' ${what}`)
      const why = `'${name}' ${what}: the data directory was replaced, or two services use it`
      const advice = "Nothing is written any more until this service is stopped and started again"
      this.#options.alarm("store.displaced", `${why}. ${advice}`)
    }
    return this.#displaced
  }
}
