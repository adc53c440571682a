// A file that somebody appends to, read as it grows. It goes on when the file was moved away and
// another has its name, as log rotation does, and when it was cut.

import type { Disk, DiskFile } from "./disk.ts"
import { chunksFrom } from "./file_chunks.ts"

interface FollowOptions {
  readonly disk: Disk
  /** Where to begin. */
  readonly from: number
  /** Waits a while. False when it is time to stop. */
  readonly pause: () => Promise<boolean>
}

/** The bytes of a file from a position on, and all that are added to it. */
export async function* followFile(
  path: string,
  { disk, from, pause }: FollowOptions,
): AsyncIterable<Buffer> {
  let open: DiskFile | null = null
  let position = from
  try {
    do {
      open ??= await disk.openToRead(path)
      if (open === null) continue
      const found = await disk.inspect(path)
      const isMoved = found?.identity !== (await open.identity())
      if (!isMoved && found.size < position) position = 0
      // Also what was added to the old file before it was moved away.
      for await (const chunk of chunksFrom(open, position)) {
        position += chunk.byteLength
        yield chunk
      }
      if (!isMoved) continue
      await open.close()
      open = null
      position = 0
    } while (await pause())
  } finally {
    await open?.close()
  }
}
