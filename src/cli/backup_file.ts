// The file of a backup: mode 0600, there whole or not at all, and read back before it gets its
// name.

import { createHash } from "node:crypto"
import { basename, dirname } from "node:path"
import { controlSocketName } from "../admin/socket.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import { checkBackup } from "../store/backup.ts"
import { storeFileNames } from "../store/data_directory.ts"
import { type Disk, writeBeside } from "../system/disk.ts"
import { fileFailure } from "../system/failure.ts"
import { chunksOf, inLargePieces, seenPieces } from "../system/file_chunks.ts"

/** Each write waits for the disk. */
const writtenBytesMin = 1024 * 1024

/** Where a backup may not be written. */
interface BackupFileOptions {
  /** Whether a file that is there already is replaced. */
  readonly mayReplace: boolean
  /** Whether nobody here can read the pieces. */
  readonly isEncrypted: boolean
  /** The data directory. */
  readonly directory: string
  readonly auditFile: string | null
  readonly disk: Disk
}

/**
 * Makes the function that writes a backup to a path.
 * @throws OperatorError when it may not be written there; the function, too
 */
export async function writeBackupFile(
  path: string,
  options: BackupFileOptions,
): Promise<(pieces: AsyncIterable<Uint8Array>) => Promise<void>> {
  const { disk, isEncrypted } = options
  await naming(path, () => requireFree(path, options))
  return (pieces) =>
    naming(path, async () => {
      const [written, found] = [createHash("sha256"), createHash("sha256")]
      const large = inLargePieces(pieces, writtenBytesMin)
      await writeBeside(
        path,
        seenPieces(large, (piece) => written.update(piece)),
        {
          disk,
          async use(temporary) {
            const back = seenPieces(chunksOf(temporary, disk), (piece) => found.update(piece))
            if (isEncrypted) for await (const _ of back);
            else await readThrough(back, path)
            if (!written.digest().equals(found.digest())) throw differs(path)
            await requireFree(path, options)
            await disk.rename(temporary, path)
          },
        },
      )
      await disk.syncDirectory(dirname(path))
    })
}

async function readThrough(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const watching = { onProgress: () => {}, isInterrupted: () => false }
  try {
    await checkBackup({ chunks, place: `'${path}'` }, watching)
  } catch (cause) {
    throw cause instanceof OperatorError ? differs(path, cause) : cause
  }
}

function differs(path: string, cause?: unknown): OperatorError {
  return new OperatorError(`What was read back from '${path}' differs from what was written`, {
    hint: "No backup was made. Check the disk, and the system's own log: dmesg.",
    ...{ exitCode: exitCodes.refused, cause },
  })
}

async function requireFree(
  path: string,
  { mayReplace, directory, auditFile, disk }: BackupFileOptions,
): Promise<void> {
  const above = await disk.realPath(dirname(path))
  const isOfStore =
    above === directory && [...storeFileNames, controlSocketName].includes(basename(path))
  if (isOfStore || path === auditFile) {
    throw new OperatorError(`'${path}' is a file of the service`, {
      hint: "Give the backup a name of its own.",
      exitCode: exitCodes.usage,
    })
  }
  const found = await disk.inspect(path)
  if (found === null || (found.type === "file" && mayReplace)) return
  const isFile = found.type === "file"
  throw new OperatorError(isFile ? `There is a file '${path}' already` : `'${path}' is no file`, {
    hint: isFile
      ? "Choose another name, or replace the file with --force."
      : "Name a file that is not there yet, or pipe the backup: postern backup - | …",
    exitCode: exitCodes.refused,
  })
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileFailure(error, {
      message: `The backup can't be written to '${path}'`,
      setting: "FILE",
      exitCode: exitCodes.refused,
    })
  }
}
