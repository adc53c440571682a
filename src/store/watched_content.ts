// A content that counts and sums up what is read of it (copying.ts). What was written is read back,
// and compared by that sum before it counts.

import { createHash, type Hash } from "node:crypto"
import { exitCodes, OperatorError } from "../errors.ts"
import type { Content, CopyTarget, Counts } from "./copying.ts"
import { type TableName, tableNames } from "./records.ts"

/** Where a copy is in its work. */
export interface CopyProgress {
  readonly step: "copy" | "compare"
  readonly done: number
  readonly all: number
}

/** What was read of a content so far. */
export interface Sum {
  readonly counts: Counts
  /** SHA-256, in hexadecimal, over all records and the keys. */
  readonly checksum: string
}

/** Who watches. */
export interface Watching {
  readonly onProgress: (progress: CopyProgress) => void
  /** Asked between two slices: whether to stop. */
  readonly isInterrupted: () => boolean
}

/** Reads a whole content, and gives its sum. */
export async function readWatched(content: Content, watching: Watching): Promise<Sum> {
  const given = watched(content, { ...watching, step: "copy", all: totalOf(await content.count()) })
  await readThrough(given.content)
  return given.sum()
}

/**
 * Fills a target with a content, and gives its sum.
 * @throws OperatorError when what was read back differs, and what the target throws
 */
export async function fillWatched(
  content: Content,
  target: CopyTarget,
  watching: Watching,
): Promise<Sum> {
  const all = totalOf(await content.count())
  const given = watched(content, { ...watching, step: "copy", all })
  await target.fill(given.content, async (copied) => {
    const found = watched(copied, { ...watching, step: "compare", all })
    await readThrough(found.content)
    requireSame(given.sum(), found.sum(), target)
  })
  return given.sum()
}

function totalOf(counts: Counts): number {
  return tableNames.reduce((sum, table) => sum + counts[table], 0)
}

/** The same content, which counts and sums up what is read of it. */
function watched(
  content: Content,
  {
    step,
    all,
    onProgress,
    isInterrupted,
  }: Watching & { readonly step: CopyProgress["step"]; readonly all: number },
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
