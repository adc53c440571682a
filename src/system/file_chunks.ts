// Bytes in pieces, for files that are too large to be in memory as a whole.

import type { Disk, DiskFile } from "./disk.ts"

const chunkBytes = 256 * 1024

/** The same bytes in pieces of this length at least, but for the last one. */
export async function* inLargePieces(
  pieces: AsyncIterable<Uint8Array>,
  bytesMin: number,
): AsyncIterable<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    bytes += piece.byteLength
    if (bytes < bytesMin) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}

/** The same pieces. Each is shown to `see` when it passes. */
export async function* seenPieces(
  pieces: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    see(piece)
    yield piece
  }
}

/** The bytes of a file, piece by piece. A file that is not there has none. */
export async function* chunksOf(path: string, disk: Disk): AsyncIterable<Buffer> {
  const file = await disk.openToRead(path)
  if (file === null) return
  try {
    yield* chunksFrom(file, 0)
  } finally {
    await file.close()
  }
}

/** The bytes of an open file from a position on, piece by piece. */
export async function* chunksFrom(file: DiskFile, from: number): AsyncIterable<Buffer> {
  for (let position = from; ; ) {
    const chunk = await file.readAt(position, chunkBytes)
    if (chunk.byteLength === 0) return
    position += chunk.byteLength
    yield chunk
  }
}
