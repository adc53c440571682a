// The first half of an import: checks every line, by itself, against the lines before and against
// the store. What is good goes to the spool.

import type { JsonObject } from "../../domain/strict_json.ts"
import type { User } from "../../domain/user.ts"
import { isOwnHash, noPasswordHash } from "../../password/phc.ts"
import { writeImportedUser } from "../../service/imported_user.ts"
import type { Spool } from "../../system/spool.ts"
import { grouped } from "../columns.ts"
import type { CheckedLine } from "./checked_lines.ts"
import { type Line, readLines } from "./lines.ts"
import type { TransferCounts, TransferReport } from "./transfer_counts.ts"
import type { TransferPlace } from "./transfer_place.ts"

/** What the check works with. */
export interface CheckParts {
  readonly check: (line: Line) => Promise<CheckedLine | null>
  readonly place: Pick<TransferPlace, "create" | "batchBytesMax">
  /** Null when nothing is to be created. */
  readonly spool: Pick<Spool, "write"> | null
  readonly counts: TransferCounts
  readonly report: TransferReport
}

/** A line that is a user so far, and the user as a command has it. */
type UserLine = Extract<CheckedLine, { readonly note: string | null }> & {
  readonly members: JsonObject
}

type Checked = UserLine | Extract<CheckedLine, { readonly fault: string }>

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
  let batch: Checked[] = []
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

/** The line with its members, or a mistake where an earlier line has the name. */
function asFirstOfName(line: CheckedLine, seen: Map<string, number>): Checked {
  if ("fault" in line) return line
  const { number, user } = line
  const earlier = seen.get(user.username)
  if (earlier !== undefined) return { number, fault: `line ${earlier} has the same name` }
  // A copy, since a part of a text keeps the whole text in memory.
  seen.set(Buffer.from(user.username).toString(), number)
  return { ...line, members: writeImportedUser(user) }
}

function isUser(line: Checked): line is UserLine {
  return "members" in line
}

/** Asks the store about a batch, tells its bad lines, and keeps the good ones. */
async function sort(
  batch: readonly Checked[],
  { place, spool, counts, report }: CheckParts,
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
    if (!isUser(line)) tellBad(line, { counts, report })
    else if (outcome === "taken" || outcome === "reserved") {
      tellBad({ number, fault: nameFaults[outcome] }, { counts, report })
    } else if (outcome === "same") counts.same += 1
    else {
      good.push(line)
      countGood(line.user, counts)
      if (line.note !== null) report.line(number, line.note)
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

/** Counts and prints a bad line. */
export function tellBad(
  { number, fault }: { readonly number: number; readonly fault: string },
  { counts, report }: Pick<CheckParts, "counts" | "report">,
): void {
  counts.bad += 1
  report.line(number, fault)
}

function countGood({ passwordHash }: User, counts: TransferCounts): void {
  counts.users += 1
  if (passwordHash === noPasswordHash) counts.withoutPassword += 1
  else if (!isOwnHash(passwordHash)) counts.foreign += 1
}
