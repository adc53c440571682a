// What is known of the last backup: a small file beside the store, for `postern status`. It is
// replaced as a whole. Nothing depends on it, so a file that can't be read counts as none.
//
//   {"format":"postern-last-backup","version":1,"madeAt":1795447800,"file":"/backups/monday.json",…}

import { join } from "node:path"
import { isJsonObject } from "../domain/strict_json.ts"
import { type Disk, replaceFile } from "../system/disk.ts"

/** Name of the file in the data directory. */
export const lastBackupName = "last_backup.json"

/** The last backup. */
export interface LastBackup {
  /** The moment that it holds, in epoch seconds. */
  readonly madeAt: number
  /** Where it was written; null for a pipe. */
  readonly file: string | null
  readonly bytes: number
  readonly users: number
}

const format = { format: "postern-last-backup", version: 1 }

/** Notes that a backup was made, or restored. */
export async function noteBackup(directory: string, note: LastBackup, disk: Disk): Promise<void> {
  const text = `${JSON.stringify({ ...format, ...note })}\n`
  await replaceFile(join(directory, lastBackupName), [Buffer.from(text)], disk)
}

/** The last backup, or null when none was noted. */
export async function readLastBackup(directory: string, disk: Disk): Promise<LastBackup | null> {
  const bytes = await disk.read(join(directory, lastBackupName))
  try {
    const note: unknown = JSON.parse(String(bytes))
    return isJsonObject(note) && note["format"] === format.format && isNote(note) ? note : null
  } catch {
    return null
  }
}

function isNote(note: object): note is LastBackup {
  const { madeAt, bytes, users, file } = note as Partial<LastBackup>
  return (
    [madeAt, bytes, users].every(Number.isSafeInteger) &&
    (file === null || typeof file === "string")
  )
}
