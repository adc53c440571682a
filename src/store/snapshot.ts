// The snapshot file: all records at one moment, as one JSON document with a record on each line.
//
//   {"format":"postern-store","version":2,"sequence":42,
//   "users":[
//   {"username":"alice","passwordHash":"$argon2id$…","roles":[],…},
//   {"username":"bob",…}
//   ],
//   "reservedNames":[
//   ],
//   "sessions":[…],"endedSessions":[…],"revokedTokens":[…]}
//
// `sequence` numbers the last journal entry that is in it. Replaced whole, never written in place.
// Version 1 had no sessions; it is read as one that has none.

import { type Disk, replaceFile } from "../disk.ts"
import { isJsonObject } from "../strict_json.ts"
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
const version = 2
const versionOfUsersOnly = 1

const tablesOfUsers: readonly TableName[] = ["users", "reservedNames"]

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
  await replaceFile(path, counted(encode(sequence, records)), disk)
  return bytes

  function* counted(chunks: Iterable<string>): Iterable<Uint8Array> {
    for (const chunk of chunks) {
      const encoded = Buffer.from(chunk)
      bytes += encoded.byteLength
      yield encoded
    }
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
  yield "}\n"
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
  if (foundVersion !== version && foundVersion !== versionOfUsersOnly) {
    throw new StoreDamage("line 1", `its version is not ${version}, the one written here`)
  }
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) {
    throw new StoreDamage("line 1", "its 'sequence' is missing or not valid")
  }
  const present = foundVersion === version ? tableNames : tablesOfUsers
  const known = ["format", "version", "sequence", ...present]
  const extra = Object.keys(document).find((name) => !known.includes(name))
  if (extra !== undefined) throw new StoreDamage(`'${extra}'`, "it is no member of a store")
  const tables = emptyTables()
  for (const name of present) fill(tables[name] as Map<string, unknown>, name, document[name])
  return { sequence: sequence as number, tables, bytes: bytes.byteLength }
}

function fill(records: Map<string, unknown>, table: TableName, list: unknown): void {
  if (!Array.isArray(list)) throw new StoreDamage(table, "the list is missing")
  for (const [index, value] of list.entries()) {
    const place = `${table}, record ${index + 1}`
    try {
      const { key, record } = readRecord(table, value)
      if (records.has(key)) throw new RecordError(`'${key}' stands twice`)
      records.set(key, record)
    } catch (error) {
      if (error instanceof RecordError) throw new StoreDamage(place, error.message)
      throw error
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
    if (/^("\w+":\[|\],?|\]\})?$/.test(line)) return false
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
