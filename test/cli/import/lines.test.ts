// Lines of files that may be anything.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Line, lineBytesMax, readLines } from "../../../src/cli/import/lines.ts"

async function* chunked(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

/** The lines as text, or as what is wrong with them. */
async function read(content: string | Buffer, size = 7): Promise<readonly string[]> {
  const lines: Line[] = []
  for await (const slice of readLines(chunked(Buffer.from(content), size))) lines.push(...slice)
  assert.deepEqual(
    lines.map(({ number }) => number),
    lines.map((_, at) => at + 1),
  )
  return lines.map(({ text, fault }) => fault ?? `=${text}`)
}

const nul = "the line has the character U+0000 in it"

/** Contents, and their lines. */
const rows: readonly (readonly [
  name: string,
  content: string | Buffer,
  lines: readonly string[],
])[] = [
  ["nothing", "", []],
  ["one line", "a\n", ["=a"]],
  ["a last line without end", "a\nb", ["=a", "=b"]],
  ["empty lines", "\n\na\n\n", ["=", "=", "=a", "="]],
  ["CR before the end", "a\r\nb\r\n", ["=a", "=b"]],
  ["CR alone", "a\rb\n", ["the line has the character U+000D in it"]],
  ["two CR", "a\r\r\n", ["the line has the character U+000D in it"]],
  ["a byte order mark", "\ufeffa\nb\n", ["=a", "=b"]],
  ["a second byte order mark", "a\n\ufeffb\n", ["=a", "the line has the character U+FEFF in it"]],
  ["NUL", "a\0b\nc\n", [nul, "=c"]],
  ["UTF-16", Buffer.from("a\nb\n", "utf16le"), [nul, nul, nul]],
  [
    "bytes that are not UTF-8",
    Buffer.from([0x61, 0xff, 0x0a, 0x62]),
    ["the line is not UTF-8", "=b"],
  ],
  ["a replacement character", "a\ufffd\n", ["the line has the character U+FFFD in it"]],
  ["a line separator", "a\u2028b\n", ["the line has the character U+2028 in it"]],
  ["a tab", "a\tb\n", ["=a\tb"]],
  ["letters in parts", "äöü\n€\n", ["=äöü", "=€"]],
]

for (const [name, content, lines] of rows) {
  test(`readLines() of ${name}`, async () => {
    for (const size of [1, 2, 3, 1000])
      assert.deepEqual(await read(content, size), lines, `${size}`)
  })
}

test("readLines() takes a line of 64 KiB, and reads on after a longer one", async () => {
  const longest = "x".repeat(lineBytesMax)
  const fault = `the line has more than ${lineBytesMax} bytes`
  for (const size of [1000, 65_536, 1_000_000]) {
    assert.deepEqual(await read(`${longest}\n${longest}x\na\n`, size), [`=${longest}`, fault, "=a"])
    assert.deepEqual(await read(`${longest}x`, size), [fault])
  }
})

test("readLines() does not hold a long line: 100 MB take no memory", async () => {
  const block = Buffer.alloc(1024 * 1024, "x")
  async function* endless(): AsyncIterable<Uint8Array> {
    for (let count = 0; count < 100; count += 1) yield block
    yield Buffer.from("\nlast\n")
  }
  const before = process.memoryUsage().arrayBuffers
  const lines: Line[] = []
  let most = 0
  for await (const slice of readLines(endless())) {
    lines.push(...slice)
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["", "last"],
  )
  assert.ok(most < 10 * 1024 * 1024, String(most))
})
