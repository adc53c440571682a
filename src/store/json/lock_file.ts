// lock.json: which process owns the data directory. The owner renews it every second.
//
//   {"format":"postern-lock","id":"…","boot":"…",
//    "socket":{"name":"lock-….sock","identity":"65024:7"},"beat":17}
//
// `boot` identifies the start of the owner's kernel, and `socket` is the Unix socket that the owner
// listens on. Each is null where there is none. Blanks fill the text up to a fixed length, so that
// it can be written in place.

import { isJsonObject } from "../../domain/strict_json.ts"
import { exitCodes, systemCode } from "../../errors.ts"
import { type Disk, type DiskFile, writeAll } from "../../system/disk.ts"
import { fileFailure } from "../../system/failure.ts"

/** Name of the file in the data directory. */
export const lockFileName = "lock.json"

/** An owner of the lock. */
export interface LockOwner {
  /** Used once. */
  readonly id: string
  readonly boot: string | null
  readonly socket: { readonly name: string; readonly identity: string } | null
}

const format = "postern-lock"
const length = 512
const noRoomCodes: readonly (string | null)[] = ["ENOSPC", "EDQUOT", "EFBIG"]
const bootPath = "/proc/sys/kernel/random/boot_id"

/** The text of an owner that has renewed it `beat` times. */
export function encodeLock(owner: LockOwner, beat: number): Buffer {
  const { id, boot, socket } = owner
  return Buffer.from(JSON.stringify({ format, id, boot, socket, beat }).padEnd(length))
}

/** The owner in a file, or null when the text is torn or of another version. */
export function readLock(bytes: Uint8Array): LockOwner | null {
  try {
    const text = Buffer.from(bytes).subarray(0, length).toString("utf8")
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value) || value["format"] !== format) return null
    const { id, boot, socket } = value
    if (typeof id !== "string") return null
    return { id, boot: typeof boot === "string" ? boot : null, socket: readSocket(socket) }
  } catch {
    return null
  }
}

function readSocket(value: unknown): LockOwner["socket"] {
  if (!isJsonObject(value)) return null
  const { name, identity } = value
  return typeof name === "string" && typeof identity === "string" ? { name, identity } : null
}

/**
 * Makes the file. Of several processes, one succeeds. On a full disk the file stays blank: the
 * service still starts, because no other process can write over the file either.
 * @throws OperatorError when nothing may be written there
 */
export async function makeLockFile(
  path: string,
  content: Buffer,
  disk: Disk,
): Promise<"made" | "blank" | "taken"> {
  let file: DiskFile
  try {
    file = await disk.create(path)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === "EEXIST") return "taken"
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw cause
    throw fileFailure(cause, {
      message: `The data directory can't be written: '${path}'`,
      setting: "POSTERN_DATA_DIR",
      exitCode: exitCodes.unavailable,
    })
  }
  try {
    await writeAll(file, content, 0)
    return "made"
  } catch (error) {
    if (noRoomCodes.includes(systemCode(error))) return "blank"
    await disk.remove(path)
    throw error
  } finally {
    await file.close()
  }
}

/** The id of this start of the kernel, or null where the system has none. */
export async function readBoot(disk: Disk): Promise<string | null> {
  const bytes = await disk.read(bootPath).catch(() => null)
  const text = bytes === null ? "" : Buffer.from(bytes).toString("latin1").trim()
  return /^[\w-]{16,64}$/.test(text) ? text : null
}
