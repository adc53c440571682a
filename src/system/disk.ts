// The file system, as a value that tests replace by a disk that fails.
//
// Files are opened for writing with O_DSYNC: a write is on the disk when its promise resolves, as
// if fdatasync(2) followed it (open(2)). The container runs under Node's permission model, which
// forbids calls of fsync, fdatasync and fchmod.

import { type BigIntStats, constants } from "node:fs"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { exitCodes, systemCode } from "../errors.ts"
import { fileFailure } from "./failure.ts"
import { randomName } from "./random.ts"

const fileMode = 0o600
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW
const overwriteFlags = constants.O_WRONLY | constants.O_NOFOLLOW
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY
const writeFlags =
  constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | (constants.O_DSYNC ?? 0)

/** A file opened for writing. */
export interface DiskFile {
  /** Writes at `position` and gives how many bytes were taken, which may be fewer than asked. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /** Cuts the file. Reaches the disk with the next write at the latest. */
  truncate(length: number): Promise<void>
  /** Bytes from `position` on, at most so many; none where the file has ended. */
  readAt(position: number, bytesMax: number): Promise<Buffer>
  /** Which file it is: the `Inspection.identity` of a path that leads to it. */
  identity(): Promise<string>
  close(): Promise<void>
}

/** The file system. Errors are Node's system errors. */
export interface Disk {
  /** Bytes of a file, or null where there is none. Never follows a symbolic link. */
  read(path: string): Promise<Buffer | null>
  /** Opens for writing and makes the file, mode 0600, where there is none. */
  open(path: string): Promise<DiskFile>
  /** Opens for reading only, or gives null where there is none. Never follows a symbolic link. */
  openToRead(path: string): Promise<DiskFile | null>
  /**
   * Writes over the beginning of a file that must be there. Running processes see the bytes at
   * once; they may not be on the disk yet.
   */
  overwrite(path: string, bytes: Uint8Array): Promise<void>
  /** Writes at the end of a file and makes it, mode 0600, where there is none. */
  append(path: string, bytes: Uint8Array): Promise<void>
  /** Makes a file that must not exist yet, mode 0600. */
  create(path: string): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** Removes a file; one that is already gone is no error. */
  remove(path: string): Promise<void>
  list(directory: string): Promise<readonly string[]>
  /** Makes new names in a directory durable, where the process may (see `syncDirectory`). */
  syncDirectory(path: string): Promise<void>
  /** What is at a path, links not followed, or null where there is nothing. */
  inspect(path: string): Promise<Inspection | null>
  /** The path without links to which a path leads. */
  realPath(path: string): Promise<string>
  /** Makes a directory, and those above it that are missing; a name that is there is no error. */
  makeDirectory(path: string, mode: number): Promise<void>
  chmod(path: string, mode: number): Promise<void>
  /** How much room is left for this user on the file system of a path, in bytes. */
  room(path: string): Promise<number>
}

/** What is at a path. */
export interface Inspection {
  readonly type: "file" | "directory" | "link" | "other"
  readonly owner: number
  readonly group: number
  /** Permissions, and the sticky bit. */
  readonly mode: number
  readonly size: number
  /** When it was last written to, in epoch seconds. */
  readonly modifiedAt: number
  /** Device and number of the file: no two have the same while both are there or open. */
  readonly identity: string
}

/** The machine's disk. */
export const machineDisk: Disk = {
  read: (path) => unlessAbsent(withFile(path, readFlags, (handle) => handle.readFile())),
  open: async (path) => diskFile(await fs.open(path, writeFlags, fileMode)),
  create: async (path) => diskFile(await fs.open(path, writeFlags | constants.O_EXCL, fileMode)),
  openToRead: (path) => unlessAbsent(fs.open(path, readFlags).then(diskFile)),
  overwrite: (path, bytes) =>
    withFile(path, overwriteFlags, async (handle) => {
      await handle.write(bytes, 0, bytes.byteLength, 0)
    }),
  append: (path, bytes) =>
    withFile(path, writeFlags | constants.O_APPEND, (handle) => handle.appendFile(bytes)),
  rename: fs.rename,
  remove: (path) => fs.rm(path, { force: true }),
  list: (directory) => fs.readdir(directory),
  syncDirectory,
  inspect: (path) => unlessAbsent(fs.lstat(path, { bigint: true }).then(inspection)),
  realPath: (path) => fs.realpath(path),
  makeDirectory,
  chmod: fs.chmod,
  async room(path) {
    const { bavail, bsize } = await fs.statfs(path)
    return bavail * bsize
  },
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null
    throw error
  }
}

