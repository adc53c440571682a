// Bytes that wait in a file without a name. Nobody else can open it, and it is gone with the
// process, however that ends.

import { type FileHandle, open, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { exitCodes } from "../errors.ts"
import { fileFailure } from "./failure.ts"
import { randomName } from "./random.ts"

/** A file without a name. */
export interface Spool {
  write(bytes: Uint8Array): Promise<void>
  /** All that was written, as it was: what one call wrote is one part. */
  read(): AsyncIterable<Buffer>
  close(): Promise<void>
}

/**
 * Opens a spool in a directory, or in that for temporary files where the first is not there.
 * @throws OperatorError when no file can be made
 */
export async function openSpool(directory: string): Promise<Spool> {
  const file = await openUnnamed(directory).catch(() => openUnnamed(tmpdir()).catch(fail))
  const sizes: number[] = []
  return {
    async write(bytes) {
      await file.appendFile(bytes).catch(fail)
      sizes.push(bytes.byteLength)
    },
    async *read() {
      let at = 0
      for (const size of sizes) {
        const part = Buffer.alloc(size)
        await file.read(part, 0, size, at)
        at += size
        yield part
      }
    },
    close: () => file.close(),
  }
}

async function openUnnamed(directory: string): Promise<FileHandle> {
  // A start of the store removes such a name, should the process end before the next line.
  const path = join(directory, `.spool.${randomName()}.tmp`)
  const file = await open(path, "wx+", 0o600)
  await rm(path)
  return file
}

function fail(cause: unknown): never {
  throw fileFailure(cause, {
    message: "The file for users who were checked can't be written",
    setting: "TMPDIR",
    exitCode: exitCodes.unavailable,
  })
}
