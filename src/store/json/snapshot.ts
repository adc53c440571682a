// The snapshot file: all records at one moment, as one JSON document with a record on each line.
//
//   {"format":"postern-snapshot","version":1,"sequence":42,
//   "users":[
//   {"username":"alice","passwordHash":"$argon2id$…","roles":[],…},
//   {"username":"bob",…}
//   ],
//   "reservedNames":[
//   ],
//   …
//   "failedLogins":[
//   ],"sum":"5fb2d8a1"}
//
// `sequence` is the number of the last journal entry that the snapshot covers. `sum` is
// checksum.ts's. The file is replaced as a whole. It is read and written line by line, so a fault
// has a line number, and no string ever holds the whole file.

import { crc32 } from "node:zlib"
import { type Disk, replaceFile } from "../../system/disk.ts"
import type { FileFormat } from "../../system/file_version.ts"
import type { Content } from "../copying.ts"
import { type TableName, tableNames } from "../records.ts"
import { bodyBeforeSum, sumText } from "./checksum.ts"
import { FileFault, requireOwnFormat } from "./damage.ts"
import { contentNow } from "./moment.ts"
import { emptyTables, RecordError, readRecord, type Tables } from "./tables.ts"

/** Name of the file in the data directory. */
export const snapshotName = "store.json"

/** What a snapshot file holds. */
interface Snapshot {
  readonly sequence: number
  readonly tables: Tables
  readonly bytes: number
}

const own: FileFormat = { format: "postern-snapshot", version: 1, unreleased: "postern-store" }

const lineEnd = 0x0a

/**
 * Writes a snapshot of the tables as they are at the call. The tables may change while it is
 * written.
 * @returns its size in bytes
 */
export async function writeSnapshot(
  path: string,
  sequence: number,
  tables: Tables,
  disk: Disk,
): Promise<number> {
  const { read } = contentNow(tables, null)
  let bytes = 0
  await replaceFile(path, counted(), disk)
  return bytes

  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const chunk of encodeSnapshot(sequence, read)) {
      bytes += chunk.byteLength
      yield chunk
    }
  }
}

/** The bytes of a snapshot file. */
export async function* encodeSnapshot(
  sequence: number,
  read: Content["read"],
): AsyncIterable<Uint8Array> {
  let sum = 0
  for await (const text of textsOf(firstLine(sequence), read)) {
    const chunk = Buffer.from(text)
    sum = crc32(chunk, sum)
    yield chunk
  }
  yield Buffer.from(`${sumText(sum)}\n`)
}

/** The text of a document up to its sum: lines that begin it, and then the tables' lists. */
export async function* textsOf(head: string, read: Content["read"]): AsyncIterable<string> {
  let text = head
  for (const [index, table] of tableNames.entries()) {
    text += `${index === 0 ? "" : ","}\n${openingLine(table)}`
    let separator = "\n"
    for await (const records of read(table)) {
      yield `${text}${separator}${records.map((record) => JSON.stringify(record)).join(",\n")}`
      text = ""
      separator = ",\n"
    }
    text += "\n]"
  }
  yield text
}

/** The first line of a snapshot, without its end. */
function firstLine(sequence: number): string {
  const { format, version } = own
  return `${JSON.stringify({ format, version, sequence }).slice(0, -1)},`
}

/** The line with which a table's list begins, without its end. */
export function openingLine(name: TableName): string {
  return `"${name}":[`
}

/**
 * Reads the bytes of a snapshot.
 * @throws FileFault when they are not a snapshot of this version
 */
export function readSnapshot(bytes: Buffer): Snapshot {
  try {
    return readDocument(bytes)
  } catch (error) {
    if (!(error instanceof FileFault) || error.kind !== "damaged" || !isWhole(bytes)) throw error
    // The text is as it was written: by a version that has other tables or members.
    throw new FileFault(error.place, error.message, "newer")
  }
}

function readDocument(bytes: Buffer): Snapshot {
  // First, because another version may have another layout.
  requireOwnFormat(bytes.toString("latin1", 0, 100), own)
  const lines = new Lines(bytes)
  const sequence = readFirstLine(lines)
  const tables = emptyTables()
  const lastTable = tableNames.at(-1)
  for (const table of tableNames) {
    if (lines.next() !== openingLine(table))
      throw lines.fault(`the list '${table}' must begin here`)
    const line = readRecords(tables[table] as Map<string, unknown>, table, lines)
    const isEnd = table === lastTable ? /^\],"sum":"\w+"\}$/.test(line) : line === "],"
    if (!isEnd) throw lines.fault(`it does not continue the list of '${table}'`)
  }
  if (!lines.isAtEnd) throw lines.fault("there is text after this line")
  if (!isWhole(bytes)) {
    throw lines.fault("the sum does not fit the text above, which was damaged or edited")
  }
  return { sequence, tables, bytes: bytes.byteLength }
}

function isWhole(bytes: Buffer): boolean {
  return bytes.at(-1) === lineEnd && bodyBeforeSum(bytes.subarray(0, -1)) !== null
}

function readFirstLine(lines: Lines): number {
  const line = lines.next()
  const sequence = Number(/"sequence":(\d+),$/.exec(line)?.[1])
  if (firstLine(sequence) === line && Number.isSafeInteger(sequence)) return sequence
  throw lines.fault("it is not the first line of a snapshot")
}

/** Reads records up to the line that ends the list, and gives that line. */
function readRecords(records: Map<string, unknown>, table: TableName, lines: Lines): string {
  let line = lines.next()
  for (let isLast = false; !isLast && line.startsWith("{"); line = lines.next()) {
    isLast = !line.endsWith(",")
    readLine(isLast ? line : line.slice(0, -1))
  }
  return line

  function readLine(text: string): void {
    const count = records.size
    try {
      const { key, record } = readRecord(table, JSON.parse(text))
      records.set(key, record)
      // Cheaper than looking for each key first.
      if (records.size === count) throw new RecordError(`'${key}' is there twice`)
    } catch (error) {
      // V8's message quotes the text, which may be a hash.
      if (error instanceof SyntaxError) throw lines.fault("it is not JSON text")
      if (error instanceof RecordError) throw lines.fault(`${table}: ${error.message}`)
      throw error
    }
  }
}

/** The lines of a file, one after the other. */
class Lines {
  readonly #bytes: Buffer
  #position = 0
  #number = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.byteLength
  }

  /** @throws FileFault at the end of the file */
  next(): string {
    const start = this.#position
    const end = this.#bytes.indexOf(lineEnd, start)
    this.#number += 1
    if (end === -1)
      throw this.fault(start === 0 ? "it is not a snapshot" : "the file is cut off here")
    this.#position = end + 1
    return this.#bytes.toString("utf8", start, end)
  }

  /** A fault in the line that was read last. */
  fault(why: string): FileFault {
    return new FileFault(`line ${this.#number}`, why)
  }
}
