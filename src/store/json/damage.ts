// Why a start stops at a file of the store: the file is damaged, or another Postern wrote it.

import { exitCodes, OperatorError } from "../../errors.ts"
import { type OtherWriter, otherWriterHints } from "../../system/file_version.ts"

/** Whether a file is damaged, or who else wrote it. */
export type FaultKind = "damaged" | OtherWriter

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

const messages: Readonly<Record<FaultKind, string>> = {
  damaged: "The store can't be read",
  newer: "The store was written by a newer Postern",
  unreleased: "The store was written by an unreleased Postern",
}

const hints: Readonly<Record<FaultKind, string>> = {
  damaged: "Restore the data directory from a backup, all of its files together.",
  ...otherWriterHints,
}

/** Reads a file, and adds its name to a fault that is found in it. */
export async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    throw unreadable(path, `${error.place}: ${error.message}`, error.kind)
  }
}

/** The error that stops a start at a file. */
export function unreadable(path: string, why: string, kind: FaultKind = "damaged"): OperatorError {
  return new OperatorError(`${messages[kind]}: '${path}': ${why}`, {
    hint: `Nothing was changed. ${hints[kind]}`,
    exitCode: exitCodes.damagedData,
  })
}
