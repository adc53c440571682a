import assert from "node:assert/strict"
import { test } from "node:test"
import { endFrame, frameOf, readFrames } from "../../src/system/frames.ts"

const pieces = ["a", "", "bc\n", "x".repeat(70_000), "é"].map((text) => Buffer.from(text))
const sent = Buffer.concat([
  ...pieces.filter(({ byteLength }) => byteLength > 0).map(frameOf),
  endFrame,
])
const text = Buffer.concat(pieces).toString()

async function* arriving(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length)
}

async function readAll(bytes: Uint8Array, length: number, rest = new Uint8Array()) {
  const parts: Uint8Array[] = []
  for await (const part of readFrames(rest, arriving(bytes, length))) parts.push(part)
  return Buffer.concat(parts).toString()
}

test("readFrames() gives what frameOf() was given, however it arrives", async () => {
  for (const length of [1, 2, 3, 5, 1000, 100_000]) assert.equal(await readAll(sent, length), text)
  for (const at of [0, 1, 4, 5, 20, sent.byteLength]) {
    assert.equal(await readAll(sent.subarray(at), 1000, sent.subarray(0, at)), text)
  }
  assert.equal(await readAll(endFrame, 4), "")
})

test("readFrames() reads nothing behind the end", async () => {
  const more = Buffer.concat([sent, Buffer.from("more")])
  assert.equal(await readAll(more, 1000), text)
})

test("readFrames() rejects a stream that is cut off, anywhere", async () => {
  const small = Buffer.concat([frameOf(Buffer.from("abc")), frameOf(Buffer.from("d")), endFrame])
  for (let length = 0; length < small.byteLength; length += 1) {
    await assert.rejects(readAll(small.subarray(0, length), 2), {
      message: "The answer was cut off",
    })
  }
})