async function withFile<T>(
  path: string,
  flags: number,
  work: (handle: fs.FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await fs.open(path, flags, fileMode)
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}

function inspection(stats: BigIntStats): Inspection {
  return {
    type: typeOf(stats),
    owner: Number(stats.uid),
    group: Number(stats.gid),
    mode: Number(stats.mode) & 0o1777,
    size: Number(stats.size),
    modifiedAt: Number(stats.mtimeMs) / 1000,
    identity: identityOf(stats),
  }
}

// As text: the number of a file may be more than a JavaScript number holds.
function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

function typeOf(stats: BigIntStats): Inspection["type"] {
  if (stats.isFile()) return "file"
  if (stats.isDirectory()) return "directory"
  return stats.isSymbolicLink() ? "link" : "other"
}

// Not by Node's `recursive`, which calls a read-only file system a missing directory.
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await makeUnlessThere(path, mode)
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error
    await makeDirectory(dirname(path), mode)
    await makeUnlessThere(path, mode)
  }
}

async function makeUnlessThere(path: string, mode: number): Promise<void> {
  await fs.mkdir(path, { mode }).catch((error) => {
    if (systemCode(error) !== "EEXIST") throw error
  })
}

function diskFile(handle: fs.FileHandle): DiskFile {
  return {
    write: async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.byteLength, position)).bytesWritten,
    truncate: (length) => handle.truncate(length),
    readAt: async (position, bytesMax) => {
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(bytesMax),
        ...([0, bytesMax, position] as const),
      )
      return buffer.subarray(0, bytesRead)
    },
    identity: async () => identityOf(await handle.stat({ bigint: true })),
    close: () => handle.close(),
  }
}

// The permission model answers ERR_ACCESS_DENIED. The store loses nothing then, because the state
// before the rename is complete (store/json/journal.ts).
function syncDirectory(path: string): Promise<void> {
  return withFile(path, directoryFlags, async (handle) => {
    await handle.sync().catch((error) => {
      if (systemCode(error) !== "ERR_ACCESS_DENIED") throw error
    })
  })
}

/** Writes all bytes, however often the disk takes only a part. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const taken = await file.write(bytes.subarray(done), position + done)
    if (taken === 0) throw new Error("The disk took none of the bytes")
    done += taken
  }
}

/**
 * Replaces a file in one step: writes the chunks to a new file of mode 0600 beside it and renames
 * that. Readers see the old content or the new, never a part. A failure before the rename leaves
 * the old content.
 */
export async function replaceFile(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  disk: Disk,
): Promise<void> {
  await writeBeside(path, chunks, { disk, use: (temporary) => disk.rename(temporary, path) })
  await disk.syncDirectory(dirname(path))
}

/**
 * Writes the chunks to a new file of mode 0600 beside a path, for `use` to rename it. When that
 * fails, the new file is removed.
 */
export async function writeBeside(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { disk, use }: { readonly disk: Disk; readonly use: (temporary: string) => Promise<void> },
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomName()}.tmp`)
  const file = await disk.create(temporary)
  try {
    try {
      let position = 0
      for await (const chunk of chunks) {
        await writeAll(file, chunk, position)
        position += chunk.byteLength
      }
    } finally {
      await file.close()
    }
    await use(temporary)
  } catch (error) {
    // A failure of the clean-up must not hide the first one.
    await disk.remove(temporary).catch(() => {})
    throw error
  }
}

/**
 * Does work in a new directory of mode 0700 and removes it afterwards.
 * @throws OperatorError when none can be made, or not be removed
 */
export async function withTemporaryDirectory<T>(
  prefix: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const failure = (message: string) => (cause: unknown) => {
    throw fileFailure(cause, { message, setting: "TMPDIR", exitCode: exitCodes.unavailable })
  }
  const directory = await fs
    .mkdtemp(join(tmpdir(), prefix))
    .catch(failure(`No directory can be made in '${tmpdir()}'`))
  const remove = () => fs.rm(directory, { recursive: true, force: true })
  const result = await work(directory).catch(async (error) => {
    // A failure of the clean-up must not hide the first one.
    await remove().catch(() => {})
    throw error
  })
  await remove().catch(failure(`The directory '${directory}' can't be removed`))
  return result
}

/** Removes the temporary files that a killed `writeBeside` left behind. */
export async function removeLeftovers(directory: string, disk: Disk): Promise<void> {
  for (const name of await disk.list(directory)) {
    if (isLeftover(name)) await disk.remove(join(directory, name))
  }
}

/** Whether a file's name is that of a temporary file of `writeBeside`. */
export function isLeftover(name: string): boolean {
  return /^\..+\.[\w-]{22}\.tmp$/.test(name)
}
