// A disk in memory that keeps a log of what was done to it and fails as it is told. From the log,
// the state after any prefix of it can be had again: what a crash at that moment would have left.
//
// Sockets are the machine's, since a lock is none without them: names that end in .sock are made in
// the real directory. lock.json is in memory as other files are, but neither logged nor failed.

import { basename } from "node:path"
import { type Disk, type DiskFile, machineDisk, writeAll } from "../../src/system/disk.ts"
import { startOfTests } from "./fake_clock.ts"

/** Something that was done to a file; names are without their directory. */
export type Operation =
  | { readonly kind: "make"; readonly name: string }
  | {
      readonly kind: "write"
      readonly name: string
      readonly position: number
      readonly bytes: Buffer
    }
  | { readonly kind: "truncate"; readonly name: string; readonly length: number }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "sync"; readonly name: string }

/** How an operation goes wrong: only so many bytes are written, and then, with a code, it throws. */
export interface Fault {
  readonly code?: string
  readonly taken?: number
}

/** Asked before each operation, which waits for the answer. */
export type FaultChoice = (operation: Operation) => Fault | null | Promise<Fault | null>

/** File contents by name. */
export type Files = ReadonlyMap<string, Buffer>

/** What a test may see of the disk and do to it. */
export interface Faults {
  readonly operations: readonly Operation[]
  readonly files: Files
  /** Chooses the faults from now on, and lets go what is held; without an argument there are none. */
  fail(choose?: FaultChoice): void
  /** Lets writes wait from now on, until they are let go and go well or as `fault` says. */
  holdWrites(): HeldWrites
}

/** Writes that wait. */
export interface HeldWrites {
  /** Resolves when the first write has come. */
  readonly reached: Promise<void>
  letGo(fault?: Fault): void
}

/** A disk with faults. */
export type FaultyDisk = Disk & Faults

/** Does an operation, or fails as chosen; for a write it gives the number of bytes. */
type Perform = (operation: Operation) => Promise<number>

/** Makes a disk that holds these files. */
export function createFaultyDisk(before: Files = new Map()): FaultyDisk {
  const files = new Map(before)
  const operations: Operation[] = []
  let choose: FaultChoice = () => null
  let release = () => {}

  async function perform(operation: Operation): Promise<number> {
    const fault = await choose(operation)
    const { code, taken = 0 } = fault ?? {}
    if (operation.kind === "write") {
      const bytes = fault === null ? operation.bytes : operation.bytes.subarray(0, taken)
      commit({ ...operation, bytes: Buffer.from(bytes) })
      if (code !== undefined) throw systemError(code)
      return bytes.byteLength
    }
    if (code !== undefined) throw systemError(code)
    commit(operation)
    return 0
  }

  function commit(operation: Operation): void {
    operations.push(operation)
    apply(files, operation)
  }

  return {
    ...diskOver(files, perform),
    operations,
    files,
    fail(next = () => null) {
      release()
      choose = next
    },
    holdWrites() {
      const { choice, held } = createGate()
      choose = choice
      release = held.letGo
      return held
    },
  }
}

function createGate(): { readonly choice: FaultChoice; readonly held: HeldWrites } {
  let reach = () => {}
  let letGo = (_fault: Fault | null) => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const gate = new Promise<Fault | null>((resolve) => {
    letGo = resolve
  })
  const choice: FaultChoice = ({ kind }) => {
    if (kind !== "write") return null
    reach()
    return gate
  }
  return { choice, held: { reached, letGo: (fault) => letGo(fault ?? null) } }
}

