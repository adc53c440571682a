// Reads files that settings name, such as mounted secrets: once, at the start.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"
import { exitCodes, OperatorError } from "../errors.ts"

/** No setting is longer. */
const operatorFileBytesMax = 1024 * 1024

/**
 * Reads such a file. Follows links. Refuses pipes and devices, which could block or never end.
 * @throws the system's error, or an OperatorError that says what is at the path
 */
export function readOperatorFile(path: string): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(file)
    if (stats.isDirectory()) throw unusableFile("it is a directory")
    if (!stats.isFile()) throw unusableFile("it is not a regular file")
    const bytes = Buffer.alloc(operatorFileBytesMax + 1)
    let length = 0
    for (let taken = 1; taken > 0 && length < bytes.length; length += taken) {
      taken = readSync(file, bytes, length, bytes.length - length, null)
    }
    if (length > operatorFileBytesMax) throw unusableFile("it is larger than 1 MiB")
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

function unusableFile(message: string): OperatorError {
  const hint = "Name a file with the value and nothing else."
  return new OperatorError(message, { hint, exitCode: exitCodes.badSettings })
}
