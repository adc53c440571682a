import assert from "node:assert/strict"
import { test } from "node:test"
import { linesOf } from "../../src/system/lines.ts"

async function read(text: string | Buffer, length: number): Promise<string[]> {
  const bytes = Buffer.from(text)
  async function* pieces() {
    for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length)
  }
  const all: string[] = []
  for await (const lines of linesOf(pieces())) {
    assert.ok(lines.length > 0)
    all.push(...lines)
  }
  return all
}

const texts: readonly (readonly [text: string, lines: readonly string[]])[] = [
  ["", []],
  ["\n", [""]],
  ["one", ["one"]],
  ["one\n", ["one"]],
  ["one\n\nthree", ["one", "", "three"]],
  ["é\n\u{1f511}\r\n", ["é", "\u{1f511}\r"]],
]

for (const [text, lines] of texts) {
  test(`linesOf() ${JSON.stringify(text)}, however it arrives`, async () => {
    for (const length of [1, 2, 3, 100]) assert.deepEqual(await read(text, length), lines)
  })
}

test("linesOf() cuts a line that is too long, and goes on with the next", async () => {
  const long = "x".repeat(3 * 1024 * 1024)
  for (const length of [100_000, 10_000_000]) {
    const lines = await read(`a\n${long}\nb\n${long}`, length)
    assert.deepEqual(
      lines.map((line) => line.length),
      [1, 1024 * 1024, 1, 1024 * 1024],
    )
  }
})
