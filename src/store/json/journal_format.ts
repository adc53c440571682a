// The text of a journal file: what changed since the snapshot, one JSON object a line.
//
//   {"format":"postern-journal","version":1,"after":"0000000000000041"}
//   {"sequence":42,"changes":[["users","alice",{…}],["reservedNames","bob",null]],"sum":"5fb2d8a1"}
//
// The first line has a fixed length, so that writing it anew moves nothing. `after` is the sequence
// number that the first entry will follow; once there is an entry, its own number tells. Each entry
// follows the one before by one and is whole: all of its changes or none. `sum` is checksum.ts's.
//
// Only the end of a file may be torn, by a write that was cut short and so was never acknowledged:
// bytes after the last line end are dropped, loudly. Anything else that does not read as above is
// damage, or of a later version where its sum fits, and the caller stops.

import { crc32 } from "node:zlib"
import { isJsonObject } from "../../domain/strict_json.ts"
import { newerVersion } from "../../system/newer_version.ts"
import { bodyBeforeSum, sumText } from "./checksum.ts"
import { NewerStore, StoreDamage } from "./damage.ts"
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
  /** Where the good bytes end, and the next entry goes. */
  readonly length: number
  /** How many bytes of an entry that was never acknowledged follow. */
  readonly tornBytes: number
}

const format = "postern-journal"
const version = 1
const sequenceDigits = 16
const lineEnd = 0x0a

/** The first line of a journal whose entries follow the sequence number `after`. */
export function encodeHeader(after: number): Buffer {
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
 * @throws StoreDamage
 */
export function readJournal(bytes: Buffer): JournalReading {
  let after = readHeader(bytes)
  const entries: JournalEntry[] = []
  let position = headerLength
  for (let end = nextEnd(); end !== -1; end = nextEnd()) {
    const line = entries.length + 2
    const entry = readEntry(bytes.subarray(position, end), line)
    // The header was renewed, perhaps in part, and the entries before it were not cut off yet. They
    // stay: a header that is damaged looks the same, and has no sum.
    if (line === 2 && entry.sequence <= after) after = entry.sequence - 1
    if (entry.sequence !== after + entries.length + 1) {
      throw new StoreDamage(`line ${line}`, `entry ${after + entries.length + 1} is missing here`)
    }
    entries.push(entry)
    position = end + 1
  }
  const torn = bytes.subarray(position)
  if (isAllButItsEnd(torn))
    throw new StoreDamage(`line ${entries.length + 2}`, "its line end is damaged")
  return { after, entries, length: position, tornBytes: torn.byteLength }

  function nextEnd(): number {
    return bytes.indexOf(lineEnd, position)
  }
}

function readHeader(bytes: Buffer): number {
  const text = bytes.subarray(0, headerLength).toString("latin1")
  const digits = /"after":"(\d{16})"/.exec(text)?.[1]
  const after = Number(digits)
  const found = Number(/^\{"format":"postern-journal","version":(\d{1,9}),/.exec(text)?.[1])
  if (found > version) throw new NewerStore("line 1", newerVersion(found, version))
  if (digits === undefined || encodeHeader(after).toString("latin1") !== text) {
    throw new StoreDamage("line 1", `it is not the first line of a journal of version ${version}`)
  }
  return after
}

// No write that was cut short leaves another byte in the place of the line end (a hole reads as 0).
function isAllButItsEnd(torn: Buffer): boolean {
  const end = torn.at(-1)
  return end !== undefined && end !== 0 && bodyBeforeSum(torn.subarray(0, -1)) !== null
}

function readEntry(line: Buffer, number: number): JournalEntry {
  const place = `line ${number}`
  const body = bodyBeforeSum(line)
  if (body === null) throw new StoreDamage(place, "its sum does not fit its text")
  try {
    const entry: unknown = JSON.parse(`${body.toString("utf8")}}`)
    if (!isJsonObject(entry)) throw new RecordError("it is not a JSON object")
    const { sequence, changes } = entry
    if (!Number.isSafeInteger(sequence)) throw new RecordError("its sequence is no number")
    if (!Array.isArray(changes)) throw new RecordError("its changes are no list")
    return { sequence: sequence as number, changes: changes.map(readChange) }
  } catch (error) {
    // The sum fits, so it is what was written: by a later version, which has other records. Not
    // V8's message, which quotes what may be a hash.
    if (error instanceof SyntaxError) throw new NewerStore(place, "it is not JSON text")
    if (error instanceof RecordError) throw new NewerStore(place, error.message)
    throw error
  }
}
