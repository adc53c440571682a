// Backups: the whole content of a data directory in one file, whose format is
// json/backup_format.ts's. A running service makes one by `Store.backup`.

import { exitCodes, OperatorError } from "../errors.ts"
import { otherWriterHints } from "../system/file_version.ts"
import type { BackupOrigin, Content, DirectoryPlace } from "./copying.ts"
import { fillWatched, readWatched, type Sum, type Watching } from "./watched_content.ts"

/** Where the bytes of a backup come from. */
export interface BackupSource {
  readonly chunks: AsyncIterable<Uint8Array>
  /** The name for messages. */
  readonly place: string
}

/** What is in a backup. */
export interface BackupReport {
  readonly origin: BackupOrigin
  readonly counts: Sum["counts"]
}

/** How to restore. */
interface RestoreOptions extends Watching {
  readonly from: BackupSource
  readonly to: DirectoryPlace
  /** What to restore of the content of a backup. */
  readonly change: (content: Content) => Promise<Content>
  readonly warn: (event: string, message: string) => void
}

/**
 * Reads a backup to its end, and says what is in it.
 * @throws OperatorError when it is not whole
 */
export async function checkBackup(from: BackupSource, watching: Watching): Promise<BackupReport> {
  return withSource(from, async (chunks) => {
    const { openBackup } = await import("./json/backup_reader.ts")
    const { origin, content } = await openBackup(chunks)
    const { counts } = await readWatched(content, watching)
    return { origin, counts }
  })
}

/**
 * Restores a backup into a directory in which there is nothing yet. There is still nothing when
 * anything fails.
 * @throws OperatorError when the backup is not whole, or when the directory holds something
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupReport> {
  const { from, to, change, warn } = options
  return withSource(from, async (chunks) => {
    const { openBackup } = await import("./json/backup_reader.ts")
    const { copyToDirectory } = await import("./json/copied_store.ts")
    const { origin, content } = await openBackup(chunks)
    const target = copyToDirectory({ ...to, warn })
    const { counts } = await fillWatched(await change(content), target, options)
    return { origin, counts }
  })
}

const hints = {
  damaged: "Nothing was restored. Take another backup: this one is damaged, or was cut short.",
  newer: "Nothing was restored. Use the Postern that made it, or a newer one.",
  unreleased: otherWriterHints.unreleased,
} as const

/** Reads a source, closes it, and names it when it can't be read. */
async function withSource<T>(
  { chunks, place }: BackupSource,
  work: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { FileFault } = await import("./json/damage.ts")
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    return await work({ [Symbol.asyncIterator]: () => iterator })
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    const { kind, message } = error
    throw new OperatorError(`The backup ${place} can't be read: ${error.place}: ${message}`, {
      hint: hints[kind],
      exitCode: exitCodes.damagedData,
    })
  } finally {
    await iterator.return?.()
  }
}
