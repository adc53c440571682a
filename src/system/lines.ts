// A text line by line, as it arrives in pieces.

const lineEnd = 0x0a
/** A longer line is cut. */
const lineBytesMax = 1024 * 1024

/**
 * The lines of a text, without their ends: at once all that a piece completes. What follows the
 * last end is a line, too, unless it is empty.
 */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncIterable<readonly string[]> {
  let rest = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece])
    const lines: string[] = []
    let position = 0
    // What is left of the last piece has no end in it.
    let end = bytes.indexOf(lineEnd, rest.byteLength)
    while (end !== -1) {
      lines.push(textOf(bytes.subarray(position, end)))
      position = end + 1
      end = bytes.indexOf(lineEnd, position)
    }
    rest = Buffer.from(bytes.subarray(position, position + lineBytesMax))
    if (lines.length > 0) yield lines
  }
  if (rest.byteLength > 0) yield [textOf(rest)]
}

function textOf(line: Buffer): string {
  return line.toString("utf8", 0, lineBytesMax)
}
