// Standard output: a terminal, a pipe or a file, and what of a text did not get through.

import type { Terminal } from "./terminal.ts"

/** The part of a process's stream that is used here. */
export interface OutputStream {
  write(text: string, done: (error?: Error | null) => void): unknown
}

/**
 * Makes the function that prints. A file is written to directly where somebody wants to know what
 * got through: Node's stream takes a file that had room for a part of a text for one that took all.
 * @param writeToFile writes and gives how many bytes were taken; null where the stream is no file
 */
export function createPrint(
  stream: OutputStream,
  writeToFile: ((bytes: Uint8Array) => number) | null,
): Terminal["print"] {
  return (text, onFailure) => {
    if (writeToFile === null || onFailure === undefined) {
      stream.write(text, (error) => {
        if (error) onFailure?.(0)
      })
      return
    }
    const bytes = Buffer.from(text)
    const taken = writeToFile(bytes)
    if (taken < bytes.byteLength) onFailure(taken)
  }
}
