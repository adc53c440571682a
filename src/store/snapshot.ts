// The snapshot file: all records at one moment, as one JSON document with a record on each line.
//
//   {"format":"postern-store","version":3,"sequence":42,
//   "users":[
//   {"username":"alice","passwordHash":"$argon2id$…","roles":[],…},
//   {"username":"bob",…}
//   ],
//   "reservedNames":[
//   ],
//   "sessions":[…],"endedSessions":[…],"revokedTokens":[…],"failedLogins":[…],"sum":"5fb2d8a1"}
//
// `sequence` numbers the last journal entry that is in it, `sum` is checksum.ts's. Replaced whole,
// never written in place, nor by hand. Earlier versions had fewer tables, which are read as empty,
// and no sum.

import { crc32 } from "node:zlib"
import { type Disk, replaceFile } from "../disk.ts"
import { isJsonObject } from "../strict_json.ts"
import { bodyBeforeSum, sumText } from "./checksum.ts"
import { StoreDamage } from "./damage.ts"
import {
  emptyTables,
  RecordError,
  readRecord,
  type TableName,
  type Tables,
  tableNames,
} from "./tables.ts"

/** Name of the file in the data directory. */
export const snapshotName = "store.json"

/** What a snapshot file holds. */
export interface Snapshot {
  readonly sequence: number
  readonly tables: Tables
  readonly bytes: number
}

const format = "postern-store"
const version = 3

/** Which tables came with which version; those that are not named are as old as the first. */
const tablesSince: Partial<Readonly<Record<TableName, number>>> = {
  ...{ sessions: 2, endedSessions: 2, revokedTokens: 2 },
  failedLogins: 3,
}

const sumSince = 3

/** Records serialized at a time: a millisecond or two, then the event loop has its turn. */
const recordsPerChunk = 500

/**
 * Writes a snapshot of the tables as they are at the call, however they change while it is written.
 * @returns its size in bytes
 */
export async function writeSnapshot(
  path: string,
  sequence: number,
  tables: Tables,
  disk: Disk,
): Promise<number> {
  // Records never change, so lists of them are all that has to be set aside.
  const records = tableNames.map((name) => [name, [...tables[name].values()]] as const)
  let bytes = 0
  await replaceFile(path, summed(encode(sequence, records)), disk)
  return bytes

  function* summed(chunks: Iterable<string>): Iterable<Uint8Array> {
    let sum = 0
    for (const chunk of chunks) {
      const encoded = Buffer.from(chunk)
      bytes += encoded.byteLength
      sum = crc32(encoded, sum)
      yield encoded
    }
    const end = Buffer.from(`${sumText(sum)}\n`)
    bytes += end.byteLength
    yield end
  }
}

function* encode(
  sequence: number,
  tables: readonly (readonly [TableName, readonly unknown[]])[],
): Iterable<string> {
  yield JSON.stringify({ format, version, sequence }).slice(0, -1)
  for (const [name, records] of tables) {
    yield `,\n"${name}":[`
    for (let at = 0; at < records.length; at += recordsPerChunk) {
      const lines = records.slice(at, at + recordsPerChunk).map((record) => JSON.stringify(record))
      yield `${at === 0 ? "" : ","}\n${lines.join(",\n")}`
    }
    yield "\n]"
  }
}

/**
 * Reads a snapshot, or gives null where there is no file.
 * @throws StoreDamage when it is not as it must be; the file stays untouched
 */
export async function readSnapshot(path: string, disk: Disk): Promise<Snapshot | null> {
  const bytes = await disk.read(path)
  if (bytes === null) return null
  const document = parse(bytes)
  const { format: foundFormat, version: foundVersion, sequence } = document
  if (foundFormat !== format) {
    throw new StoreDamage("line 1", `it is not a file of the format '${format}'`)
  }
  if (typeof foundVersion !== "number" || ![1, 2, version].includes(foundVersion)) {
    throw new StoreDamage("line 1", `its version is not ${version}, the one written here`)
  }
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) {
    throw new StoreDamage("line 1", "its 'sequence' is missing or not valid")
  }
  const present = tableNames.filter((name) => (tablesSince[name] ?? 1) <= foundVersion)
  const isSummed = foundVersion >= sumSince
  const known = ["format", "version", "sequence", ...present, ...(isSummed ? ["sum"] : [])]
  const extra = Object.keys(document).find((name) => !known.includes(name))
  if (extra !== undefined) throw new StoreDamage(`'${extra}'`, "it is no member of a store")
  const tables = emptyTables()
  for (const name of present) fill(tables[name] as Map<string, unknown>, name, document[name])
  // Last, since what was found before says more.
  if (
    isSummed &&
    bodyBeforeSum(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - 1)) === null
  ) {
    throw new StoreDamage("'sum'", "it does not fit the text, which was damaged or edited")
  }
  return { sequence: sequence as number, tables, bytes: bytes.byteLength }
}

function fill(records: Map<string, unknown>, table: TableName, list: unknown): void {
  if (!Array.isArray(list)) throw new StoreDamage(table, "the list is missing")
  for (const [index, value] of list.entries()) {
    try {
      const { key, record } = readRecord(table, value)
      if (records.has(key)) throw new RecordError(`'${key}' stands twice`)
      records.set(key, record)
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      throw new StoreDamage(`${table}, record ${index + 1}`, error.message)
    }
  }
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.byteLength === 0) throw new StoreDamage("line 1", "it is empty")
  let text = ""
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    const document: unknown = JSON.parse(text)
    if (isJsonObject(document)) return document
  } catch {
    throw new StoreDamage(`line ${firstBadLine(text)}`, "it is not JSON text from there on")
  }
  throw new StoreDamage("line 1", "it is not a JSON object")
}

// A record stands on a line of its own, which tells where the text goes wrong better than the
// position in V8's message, where there is one. If all lines read, what is missing is the end.
function firstBadLine(text: string): number {
  const lines = text.split("\n")
  const bad = lines.findIndex((line) => {
    if (/^("\w+":\[|\](,|\}|,"sum":"\w{8}"\})?)?$/.test(line)) return false
    try {
      JSON.parse(
        line.startsWith('{"format"') ? `${line.replace(/,$/, "")}}` : line.replace(/,$/, ""),
      )
      return false
    } catch {
      return true
    }
  })
  return (bad === -1 ? lines.length - 1 : bad) + 1
}
