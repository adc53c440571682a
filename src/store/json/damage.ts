// The errors of a start that can't read a store file, because the file is damaged or because
// another version of Postern wrote it.

import { exitCodes, OperatorError } from "../../errors.ts"
import type { Disk } from "../../system/disk.ts"
import {
  type FileFormat,
  findOtherWriter,
  type OtherWriter,
  otherWriterHints,
  readFormat,
} from "../../system/file_version.ts"

/** Whether a file is damaged, or which other version wrote it. */
type FaultKind = "damaged" | OtherWriter

/** A fault in a file: its place, such as `line 3`, what is wrong there, and its kind. */
export class FileFault extends Error {
  override readonly name = "FileFault"
  readonly place: string
  readonly kind: FaultKind

  constructor(place: string, why: string, kind: FaultKind = "damaged") {
    super(why)
    this.place = place
    this.kind = kind
  }
}

/** @throws FileFault when a file's first line names another version of its format */
export function requireOwnFormat(firstLine: string, own: FileFormat): void {
  const other = findOtherWriter(readFormat(firstLine), own)
  if (other !== null) throw new FileFault("line 1", other.why, other.writer)
}

const messages: Readonly<Record<FaultKind, string>> = {
  damaged: "The store can't be read",
  newer: "The store was written by a newer Postern",
  unreleased: "The store was written by an unreleased Postern",
}

const hints: Readonly<Record<FaultKind, string>> = {
  damaged: "Move the data directory away, and bring a backup back: `postern restore FILE`.",
  ...otherWriterHints,
}

/**
 * Reads a file, or gives null where there is none. The file stays untouched.
 * @throws OperatorError with the path, for a FileFault of `parse`
 */
export async function readStoreFile<T>(
  path: string,
  disk: Disk,
  parse: (bytes: Buffer) => T,
): Promise<T | null> {
  const bytes = await disk.read(path)
  try {
    return bytes === null ? null : parse(bytes)
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    throw unreadable(path, `${error.place}: ${error.message}`, { kind: error.kind })
  }
}

/** The error that stops a start at a file. `advice` is what else to do. */
export function unreadable(
  path: string,
  why: string,
  { kind = "damaged", advice = "" }: { readonly kind?: FaultKind; readonly advice?: string } = {},
): OperatorError {
  return new OperatorError(`${messages[kind]}: '${path}': ${why}`, {
    hint: `Nothing was changed. ${hints[kind]}${advice}`,
    exitCode: exitCodes.damagedData,
  })
}
