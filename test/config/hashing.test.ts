// How many hashes run at a time, and what is said where none can.

import assert from "node:assert/strict"
import { totalmem } from "node:os"
import { test } from "node:test"
import { type HashingMachine, hashesAtATime, thisMachine } from "../../src/config/hashing.ts"
import type { SettingValues } from "../../src/config/settings.ts"

const mebibyte = 1024 * 1024
const large: HashingMachine = { cores: 8, memoryBytes: 4096 * mebibyte }

/** The number of hashes of so many KiB, and what was reported. */
function hashesOf(
  machine: HashingMachine,
  { poolSize, hashMemoryKib = 19_456 }: { poolSize?: string; hashMemoryKib?: number | null } = {},
) {
  const reported: string[][] = []
  const values = { hashMemoryKib } as unknown as SettingValues
  const report = (...mistake: string[]) => void reported.push(mistake)
  return { width: hashesAtATime(values, poolSize, machine, report), reported }
}

test("hashesAtATime() is half the threads, by the cores at most", () => {
  const rows = [
    [undefined, 8, 2],
    ["16", 8, 8],
    ["16", 4, 4],
    ["2", 8, 1],
  ] as const
  for (const [poolSize, cores, width] of rows) {
    const found = hashesOf({ ...large, cores }, poolSize === undefined ? {} : { poolSize })
    assert.deepEqual(found, { width, reported: [] }, `${poolSize} ${cores}`)
  }
})

test("hashesAtATime() is no more than fits into memory", () => {
  const machine = { cores: 8, memoryBytes: 100 * mebibyte }
  assert.deepEqual(hashesOf(machine, { poolSize: "64" }), { width: 2, reported: [] })
})

test("hashesAtATime() reports where no hash fits, and says how much there is", () => {
  const hint = "Lower it, or give the process or its container more memory"
  const { width, reported } = hashesOf({ cores: 8, memoryBytes: 64.5 * mebibyte })
  assert.equal(width, 0)
  const message = "No hash of that size fits into 64 MiB"
  assert.deepEqual(reported, [["POSTERN_HASH_MEMORY", message, hint]])
})

for (const [setting, size] of [
  ["1", 1],
  ["0", 1],
  ["none", 1],
] as const) {
  test(`hashesAtATime() reports a thread pool of ${setting}`, () => {
    const hint = "Set at least 2, one for hashing and one for everything else, or unset it for 4"
    const { reported } = hashesOf(large, { poolSize: setting })
    assert.deepEqual(reported, [["UV_THREADPOOL_SIZE", `It gives ${size} thread`, hint]])
  })
}

test("hashesAtATime() reports nothing when the size is a mistake already", () => {
  const { reported } = hashesOf(large, { hashMemoryKib: null })
  assert.deepEqual(reported, [])
})

test("thisMachine() has at least one core, and no more memory than the machine", (t) => {
  const rows: readonly (readonly [limit: number | undefined, memoryBytes: number])[] = [
    [0, totalmem()],
    [undefined, totalmem()],
    [160 * mebibyte, 160 * mebibyte],
    [2 ** 63, totalmem()],
  ]
  for (const [limit, memoryBytes] of rows) {
    const asked = t.mock.method(process, "constrainedMemory", () => limit)
    const machine = thisMachine()
    asked.mock.restore()
    assert.equal(machine.memoryBytes, memoryBytes, String(limit))
    assert.ok(machine.cores >= 1)
  }
  assert.ok(thisMachine().memoryBytes > 0)
})
