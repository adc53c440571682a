// The text of a journal file: what changed since the snapshot, one JSON object a line.
//
//   {"format":"postern-journal","version":1,"after":"0000000000000041"}
//   {"sequence":42,"changes":[["users","alice",{…}],["reservedNames","bob",null]],"sum":"5fb2d8a1"}
//
// The first line has a fixed length, so it can be rewritten in place. `after` is the number of the
// entry before the first one. Numbers have no gaps. An entry's changes happen all or not at all.
// `sum` is checksum.ts's.
//
// A write that was cut short and never acknowledged leaves bytes after the last line end. They are
// dropped, with a warning. Any other fault stops the start.

import { crc32 } from "node:zlib"
import { isJsonObject } from "../../domain/strict_json.ts"
import type { FileFormat } from "../../system/file_version.ts"
import { bodyBeforeSum, sumText } from "./checksum.ts"
import { FileFault, requireOwnFormat } from "./damage.ts"
import { type Change, RecordError, readChange } from "./tables.ts"

/** One acknowledged write. */
export interface JournalEntry {
  readonly sequence: number
  readonly changes: readonly Change[]
}

/** What a journal file holds. */
export interface JournalReading {
  readonly after: number
  readonly entries: readonly JournalEntry[]
  /** Where the whole entries end and the next entry begins. */
  readonly length: number
  /** How many bytes of a write that was cut short follow. */
  readonly tornBytes: number
}

const own: FileFormat = { format: "postern-journal", version: 1 }
const sequenceDigits = 16
const lineEnd = 0x0a

/** The first line of a journal whose entries follow the sequence number `after`. */
export function encodeHeader(after: number): Buffer {
  const { format, version } = own
  const digits = String(after).padStart(sequenceDigits, "0")
  return Buffer.from(`${JSON.stringify({ format, version, after: digits })}\n`)
}

/** Length in bytes of every first line. */
export const headerLength = encodeHeader(0).byteLength

/** The line of an entry. */
export function encodeEntry(entry: JournalEntry): Buffer {
  const { sequence, changes } = entry
  const body = Buffer.from(JSON.stringify({ sequence, changes }).slice(0, -1))
  return Buffer.concat([body, Buffer.from(`${sumText(crc32(body))}\n`)])
}

/**
 * Reads a journal's bytes.
 * @throws FileFault
 */
export function readJournal(bytes: Buffer): JournalReading {
  let after = readHeader(bytes)
  const entries: JournalEntry[] = []
  let position = headerLength
  let line = 2
  for (let end = nextEnd(); end !== -1; end = nextEnd(), line += 1) {
    const entry = readEntry(bytes.subarray(position, end), line)
    // After a crash while the header was rewritten, the header is ahead of the entries, which were
    // to be cut off next. The entries count, because they have sums.
    if (line === 2 && entry.sequence <= after) after = entry.sequence - 1
    const expected = after + entries.length + 1
    if (entry.sequence !== expected) {
      throw new FileFault(`line ${line}`, `entry ${expected} belongs here, not ${entry.sequence}`)
    }
    entries.push(entry)
    position = end + 1
  }
  const torn = bytes.subarray(position)
  if (isAllButLineEnd(torn)) throw new FileFault(`line ${line}`, "its line end is damaged")
  return { after, entries, length: position, tornBytes: torn.byteLength }

  function nextEnd(): number {
    return bytes.indexOf(lineEnd, position)
  }
}

function readHeader(bytes: Buffer): number {
  const text = bytes.subarray(0, headerLength).toString("latin1")
  requireOwnFormat(text, own)
  const after = Number(/"after":"(\d{16})"/.exec(text)?.[1])
  if (Number.isSafeInteger(after) && encodeHeader(after).toString("latin1") === text) return after
  throw new FileFault("line 1", "it is not the first line of a journal")
}

// A write that was cut short leaves nothing or a hole, which reads as 0, in the place of the line
// end. Another byte there is damage.
function isAllButLineEnd(torn: Buffer): boolean {
  const end = torn.at(-1)
  return end !== undefined && end !== 0 && bodyBeforeSum(torn.subarray(0, -1)) !== null
}

function readEntry(line: Buffer, number: number): JournalEntry {
  const place = `line ${number}`
  const body = bodyBeforeSum(line)
  if (body === null) throw new FileFault(place, "its sum does not fit its text")
  try {
    const entry: unknown = JSON.parse(`${body.toString("utf8")}}`)
    if (!isJsonObject(entry)) throw new RecordError("it is not a JSON object")
    const { sequence, changes } = entry
    if (!Number.isSafeInteger(sequence)) throw new RecordError("its sequence is not a number")
    if (!Array.isArray(changes)) throw new RecordError("its changes are not a list")
    return { sequence: sequence as number, changes: changes.map(readChange) }
  } catch (error) {
    // The sum fits, so the line is as it was written: by a version that has other records.
    // V8's message quotes the text, which may be a hash.
    if (error instanceof SyntaxError) throw new FileFault(place, "it is not JSON text", "newer")
    if (error instanceof RecordError) throw new FileFault(place, error.message, "newer")
    throw error
  }
}
