// Reads a file that the operator names, of any size, in chunks. It may be a link, or what a shell
// makes of `<(…)`.

import { open } from "node:fs/promises"
import { exitCodes } from "../errors.ts"
import { fileFailure } from "./failure.ts"

const chunkBytes = 256 * 1024

/**
 * The bytes of a file, in chunks.
 * @throws OperatorError when it can't be read
 */
export async function* readOperatorChunks(path: string): AsyncIterable<Uint8Array> {
  const file = await open(path, "r").catch(fail)
  try {
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(Buffer.alloc(chunkBytes), 0, chunkBytes, null)
        .catch(fail)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }

  function fail(cause: unknown): never {
    throw fileFailure(cause, {
      message: `The file '${path}' can't be read`,
      setting: "FILE",
      exitCode: exitCodes.refused,
    })
  }
}
