// The first half of an import: checks every line, by itself, against the lines before and against
// the store. What is good goes to the spool.

import type { JsonObject } from "../../domain/strict_json.ts"
import { isOwnHash, noPasswordHash } from "../../password/phc.ts"
import type { Spool } from "../../system/spool.ts"
import { grouped } from "../columns.ts"
import type { CheckedLine, UserLine } from "./checked_lines.ts"
import type { ImportCounts, ImportReport } from "./import_report.ts"
import { type Line, readLines } from "./lines.ts"
import type { TransferPlace } from "./transfer_place.ts"

interface CheckParts {
  readonly check: (line: Line) => Promise<CheckedLine | null>
  readonly place: Pick<TransferPlace, "create" | "batchBytesMax">
  /** Null when nothing is to be created. */
  readonly spool: Pick<Spool, "write"> | null
  readonly report: ImportReport
}

/** Users who are created in one step, and their lines: a part of the spool. */
export interface SpooledBatch {
  readonly lines: readonly number[]
  readonly users: readonly JsonObject[]
}

const linesPerBatchMax = 500

/** Checks the lines of a file. */
export async function checkUsers(
  chunks: AsyncIterable<Uint8Array>,
  parts: CheckParts,
): Promise<void> {
  const { check, place, report } = parts
  /** By name, the line that has it. */
  const seen = new Map<string, number>()
  let batch: CheckedLine[] = []
  let bytes = 0
  for await (const lines of readLines(chunks)) {
    for (const line of lines) {
      const found = await check(line)
      if (found === null) continue
      const checked = asFirstOfName(found, seen)
      const size = isUser(checked) ? sizeOf(checked.members) : 0
      if (bytes + size > place.batchBytesMax || batch.length === linesPerBatchMax) {
        await sort(batch, parts)
        batch = []
        bytes = 0
      }
      batch.push(checked)
      bytes += size
    }
    report.progress.show(() => `Checked ${grouped(lines.at(-1)?.number ?? 0)} lines`)
  }
  await sort(batch, parts)
}

/** The bytes of a user in a command. */
function sizeOf(members: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(members)) + 1
}

/** The line, or a mistake where an earlier line has the name. */
function asFirstOfName(line: CheckedLine, seen: Map<string, number>): CheckedLine {
  if (!isUser(line)) return line
  const { number, user } = line
  const earlier = seen.get(user.username)
  if (earlier !== undefined) return { number, fault: `line ${earlier} has the same name` }
  // A copy, since a part of a text keeps the whole text in memory.
  seen.set(Buffer.from(user.username).toString(), number)
  return line
}

function isUser(line: CheckedLine): line is UserLine {
  return "user" in line
}

/** Asks the store about a batch, reports its bad lines, and keeps the good ones. */
async function sort(
  batch: readonly CheckedLine[],
  { place, spool, report }: CheckParts,
): Promise<void> {
  const users = batch.filter(isUser)
  const outcomes = await place.create(
    users.map(({ members }) => members),
    { isTrial: true },
  )
  const outcomeOf = new Map(users.map(({ number }, at) => [number, outcomes[at]]))
  const good: UserLine[] = []
  for (const line of batch) {
    const { number } = line
    const outcome = outcomeOf.get(number)
    if (!isUser(line)) report.bad(number, line.fault)
    else if (outcome === "taken" || outcome === "reserved") report.bad(number, nameFaults[outcome])
    else if (outcome === "same") report.counts.same += 1
    else {
      good.push(line)
      countGood(line, report.counts)
      if (line.note !== null) report.note(number, line.note)
    }
  }
  if (spool === null || good.length === 0) return
  const spooled: SpooledBatch = {
    lines: good.map(({ number }) => number),
    users: good.map(({ members }) => members),
  }
  await spool.write(Buffer.from(JSON.stringify(spooled)))
}

/** Why a name can't be had, by what the store said. */
export const nameFaults = {
  taken: "there is another user of this name",
  reserved: "the name was a user's who was deleted: `postern user release NAME` frees it",
} as const

function countGood({ user: { passwordHash } }: UserLine, counts: ImportCounts): void {
  counts.users += 1
  if (passwordHash === noPasswordHash) counts.withoutPassword += 1
  else if (!isOwnHash(passwordHash)) counts.foreign += 1
}
