// The snapshot file: all records at one moment, as one JSON document with a record on each line.
//
//   {"format":"postern-store","version":4,"sequence":42,
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
// fewer members (tables.ts), and at first no sum.

import { crc32 } from "node:zlib"
import { isJsonObject } from "../../domain/strict_json.ts"
import { type Disk, replaceFile } from "../../system/disk.ts"
import { newerVersion } from "../../system/newer_version.ts"
import { randomName } from "../../system/random.ts"
import { bodyBeforeSum, sumText } from "./checksum.ts"
import { NewerStore, StoreDamage } from "./damage.ts"
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
const version = 4

/** Which tables came with which version; those that are not named are as old as the first. */
const tablesSince: Partial<Readonly<Record<TableName, number>>> = {
  ...{ sessions: 2, endedSessions: 2, revokedTokens: 2 },
  failedLogins: 3,
}

const sumSince = 3

/** Records serialized at a time: a millisecond or two, then the event loop has its turn. */
const recordsPerChunk = 500

/** Of records that are read at a time: no text may be longer than half a gigabyte. */
const bytesPerChunk = 256 * 1024

const utf8 = new TextDecoder("utf-8", { fatal: true })
const openList = Buffer.from("[")
const closeList = Buffer.from("]")
const closeObject = Buffer.from("}")

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
  const found = await disk.read(path)
  if (found === null) return null
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength)
  refuseNewer(bytes)
  try {
    return readTables(bytes)
  } catch (error) {
    // A later version that writes more into records, say, without a version of its own.
    const isDamage = error instanceof StoreDamage && bodyBeforeSum(bytes.subarray(0, -1)) === null
    if (isDamage || !(error instanceof StoreDamage)) throw error
    throw new NewerStore(error.place, error.message)
  }
}

// First of all: what follows may be laid out in another way.
function refuseNewer(bytes: Buffer): void {
  const start = bytes.subarray(0, 100).toString("latin1")
  const found = Number(/^\{"format":"postern-store","version":(\d{1,9})[,}]/.exec(start)?.[1])
  if (found > version) throw new NewerStore("line 1", newerVersion(found, version))
}

function readTables(bytes: Buffer): Snapshot {
  const { document, lists } = readOutline(bytes)
  const { format: foundFormat, version: foundVersion, sequence } = document
  if (foundFormat !== format) {
    throw new StoreDamage("line 1", `it is not a file of the format '${format}'`)
  }
  if (typeof foundVersion !== "number" || ![1, 2, 3, version].includes(foundVersion)) {
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
  for (const name of present) {
    const list = document[name]
    if (!Array.isArray(list)) throw new StoreDamage(name, "the list is missing")
    const lines = lists.get(list[0])
    const values = lines === undefined ? list : readLines(lines, bytes)
    fill(tables[name] as Map<string, unknown>, name, values)
  }
  // Last, since what was found before says more.
  if (isSummed && bodyBeforeSum(bytes.subarray(0, -1)) === null) {
    throw new StoreDamage("'sum'", "it does not fit the text, which was damaged or edited")
  }
  return { sequence: sequence as number, tables, bytes: bytes.byteLength }
}

function fill(records: Map<string, unknown>, table: TableName, values: Iterable<unknown>): void {
  let count = 0
  for (const value of values) {
    count += 1
    try {
      const { key, record } = readRecord(table, value)
      records.set(key, record)
      // Cheaper than to look for each key first.
      if (records.size < count) throw new RecordError(`'${key}' stands twice`)
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      throw new StoreDamage(`${table}, record ${count}`, error.message)
    }
  }
}

/** A snapshot without its records: each list that has lines has a name in their place. */
interface Outline {
  readonly document: Record<string, unknown>
  /** The lines by these names. */
  readonly lists: ReadonlyMap<unknown, Buffer>
}

// No line of a record begins with `]`, and no text of JSON goes over the end of a line.
function readOutline(bytes: Buffer): Outline {
  if (bytes.byteLength === 0) throw new StoreDamage("line 1", "it is empty")
  const lists = new Map<string, Buffer>()
  const between: Buffer[] = []
  let position = 0
  for (let start = nextStart(); start !== -1; start = nextStart()) {
    const end = bytes.indexOf("\n]", start - 1)
    if (end === -1) break
    // Nothing that stands in the file can be one of these.
    const name = randomName()
    between.push(bytes.subarray(position, start), Buffer.from(`"${name}"`))
    lists.set(name, bytes.subarray(start, end))
    position = end
  }
  const document = parse(Buffer.concat([...between, bytes.subarray(position)]), bytes)
  if (isJsonObject(document)) return { document, lists }
  throw new StoreDamage("line 1", "it is not a JSON object")

  function nextStart(): number {
    const found = bytes.indexOf(":[\n", position)
    return found === -1 ? -1 : found + ":[\n".length
  }
}

/** The records of a list, from some of its lines at a time. */
function* readLines(lines: Buffer, whole: Buffer): Iterable<unknown> {
  for (let position = 0; position < lines.byteLength; ) {
    const found = lines.indexOf(",\n{", position + bytesPerChunk)
    const end = found === -1 ? lines.byteLength : found
    const list = Buffer.concat([openList, lines.subarray(position, end), closeList])
    yield* parse(list, whole) as unknown[]
    position = end + ",\n".length
  }
}

function parse(bytes: Buffer, whole: Buffer): unknown {
  const value = tryParse(bytes)
  if (value !== undefined) return value
  throw new StoreDamage(`line ${firstBadLine(whole)}`, "it is not JSON text from there on")
}

/** What JSON text says, or undefined where it is none. */
function tryParse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

// A record stands on a line of its own, which tells where the text goes wrong better than the
// position in V8's message, where there is one. If all lines read, what is missing is the end.
function firstBadLine(bytes: Buffer): number {
  let number = 0
  for (const line of linesOf(bytes)) {
    number += 1
    if (!isGoodLine(line)) break
  }
  return number
}

function isGoodLine(line: Buffer): boolean {
  const text = line.toString("latin1")
  if (/^("\w+":\[|\](,|\}|,"sum":"\w{8}"\})?)?$/.test(text)) return true
  const value = text.endsWith(",") ? line.subarray(0, -1) : line
  const isFirst = text.startsWith('{"format"')
  return tryParse(isFirst ? Buffer.concat([value, closeObject]) : value) !== undefined
}

function* linesOf(bytes: Buffer): Iterable<Buffer> {
  let position = 0
  for (let end = bytes.indexOf("\n"); end !== -1; end = bytes.indexOf("\n", position)) {
    yield bytes.subarray(position, end)
    position = end + 1
  }
  yield bytes.subarray(position)
}
