// Reads a file that the operator names, of any size, in chunks. It may be a link, or what a shell
// makes of `<(…)`.

import { createReadStream } from "node:fs"
import { exitCodes } from "../errors.ts"
import { fileFailure } from "./failure.ts"

const chunkBytes = 256 * 1024

/**
 * The bytes of a file, in chunks.
 * @throws OperatorError when it can't be read
 */
export async function* readOperatorChunks(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: chunkBytes })
  } catch (cause) {
    throw fileFailure(cause, {
      message: `The file '${path}' can't be read`,
      setting: "FILE",
      exitCode: exitCodes.refused,
    })
  }
}
