// What a comparison may cost, on a machine whose clock a test moves.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createCostJudge } from "../../../src/password/legacy/comparison_costs.ts"

const a22 = "A".repeat(22)
const a43 = "A".repeat(43)
const pbkdf2 = (iterations: number) => `$pbkdf2-sha256$i=${iterations}$${a22}$${a22}`
const argon2 = (memoryKib: number) => `$argon2i$v=19$m=${memoryKib},t=1,p=1$${a22}$${a43}`
const limits = { memoryBytesMax: 64 * 1024 * 1024, millisMax: 2000 }

/** A judge by a clock on which the measurements take these times, one after the other. */
function judgeWith(times: readonly number[]) {
  const left = [...times]
  let at = 0
  let calls = 0
  const judge = createCostJudge(limits, () => {
    calls += 1
    if (calls % 2 === 0) at += left.shift() ?? assert.fail("One measurement too many")
    return at
  })
  return { judge, unused: () => left }
}

test("a cost judge measures a sample, and goes by proportion up to twice its work", async () => {
  const { judge, unused } = judgeWith([30, 10, 20])
  assert.equal(await judge(pbkdf2(1)), null)
  assert.equal(await judge(pbkdf2(20_000)), null)
  assert.equal(await judge(pbkdf2(40_000)), null)
  assert.deepEqual(unused(), [])
})

test("a cost judge measures what is larger, and goes by that from then on", async () => {
  const { judge, unused } = judgeWith([10, 10, 10, 500, 900])
  assert.equal(await judge(pbkdf2(100_000)), null)
  assert.equal(await judge(pbkdf2(200_000)), null)
  assert.deepEqual(unused(), [900])
  assert.equal(await judge(pbkdf2(300_000)), null)
  assert.equal(await judge(pbkdf2(600_000)), null)
  assert.deepEqual(unused(), [])
})

test("a cost judge refuses what takes too long, and believes no single slow measurement", async () => {
  const slow = judgeWith([10, 10, 10, 3000, 2500])
  assert.equal(
    await slow.judge(pbkdf2(100_000)),
    "a comparison with this hash takes 2.5 s on this machine, more than 2.0",
  )
  const busy = judgeWith([10, 10, 10, 3000, 1500])
  assert.equal(await busy.judge(pbkdf2(100_000)), null)
})

test("a cost judge does not measure what takes far too long by proportion", async () => {
  const { judge } = judgeWith([100, 100, 100])
  assert.equal(
    await judge(pbkdf2(2_000_000_000)),
    "a comparison with this hash takes 10000.0 s on this machine, more than 2.0",
  )
})

test("createCostJudge() measures each format separately", async () => {
  const { judge, unused } = judgeWith([1, 1, 1, 2, 2, 2])
  assert.equal(await judge(pbkdf2(20_000)), null)
  assert.equal(await judge(`$pbkdf2-sha512$i=20000$${a22}$${a22}`), null)
  assert.deepEqual(unused(), [])
})

test("a cost judge refuses too much memory without a measurement", async () => {
  const { judge } = judgeWith([1, 1, 1])
  assert.equal(
    await judge(argon2(65_537)),
    "a comparison with this hash takes 65 MiB of memory, more than 64",
  )
  assert.equal(await judge(argon2(8)), null)
})

test("a cost judge has nothing to say about what is no hash", async () => {
  const { judge } = judgeWith([])
  assert.deepEqual([await judge("hunter2"), await judge("$2b$99$")], [null, null])
})

test("a cost judge finds nothing wrong with the usual hashes, on this machine", async () => {
  const judge = createCostJudge({ memoryBytesMax: 256 * 1024 * 1024, millisMax: 60_000 })
  for (const text of [pbkdf2(1000), argon2(1024), `$2b$08$${".".repeat(53)}`]) {
    assert.equal(await judge(text), null, text)
  }
})
