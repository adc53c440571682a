// The lines of a text that comes in chunks of bytes. No more than one line is held, and no line of
// more than 64 KiB.

import { isUtf8 } from "node:buffer"

/** A line without its end, or what is wrong with it. The first has the number 1. */
export interface Line {
  readonly number: number
  readonly text: string
  /** Null when the line is good. The text is empty otherwise. */
  readonly fault: string | null
}

/** Longer lines are not read: no user has so much. */
export const lineBytesMax = 65_536
const lineEnd = 0x0a
const control = /[\p{Cc}\u2028\u2029\ufeff\ufffd]/u

/**
 * Gives the lines of a text in slices: those that each chunk completes. A chunk must stay as it is
 * until the next one.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<readonly Line[]> {
  let number = 0
  let rest: Buffer = Buffer.alloc(0)
  let isTooLong = false

  for await (const { buffer, byteOffset, byteLength } of chunks) {
    yield take(Buffer.from(buffer, byteOffset, byteLength))
  }
  if (rest.byteLength > 0 || isTooLong) yield [finish(rest)]

  function take(chunk: Buffer): readonly Line[] {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, start)) {
      lines.push(finish(joined(chunk.subarray(start, end))))
      start = end + 1
    }
    rest = joined(chunk.subarray(start))
    return lines
  }

  /** What is held of a line, and what follows. */
  function joined(part: Buffer): Buffer {
    if (rest.byteLength + part.byteLength > lineBytesMax) isTooLong = true
    if (isTooLong) return Buffer.alloc(0)
    return rest.byteLength === 0 ? part : Buffer.concat([rest, part])
  }

  function finish(bytes: Buffer): Line {
    number += 1
    const line = isTooLong ? { text: "", fault: tooLong } : read(bytes, number === 1)
    rest = Buffer.alloc(0)
    isTooLong = false
    return { number, ...line }
  }
}

const tooLong = `the line has more than ${lineBytesMax} bytes`

function read(bytes: Buffer, isFirst: boolean): Omit<Line, "number"> {
  if (!isUtf8(bytes)) return { text: "", fault: "the line is not UTF-8" }
  const whole = bytes.toString().replace(/\r$/, "")
  const text = isFirst ? whole.replace(/^\ufeff/, "") : whole
  // CSV and htpasswd have no way to write them, and JSON has another one.
  const found = control.exec(text)?.[0]
  if (found === undefined || found === "\t") return { text, fault: null }
  return { text: "", fault: `the line has the character U+${codeOf(found)} in it` }
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
}
