// Pieces of bytes on a stream, each behind its length as four bytes, the highest first. An empty
// piece is the end: a stream that ends without it was cut off.

/** A piece with its length before it. */
export function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + bytes.byteLength)
  frame.writeUInt32BE(bytes.byteLength)
  frame.set(bytes, lengthBytes)
  return frame
}

/** The end of a stream. */
export const endFrame: Uint8Array = Buffer.alloc(4)

const lengthBytes = 4

/**
 * The pieces of a stream, as they arrive: a long one comes in parts. `rest` is what was read
 * already.
 * @throws Error when the stream ends before its end
 */
export async function* readFrames(
  rest: Uint8Array,
  stream: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let bytes = Buffer.from(rest)
  let left = 0
  for (;;) {
    while (left > 0 && bytes.byteLength > 0) {
      const part = bytes.subarray(0, left)
      bytes = bytes.subarray(part.byteLength)
      left -= part.byteLength
      yield part
    }
    if (left === 0 && bytes.byteLength >= lengthBytes) {
      left = bytes.readUInt32BE()
      bytes = bytes.subarray(lengthBytes)
      if (left === 0) return
      continue
    }
    const { done, value } = await stream.next()
    if (done) throw new Error("The answer was cut off")
    bytes = bytes.byteLength === 0 ? Buffer.from(value) : Buffer.concat([bytes, value])
  }
}
