// Bodies are kept in one buffer, whose bytes are counted (H-05, H-41).

import assert from "node:assert/strict"
import { Readable } from "node:stream"
import { test } from "node:test"
import { ChunkFlood } from "../../../src/http/node/chunk_flood.ts"
import { type BodyOptions, readBody } from "../../../src/http/node/read_request.ts"
import { bodyTooLarge, noMemory, tooManyChunks } from "../../../src/http/node/refusals.ts"

const tooLarge = bodyTooLarge(16_384)

/** A body that is being read, and what it has asked for. */
function reading(given: Partial<BodyOptions> = {}) {
  const source = new Readable({ read() {} })
  const asked: (number | "stop")[] = []
  const { result, giveUp } = readBody(source, {
    bytesMax: 16_384,
    chunksMax: 256,
    declaredBytes: 0,
    flood: new ChunkFlood(10),
    hold: (bytes) => {
      asked.push(bytes)
      return true
    },
    stop: () => asked.push("stop"),
    ...given,
  })
  return { source, result, giveUp, asked }
}

test("readBody() gives the bytes, in one piece or many", async () => {
  for (const pieces of [[], [""], ["hello"], ["h", "", "el", "lo"], ["a".repeat(16_384)]]) {
    const { source, result } = reading()
    for (const piece of pieces) source.push(Buffer.from(piece))
    source.push(null)
    assert.equal((await result)?.toString(), pieces.join(""))
  }
})

test("readBody() reserves the announced size, or at most twice what arrived", async () => {
  const rows: readonly (readonly [declared: number, pieces: readonly number[], held: number[]])[] =
    [
      [45, [45], [45]],
      [45, [1, 44], [45]],
      [16_384, [1], [1024]],
      [16_384, [1024, 1], [1024, 1024]],
      [16_384, [16_384], [16_384]],
      [0, [1, 1, 1], [1, 1, 2]],
      [0, [10_000, 1], [10_000, 6384]],
      [0, [10_000, 6384], [10_000, 6384]],
    ]
  for (const [declaredBytes, pieces, held] of rows) {
    const { source, asked } = reading({ declaredBytes })
    for (const bytes of pieces) source.push(Buffer.alloc(bytes, "a"))
    assert.deepEqual(asked, held, `${declaredBytes}: ${pieces}`)
  }
})

test("readBody() keeps no memory of its input or of Node's pool", async () => {
  const { source, result } = reading({ declaredBytes: 5 })
  const slab = Buffer.alloc(65_536, "hello")
  source.push(slab.subarray(0, 5))
  source.push(null)
  const body = await result
  assert.ok(Buffer.isBuffer(body))
  assert.equal(body.buffer.byteLength, 5)
  slab.fill("x")
  assert.equal(body.toString(), "hello")
})

test("readBody() refuses a body over the limit, and drops the rest", async () => {
  const { source, result, asked } = reading()
  source.push(Buffer.alloc(16_384))
  source.push(Buffer.alloc(1))
  source.push(Buffer.alloc(16_384))
  assert.deepEqual(await result, tooLarge)
  assert.deepEqual(asked, [16_384])
})

test("readBody() refuses a piece too many, and has no more read", async () => {
  const { source, result, asked } = reading({ declaredBytes: 1000 })
  for (let pieces = 0; pieces < 256; pieces += 1) source.push(Buffer.from("a"))
  assert.deepEqual(asked, [1000])
  for (let pieces = 0; pieces < 20_000; pieces += 1) source.push(Buffer.from("a"))
  assert.deepEqual(await result, tooManyChunks(256))
  assert.deepEqual(asked, [1000, "stop"])
  assert.equal(source.readableLength, 0)
})

test("readBody() takes a body of as many pieces as there may be", async () => {
  const { source, result } = reading()
  for (let pieces = 0; pieces < 256; pieces += 1) source.push(Buffer.from("a"))
  source.push(null)
  assert.equal((await result)?.toString(), "a".repeat(256))
})

test("readBody() counts the pieces of a body that was refused before", async () => {
  const { source, result, giveUp, asked } = reading()
  giveUp(tooLarge)
  for (let pieces = 0; pieces < 257; pieces += 1) source.push(Buffer.from("a"))
  assert.deepEqual(await result, tooLarge)
  assert.deepEqual(asked, ["stop"])
})

test("readBody() refuses where there is no memory for more", async () => {
  let room = 1024
  const { source, result } = reading({
    declaredBytes: 4096,
    hold: (bytes) => {
      room -= bytes
      return room >= 0
    },
  })
  source.push(Buffer.alloc(1024))
  source.push(Buffer.alloc(1))
  assert.equal(await result, noMemory)
})

test("readBody() counts each piece once", () => {
  let counted = 0
  const flood = {
    count() {
      counted += 1
    },
  }
  const { source } = reading({ flood })
  for (let pieces = 0; pieces < 300; pieces += 1) source.push(Buffer.from("a"))
  assert.equal(counted, 300)
})

test("readBody() gives no answer when the client has gone", async () => {
  for (const error of [undefined, new Error("aborted")]) {
    const { source, result } = reading()
    source.push(Buffer.from("a"))
    source.destroy(error)
    assert.equal(await result, null)
  }
  const { result, giveUp } = reading()
  giveUp(null)
  assert.equal(await result, null)
})
