// Whether the files that are open are still those that the next start would find. Somebody may lay
// a backup over the directory, remove it, mount another over it, or start a second service on it
// through another mount. What is written then goes nowhere, or into the other's files.
//
// A journal file is looked at before and after each write, so nothing is acknowledged that the name
// does not lead to. All files and the lock are looked at every second, and before a write is
// acknowledged when a second has passed: a process that was stopped for a while finds out first.
//
// Once something has changed nothing is written any more, until the next start. Not even if all is
// back in its place: what happened to it in between is unknown.

import { basename, join } from "node:path"
import { monotonicMillis } from "../../clock.ts"
import { systemCode } from "../../errors.ts"
import type { Disk, DiskFile } from "../../system/disk.ts"
import type { Lock } from "./lock.ts"
import { lockFileName } from "./lock_file.ts"

/** A file that is open. */
export interface HeldFile {
  /** By which the next start finds it. */
  readonly name: string
  readonly file: DiskFile
  readonly identity: string
  /** How long it may be found to be, replaced whole by who writes to it. */
  length: Length
}

/** Two lengths that differ while something is being written. */
export interface Length {
  readonly min: number
  readonly max: number
}

/** What a journal asks for. Each throws Displaced when it is not so. */
export interface Holding {
  /** False once a file was found not to be in its place. */
  readonly isInPlace: boolean
  /** Before a write: makes sure that a file is in its place. */
  confirm(held: HeldFile): Promise<void>
  /** After it: that it is in its place, with what was written at `start`, which ends it at `end`. */
  confirmWritten(held: HeldFile, written: Written): Promise<void>
}

/** Where in a file something was written. */
export interface Written {
  readonly start: number
  readonly end: number
}

/** The files are not those of this store any more. */
export class Displaced extends Error {
  override readonly name = "Displaced"
  /** The system's own code for a file that is not where it was: a failure like those of the disk. */
  readonly code = "ESTALE"
}

/** What holding a directory's files needs. */
export interface HoldingOptions {
  /** The directory, by the name that the settings give it. */
  readonly directory: string
  readonly disk: Disk
  readonly lock: Lock
  readonly journals: readonly HeldFile[]
  /** Told once, when the first file is found not to be in its place. */
  readonly alarm: (event: string, message: string) => void
}

/** Another file, and its bytes where it is a small one. */
interface HeldOther extends HeldFile {
  readonly bytes: Uint8Array | null
}

const roundMillis = 1000
const smallBytesMax = 64 * 1024
const lineEnd = 0x0a
const changed = "was written to by somebody else"
/** Codes of a path on which a name is no directory any more, or a link that leads nowhere. */
const goneCodes: readonly (string | null)[] = ["ENOTDIR", "ELOOP"]

/** Holds the files of an open store, and keeps its lock. */
export class HeldFiles implements Holding {
  readonly #options: HoldingOptions
  readonly #others = new Map<string, HeldOther>()
  readonly #timer: NodeJS.Timeout
  #roundAt = Number.NEGATIVE_INFINITY
  /** Rounds and replacements go one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #displaced: Displaced | null = null

  constructor(options: HoldingOptions) {
    this.#options = options
    // A failure that is no displacement is told by the next write.
    const round = () => void this.#alone(() => this.#round()).catch(() => {})
    this.#timer = setInterval(round, roundMillis)
    this.#timer.unref()
  }

  get isInPlace(): boolean {
    return this.#displaced === null
  }

  /** The disk for whatever replaces a file of the directory: only while all are in their places. */
  get disk(): Disk {
    const { disk } = this.#options
    return { ...disk, rename: (from, to) => this.#replace(from, to) }
  }

  /** From now on the file of this path is held, if there is one. */
  hold(path: string): Promise<void> {
    return this.#alone(() => this.#hold(path))
  }

  async confirm(held: HeldFile): Promise<void> {
    this.#assertInPlace()
    await this.#look(held)
    await this.#roundIfDue()
  }

  async confirmWritten(held: HeldFile, { start, end }: Written): Promise<void> {
    // Whoever cut the file before this write has left a hole in front of it.
    const [before, size] = await Promise.all([held.file.byteAt(start - 1), this.#look(held)])
    if (before !== lineEnd || size !== end) throw this.#displace(held.name, changed)
    await this.#roundIfDue()
    // A round may have found out meanwhile.
    this.#assertInPlace()
  }

  /** Looks no more. The journals' files are the journal's to close. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#last
    for (const { file } of this.#others.values()) await file.close()
    this.#others.clear()
  }

  async #roundIfDue(): Promise<void> {
    const isDue = () => monotonicMillis() - this.#roundAt >= roundMillis
    if (isDue()) await this.#alone(async () => (isDue() ? this.#round() : undefined))
  }

  async #round(): Promise<void> {
    const { lock, journals, directory } = this.#options
    this.#assertInPlace()
    const startedAt = monotonicMillis()
    if (!(await lock.renew())) {
      throw this.#displace(join(directory, lockFileName), "is not this process's any more")
    }
    for (const held of journals) await this.#look(held)
    for (const held of this.#others.values()) {
      await this.#look(held)
      await this.#compare(held)
    }
    this.#roundAt = startedAt
  }

  #replace(from: string, to: string): Promise<void> {
    return this.#alone(async () => {
      await this.#round()
      await this.#options.disk.rename(from, to)
      await this.#hold(to)
    })
  }

  /** Looks at a name, and gives how long the file is. */
  async #look(held: HeldFile): Promise<number> {
    const { name, identity, length } = held
    const found = await this.#options.disk.inspect(name).catch((error) => {
      if (goneCodes.includes(systemCode(error))) return null
      throw error
    })
    if (found === null) throw this.#displace(name, "is gone")
    if (found.identity !== identity) throw this.#displace(name, "is another file now")
    // A length that was seen while it changed says nothing.
    const isSettled = held.length === length
    if (isSettled && (found.size < length.min || found.size > length.max)) {
      throw this.#displace(name, changed)
    }
    return found.size
  }

  async #compare({ name, bytes }: HeldOther): Promise<void> {
    if (bytes === null) return
    const found = await this.#options.disk.read(name)
    if (found === null || Buffer.compare(found, bytes) !== 0) {
      throw this.#displace(name, changed)
    }
  }

  async #hold(path: string): Promise<void> {
    const { disk, directory } = this.#options
    const file = await disk.openToRead(path)
    if (file === null) return
    const name = join(directory, basename(path))
    const before = this.#others.get(name)
    const size = (await disk.inspect(path))?.size ?? 0
    const bytes = size <= smallBytesMax ? await disk.read(path) : null
    const length = { min: size, max: size }
    this.#others.set(name, { name, file, identity: await file.identity(), length, bytes })
    await before?.file.close()
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

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }
}
