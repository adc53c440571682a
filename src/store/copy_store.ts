// Copies a whole store from one engine to another: users, sessions, revocations, failed logins and
// keys, so that nobody is logged out. What was written is read back, and compared record by record
// by a checksum, before it counts.

import type { CopySource, CopyTarget, Counts, DirectoryPlace } from "./copying.ts"
import type { CopiedDatabase } from "./postgres/copied_database.ts"
import { fillWatched, readWatched, type Watching } from "./watched_content.ts"

/** Where to copy from, or to: a data directory, or a database and what opens its keys. */
export type CopyPlace = DirectoryPlace | Omit<CopiedDatabase, "warn">

/** How to copy. */
interface CopyOptions extends Watching {
  readonly from: CopyPlace
  readonly to: CopyPlace
  /** Reads everything and makes sure that the target is empty, but writes nothing. */
  readonly isDryRun: boolean
  readonly warn: (event: string, message: string) => void
}

/** What was copied. */
export interface CopyReport {
  readonly from: string
  readonly to: string
  readonly counts: Counts
  readonly hasKeys: boolean
  /** SHA-256, in hexadecimal, over all records and the keys. */
  readonly checksum: string
}

/**
 * Copies a store.
 * @throws OperatorError when one of the two is in use or can't be used; the target is empty then
 */
export async function copyStore(options: CopyOptions): Promise<CopyReport> {
  const { warn, isDryRun } = options
  const source = await openSource(options.from, warn)
  const target = await openTarget(options.to, warn)
  return source.read(async (content) => {
    if (isDryRun) await target.requireEmpty()
    const { counts, checksum } = isDryRun
      ? await readWatched(content, options)
      : await fillWatched(content, target, options)
    const places = { from: source.place, to: target.place }
    return { ...places, counts, hasKeys: content.keys !== null, checksum }
  })
}

async function openSource(place: CopyPlace, warn: CopyOptions["warn"]): Promise<CopySource> {
  if ("location" in place) {
    const { copyFromDatabase } = await import("./postgres/copied_database.ts")
    return copyFromDatabase({ ...place, warn })
  }
  const { copyFromDirectory } = await import("./json/copied_store.ts")
  return copyFromDirectory({ ...place, warn })
}

async function openTarget(place: CopyPlace, warn: CopyOptions["warn"]): Promise<CopyTarget> {
  if ("location" in place) {
    const { copyToDatabase } = await import("./postgres/copied_database.ts")
    return copyToDatabase({ ...place, warn })
  }
  const { copyToDirectory } = await import("./json/copied_store.ts")
  return copyToDirectory({ ...place, warn })
}
