// Copies a whole store from one engine to another: users, sessions, revocations, failed logins and
// keys, so that nobody is logged out. What was written is read back, and compared record by record
// by a checksum, before it counts.

import { createHash, type Hash } from "node:crypto"
import { exitCodes, OperatorError } from "../errors.ts"
import type { Disk } from "../system/disk.ts"
import type { Content, CopySource, CopyTarget, Counts } from "./copying.ts"
import type { CopiedDatabase } from "./postgres/copied_database.ts"
import { type TableName, tableNames } from "./records.ts"

/** A data directory; as a target it may hold files of the names `mayHold`. */
export interface DirectoryPlace {
  readonly directory: string
  readonly disk: Disk
  readonly mayHold?: readonly string[]
}

/** A database, and what opens its keys. */
export type DatabasePlace = Omit<CopiedDatabase, "warn">

/** Where to copy from, or to. */
export type CopyPlace = DirectoryPlace | DatabasePlace

/** Where a copy is in its work. */
export interface CopyProgress {
  readonly step: "copy" | "compare"
  readonly done: number
  readonly all: number
}

/** How to copy. */
export interface CopyOptions {
  readonly from: CopyPlace
  readonly to: CopyPlace
  /** Reads everything and makes sure that the target is empty, but writes nothing. */
  readonly isDryRun: boolean
  readonly warn: (event: string, message: string) => void
  readonly onProgress: (progress: CopyProgress) => void
  /** Asked between two slices: whether to stop. */
  readonly isInterrupted: () => boolean
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
    const counts = await content.count()
    const all = tableNames.reduce((sum, table) => sum + counts[table], 0)
    const given = watched(content, { ...options, step: "copy", all })
    if (isDryRun) {
      await target.requireEmpty()
      await readThrough(given.content)
    } else {
      await target.fill(given.content, async (copied) => {
        const found = watched(copied, { ...options, step: "compare", all })
        await readThrough(found.content)
        requireSame(given.sum(), found.sum(), target)
      })
    }
    const { counts: copied, checksum } = given.sum()
    const places = { from: source.place, to: target.place }
    return { ...places, counts: copied, hasKeys: content.keys !== null, checksum }
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
  return copyToDirectory({ ...place, warn }, place.mayHold)
}

/** What was read of a content so far. */
interface Sum {
  readonly counts: Counts
  readonly checksum: string
}

interface Watching extends Pick<CopyOptions, "onProgress" | "isInterrupted"> {
  readonly step: CopyProgress["step"]
  readonly all: number
}

/** The same content, which counts and sums up what is read of it. */
function watched(
  content: Content,
  { step, all, onProgress, isInterrupted }: Watching,
): { readonly content: Content; sum(): Sum } {
  const hash = createHash("sha256").update(content.keys ?? "")
  const counts = Object.fromEntries(tableNames.map((table) => [table, 0])) as Record<
    TableName,
    number
  >
  let done = 0
  return {
    content: {
      ...content,
      async *read(table) {
        for await (const records of content.read(table)) {
          if (isInterrupted()) throw interrupted()
          for (const record of records) add(hash, table, record)
          counts[table] += records.length
          done += records.length
          onProgress({ step, done, all })
          yield records
        }
      },
    },
    sum: () => ({ counts, checksum: hash.copy().digest("hex") }),
  }
}

/** Members have no order, so their names are sorted. */
function add(hash: Hash, table: TableName, record: object): void {
  const members = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
  hash.update(`\n${table} ${JSON.stringify(members)}`)
}

async function readThrough(content: Content): Promise<void> {
  for (const table of tableNames) for await (const _ of content.read(table));
}

function requireSame(given: Sum, found: Sum, { place }: CopyTarget): void {
  if (given.checksum === found.checksum) return
  const rows = tableNames.filter((table) => given.counts[table] !== found.counts[table])
  const details = rows.map(
    (table) => `  ${table}: ${given.counts[table]} given, ${found.counts[table]} read back`,
  )
  throw new OperatorError(`What was read back from ${place} differs from what was written`, {
    details,
    hint: "Nothing was copied. Try again; if it happens again, it is a bug.",
    exitCode: exitCodes.refused,
  })
}

function interrupted(): OperatorError {
  return new OperatorError("Interrupted", {
    hint: "Nothing was copied. The target is as empty as before.",
    exitCode: exitCodes.refused,
  })
}