function diskOver(files: Files, perform: Perform): Disk {
  const identities = createIdentities()
  const lock = createLockFile()
  const contentOf = (path: string) => (isLock(path) ? lock.bytes : files.get(basename(path)))
  const fileOf = (name: string): DiskFile => ({
    ...writerOf(name, perform),
    ...readerOf(files, name),
    identity: async () => identities.of(name),
  })
  return {
    read: async (path) => contentOf(path) ?? null,
    openToRead: async (path) => (files.has(basename(path)) ? fileOf(basename(path)) : null),
    overwrite: async (_path, bytes) => lock.write(bytes),
    async open(path) {
      const name = basename(path)
      if (!files.has(name)) await perform({ kind: "make", name })
      return fileOf(name)
    },
    async append(path, bytes) {
      const name = basename(path)
      if (!files.has(name)) await perform({ kind: "make", name })
      await writeAll(fileOf(name), bytes, files.get(name)?.byteLength ?? 0)
    },
    async create(path) {
      if (isLock(path)) return lock.create()
      const name = basename(path)
      if (files.has(name)) throw systemError("EEXIST")
      await perform({ kind: "make", name })
      return fileOf(name)
    },
    async rename(from, to) {
      if (from.endsWith(".sock")) return machineDisk.rename(from, to)
      await perform({ kind: "rename", name: basename(from), to: basename(to) })
      identities.move(basename(from), basename(to))
    },
    async remove(path) {
      if (isLock(path)) return lock.remove()
      if (path.endsWith(".sock")) return machineDisk.remove(path)
      await perform({ kind: "remove", name: basename(path) })
      identities.forget(basename(path))
    },
    list: async (directory) => [...files.keys(), ...(await machineDisk.list(directory))],
    syncDirectory: async (path) => void (await perform({ kind: "sync", name: basename(path) })),
    realPath: machineDisk.realPath,
    async inspect(path) {
      const size = contentOf(path)?.byteLength
      if (size === undefined) return machineDisk.inspect(path)
      return {
        ...ofThisUser,
        size,
        modifiedAt: startOfTests,
        identity: identities.of(basename(path)),
      }
    },
    ...{ makeDirectory: machineDisk.makeDirectory, room: machineDisk.room },
    async chmod(path, mode) {
      if (path.endsWith(".sock")) await machineDisk.chmod(path, mode)
    },
  }
}

function readerOf(files: Files, name: string): Pick<DiskFile, "readAt"> {
  return {
    readAt: async (position, bytesMax) =>
      Buffer.from(files.get(name)?.subarray(position, position + bytesMax) ?? []),
  }
}

function writerOf(name: string, perform: Perform): Pick<DiskFile, "write" | "truncate" | "close"> {
  return {
    write: (bytes, position) =>
      perform({ kind: "write", name, position, bytes: Buffer.from(bytes) }),
    truncate: async (length) => void (await perform({ kind: "truncate", name, length })),
    close: async () => {},
  }
}

/** Numbers of files: a new one has a new number, and takes it along when it is renamed. */
function createIdentities() {
  const numbers = new Map<string, number>()
  let made = 0
  const of = (name: string): string => {
    const known = numbers.get(name) ?? ++made
    numbers.set(name, known)
    return `test:${known}`
  }
  return {
    of,
    forget: (name: string) => void numbers.delete(name),
    move(from: string, to: string) {
      of(from)
      numbers.set(to, numbers.get(from) ?? 0)
      numbers.delete(from)
    },
  }
}

const ofThisUser = {
  type: "file",
  owner: process.geteuid?.() ?? 0,
  group: process.getegid?.() ?? 0,
  mode: 0o600,
} as const

const isLock = (path: string) => basename(path) === "lock.json"

/** lock.json, which is in no log and never fails. */
function createLockFile() {
  let bytes: Buffer | undefined
  return {
    get bytes() {
      return bytes
    },
    write(written: Uint8Array): void {
      if (bytes === undefined) throw systemError("ENOENT")
      bytes = Buffer.from(written)
    },
    remove(): void {
      bytes = undefined
    },
    create(): DiskFile {
      if (bytes !== undefined) throw systemError("EEXIST")
      bytes = Buffer.alloc(0)
      return {
        write: async (written) => {
          bytes = Buffer.from(written)
          return written.byteLength
        },
        truncate: async () => {},
        readAt: async () => Buffer.alloc(0),
        identity: async () => "test:lock",
        close: async () => {},
      }
    },
  }
}

/** What a disk that began with `before` holds after these operations. */
export function filesAfter(operations: readonly Operation[], before: Files = new Map()): Files {
  const files = new Map(before)
  for (const operation of operations) apply(files, operation)
  return files
}

function apply(files: Map<string, Buffer>, operation: Operation): void {
  const { kind, name } = operation
  const bytes = files.get(name) ?? Buffer.alloc(0)
  if (kind === "make") files.set(name, bytes)
  if (kind === "remove") files.delete(name)
  if (kind === "truncate") files.set(name, resized(bytes, operation.length))
  if (kind === "rename") {
    files.set(operation.to, bytes)
    files.delete(name)
  }
  if (kind === "write") {
    const end = operation.position + operation.bytes.byteLength
    const written = resized(bytes, Math.max(bytes.byteLength, end))
    operation.bytes.copy(written, operation.position)
    files.set(name, written)
  }
}

function resized(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes], length)
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code })
}
