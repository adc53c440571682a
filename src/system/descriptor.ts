// The process's standard input and outputs by number, where Node's streams of them do not do.

import { closeSync, fstatSync, writeSync } from "node:fs"

/** What became of a write. */
export interface Written {
  /** How many bytes were taken: all, unless there is an error. */
  readonly taken: number
  /** The system's error, or null. */
  readonly error: unknown
}

/**
 * Gives a function that writes to a file which is open already. Null for what is no file, such as a
 * pipe. Node's own stream takes a file that had room for a part of a text for one that took all.
 */
export function openFileWriter(descriptor: number): ((bytes: Uint8Array) => Written) | null {
  if (!isOpenFile(descriptor)) return null
  return (bytes) => {
    let taken = 0
    try {
      while (taken < bytes.byteLength) taken += writeSync(descriptor, bytes, taken)
      return { taken, error: null }
    } catch (error) {
      return { taken, error }
    }
  }
}

/** Closes what is open at a descriptor. */
export function closeDescriptor(descriptor: number): void {
  closeSync(descriptor)
}

function isOpenFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}
