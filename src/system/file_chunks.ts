// A file in pieces, for files that are too large to be in memory as a whole.

import type { Disk } from "./disk.ts"

const chunkBytes = 256 * 1024

/** The bytes of a file, piece by piece. Null where there is none. */
export async function openChunks(path: string, disk: Disk): Promise<AsyncIterable<Buffer> | null> {
  const file = await disk.openToRead(path)
  if (file === null) return null
  return (async function* () {
    try {
      let position = 0
      for (;;) {
        const chunk = await file.readAt(position, chunkBytes)
        if (chunk.byteLength === 0) return
        position += chunk.byteLength
        yield chunk
      }
    } finally {
      await file.close()
    }
  })()
}
