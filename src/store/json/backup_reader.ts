// Reads a backup (backup_format.ts) piece by piece. A fault has its line. Nothing that was read
// counts before the sum at the end was found to fit: the reader of the last table gets that error.

import { createHash, type Hash } from "node:crypto"
import { secondsOfDate } from "../../clock.ts"
import { isJsonObject } from "../../domain/strict_json.ts"
import { readFormat } from "../../system/file_version.ts"
import { type Backup, type BackupOrigin, type Counts, sliceMax } from "../copying.ts"
import { type Records, type TableName, tableNames } from "../records.ts"
import { ownFormat, sumEnd } from "./backup_format.ts"
import { FileFault, requireOwnFormat } from "./damage.ts"
import { openingLine } from "./snapshot.ts"
import { RecordError, readRecord } from "./tables.ts"

/** Far above the longest record. */
const lineBytesMax = 4 * 1024 * 1024
const lineEnd = 0x0a
const sumLength = sumEnd("0".repeat(64)).length

/**
 * Opens a backup: reads what it says of itself, and its keys.
 * @throws FileFault when it is damaged, or of another version; `content.read` does, too
 */
export async function openBackup(chunks: AsyncIterable<Uint8Array>): Promise<Backup> {
  const lines = new Lines(chunks)
  const first = await lines.next()
  requireOwnFormat(first, ownFormat)
  if (readFormat(first).format !== ownFormat.format) throw lines.fault("it is not a Postern backup")
  return lines.orFault(async () => {
    const { origin, counts } = await readHead(lines, first)
    const keys = await readKeys(lines)
    const rest = [...tableNames]
    const read = <T extends TableName>(table: T) => {
      if (rest.shift() !== table) throw new Error("The tables of a backup are read in their order")
      return readTable(table, { lines, count: counts[table], isLast: rest.length === 0 })
    }
    return { origin, content: { keys, count: async () => counts, read } }
  })
}

async function readHead(
  lines: Lines,
  first: string,
): Promise<{ readonly origin: BackupOrigin; readonly counts: Counts }> {
  const head = lines.parse(first, { end: "," })
  const { postern, time } = isJsonObject(head) ? head : {}
  const madeAt = typeof time === "string" ? secondsOfDate(time) : Number.NaN
  if (typeof postern !== "string" || !Number.isSafeInteger(madeAt)) {
    throw lines.fault("it does not say when it was made, and by which Postern")
  }
  const records = await lines.nextMember("records")
  const isCounts =
    isJsonObject(records) &&
    Object.keys(records).length === tableNames.length &&
    tableNames.every((table) => Number.isSafeInteger(records[table]))
  if (!isCounts) throw lines.fault("it does not say how many records there are")
  return { origin: { postern, madeAt }, counts: records as Counts }
}

async function readKeys(lines: Lines): Promise<Uint8Array | null> {
  const keys = await lines.nextMember("keys")
  if (keys === null) return null
  if (typeof keys !== "string") throw lines.fault("the keys are not text")
  return Buffer.from(keys)
}

interface TableParts {
  readonly lines: Lines
  /** How many records the head says. */
  readonly count: number
  readonly isLast: boolean
}

async function* readTable<T extends TableName>(
  table: T,
  { lines, count, isLast }: TableParts,
): AsyncIterable<readonly Records[T][]> {
  let left = await lines.orFault(async () => {
    if ((await lines.next()) !== openingLine(table)) {
      throw lines.fault(`the list '${table}' must begin here`)
    }
    return count
  })
  while (left > 0) {
    const slice: Records[T][] = []
    await lines.orFault(async () => {
      for (; left > 0 && slice.length < sliceMax; left -= 1) {
        const line = await lines.next()
        const value = lines.parse(line, { end: left > 1 ? "," : "" })
        slice.push(readRecord(table, value).record as Records[T])
      }
    })
    yield slice
  }
  await lines.orFault(async () => {
    const end = await lines.next()
    if (end !== "]," && !(isLast && end.startsWith("],"))) {
      throw lines.fault(`the list '${table}' must end here, after ${count} records`)
    }
    if (isLast && !(await lines.isWhole())) {
      throw lines.fault("the sum does not fit the text before it")
    }
  })
}

/** The lines of a backup, and the sum of its bytes. */
class Lines {
  readonly #chunks: AsyncIterator<Uint8Array>
  /** What was taken from `#chunks`, and where the next line begins. */
  #bytes: Buffer = Buffer.alloc(0)
  #position = 0
  #number = 0
  readonly #hash: Hash = createHash("sha256")
  /** The last bytes so far, which may be the sum. */
  #tail: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** @throws FileFault at the end */
  async next(): Promise<string> {
    this.#number += 1
    let end = this.#bytes.indexOf(lineEnd, this.#position)
    while (end === -1) {
      const from = this.#bytes.byteLength - this.#position
      if (from > lineBytesMax) throw this.fault("the line is too long")
      const more = await this.#take()
      if (more === null) throw this.fault("the backup is cut off here")
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#position), more])
      this.#position = 0
      end = this.#bytes.indexOf(lineEnd, from)
    }
    const line = this.#bytes.toString("utf8", this.#position, end)
    this.#position = end + 1
    return line
  }

  /** The JSON value of a line that has this end after it. */
  parse(line: string, { end }: { readonly end: string }): unknown {
    try {
      // The first line is the beginning of an object.
      const text = line.slice(0, line.length - end.length)
      if (line.endsWith(end)) return JSON.parse(this.#number === 1 ? `${text}}` : text)
    } catch {
      // V8's message quotes the text, which may be a hash.
    }
    throw this.fault("it is not JSON text")
  }

  /** The value of the member that stands on the next line. */
  async nextMember(name: string): Promise<unknown> {
    const line = await this.next()
    const start = `"${name}":`
    if (!line.startsWith(start)) throw this.fault(`'${name}' must stand here`)
    return this.parse(line.slice(start.length), { end: "," })
  }

  /** A fault in the line that was read last. */
  fault(why: string): FileFault {
    return new FileFault(`line ${this.#number}`, why)
  }

  /**
   * Does a part of the reading. What does not fit, in a text that is as it was written, was written
   * by a version that has other tables or members.
   */
  async orFault<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      const isRecordError = error instanceof RecordError
      const fault = isRecordError ? this.fault(error.message) : error
      if (!(fault instanceof FileFault) || fault.kind !== "damaged") throw fault
      throw (await this.isWhole()) ? new FileFault(fault.place, fault.message, "newer") : fault
    }
  }

  /** Reads the rest. False when the sum does not fit, or more follows it. */
  async isWhole(): Promise<boolean> {
    while ((await this.#take()) !== null);
    return this.#tail.toString("latin1") === sumEnd(this.#hash.copy().digest("hex"))
  }

  async #take(): Promise<Buffer | null> {
    const { done, value } = await this.#chunks.next()
    if (done) return null
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    const all = Buffer.concat([this.#tail, chunk])
    const summed = Math.max(0, all.byteLength - sumLength)
    this.#hash.update(all.subarray(0, summed))
    // A copy, which does not keep the chunk in memory.
    this.#tail = Buffer.from(all.subarray(summed))
    return chunk
  }
}
