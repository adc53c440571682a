// How many hashes run at a time, by threads, cores and memory.

import assert from "node:assert/strict"
import { test } from "node:test"
import { hash } from "@node-rs/argon2"
import {
  createHashingLane,
  laneWidth,
  largestHashBytes,
  threadPoolSize,
} from "../../src/password/hashing_lane.ts"
import { operator } from "../../src/service/login_attempt.ts"

const mebibyte = 1024 * 1024
const plenty = { memoryBytes: 1024 ** 4, hashBytes: 19 * mebibyte }

test("laneWidth() always leaves a thread free and uses at most the cores", () => {
  for (let threads = 2; threads <= 1024; threads += 1) {
    for (let cores = 1; cores <= 64; cores += 1) {
      const width = laneWidth({ threads, cores, ...plenty })
      const holds = width >= 1 && width < threads && width <= cores && Number.isInteger(width)
      if (!holds) assert.fail(`${width} of ${threads} threads on ${cores} cores`)
    }
  }
})

/** Machines, and how many hashes of how many MiB run on them. */
const widths: readonly (readonly [
  threads: number,
  cores: number,
  memory: number,
  hash: number,
  width: number,
])[] = [
  [4, 8, 4096, 19, 2],
  [64, 8, 4096, 19, 8],
  [2, 8, 4096, 19, 1],
  [1, 8, 4096, 19, 1],
  // In a container of 160 MiB, beside 56 MiB for all else, there is room for five.
  [64, 64, 160, 19, 5],
  [4, 2, 160, 19, 2],
  [4, 2, 56 + 19, 19, 1],
  [4, 2, 56 + 18, 19, 0],
  [4, 2, 56, 19, 0],
  [4, 2, 16, 19, 0],
  [64, 64, 4096, 2048, 1],
  [64, 64, 4096, 4096, 0],
]

for (const [threads, cores, memory, hash, width] of widths) {
  const machine = `${threads} threads, ${cores} cores and ${memory} MiB`
  test(`laneWidth() of ${machine} is ${width}, with hashes of ${hash} MiB`, () => {
    const bytes = { memoryBytes: memory * mebibyte, hashBytes: hash * mebibyte }
    assert.equal(laneWidth({ threads, cores, ...bytes }), width)
  })
}

const poolSizes: readonly (readonly [setting: string | undefined, size: number])[] = [
  [undefined, 4],
  ["8", 8],
  [" 8 threads", 8],
  ["1", 1],
  ["0", 1],
  ["", 1],
  ["abc", 1],
  ["0x10", 1],
  ["-3", 1],
  ["1024", 1024],
  ["5000", 1024],
]

test("threadPoolSize() reads the setting as libuv does", () => {
  for (const [setting, size] of poolSizes) assert.equal(threadPoolSize(setting), size, setting)
})

test("laneWidth() leaves a thread to a signature check while 40 hashes are to be done", async () => {
  const threads = threadPoolSize(process.env["UV_THREADPOOL_SIZE"])
  const width = laneWidth({ threads, cores: threads, ...plenty })
  const lane = createHashingLane({ width })
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const keys = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"])
  const data = Buffer.from("a token")
  const signature = await crypto.subtle.sign(algorithm, keys.privateKey, data)
  const order: string[] = []
  const hashes = Array.from({ length: 40 }, async (_, index) => {
    // The first to run take a thousand times as long as a check.
    const cost = { memoryCost: index < width ? 65_536 : 64, timeCost: 4 }
    await lane.run(() => hash("wonderland", cost), operator)
    order.push("hash")
  })
  await crypto.subtle.verify(algorithm, keys.publicKey, signature, data)
  order.push("check")
  await Promise.all(hashes)
  // Were there hashes on all threads, a check would have to wait for one of them to end.
  assert.equal(order.indexOf("check"), 0)
  assert.equal(order.length, 41)
})

test("largestHashBytes() is what fits beside other hashes, 256 MiB, or the settings' own", () => {
  const rows: readonly (readonly [width: number, memory: number, hash: number, largest: number])[] =
    [
      [2, 24_000, 19, 256],
      [2, 331, 19, 256],
      [2, 330, 19, 255],
      [5, 160, 19, 28],
      [1, 75, 19, 19],
      [1, 4096, 2048, 2048],
    ]
  for (const [width, memory, hash, largest] of rows) {
    const [memoryBytes, hashBytes] = [memory * mebibyte, hash * mebibyte]
    const found = largestHashBytes({ width, memoryBytes, hashBytes })
    assert.equal(found, largest * mebibyte, `${memory} MiB`)
  }
})
