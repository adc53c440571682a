// Standard input and output by descriptor, where Node's streams fall short.

import { closeSync, fstatSync, writeSync } from "node:fs"

/** The outcome of a write. */
export interface Written {
  /** How many bytes were written: all, unless there is an error. */
  readonly taken: number
  /** The system's error, or null. */
  readonly error: unknown
}

/**
 * Gives a function that writes to an open file, or null when the descriptor is no file, such as a
 * pipe. Node's own stream reports no error when a file had room for only a part of the bytes.
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

/** Closes a descriptor. */
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
