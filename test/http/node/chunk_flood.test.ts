import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { ChunkFlood } from "../../../src/http/node/chunk_flood.ts"

function count(flood: ChunkFlood, chunks: number): void {
  for (let counted = 0; counted < chunks; counted += 1) flood.count()
}

test("ChunkFlood is on when 4096 chunks come in one turn, and off after its time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const flood = new ChunkFlood(1000)
  count(flood, 4095)
  assert.equal(flood.isOn, false)
  flood.count()
  assert.equal(flood.isOn, true)
  t.mock.timers.tick(999)
  assert.equal(flood.isOn, true)
  t.mock.timers.tick(1)
  assert.equal(flood.isOn, false)
})

test("ChunkFlood is off however many chunks come in many turns", async () => {
  const flood = new ChunkFlood(1000)
  for (let turns = 0; turns < 5; turns += 1) {
    count(flood, 4095)
    await turn()
    // The count starts again after the turn's own immediates.
    await turn()
  }
  assert.equal(flood.isOn, false)
})

test("ChunkFlood lasts for its time after the last turn that had too many", async (t) => {
  const flood = new ChunkFlood(1000)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  count(flood, 5000)
  t.mock.timers.tick(900)
  await turn()
  await turn()
  count(flood, 5000)
  t.mock.timers.tick(900)
  assert.equal(flood.isOn, true)
  t.mock.timers.tick(100)
  assert.equal(flood.isOn, false)
})

test("ChunkFlood ends each watched body once, and no finished or later one", () => {
  const flood = new ChunkFlood(10)
  const ended: string[] = []
  const unwatch = flood.watch(() => ended.push("finished"))
  flood.watch(() => ended.push("first"))
  flood.watch(() => ended.push("second"))
  unwatch()
  count(flood, 4096)
  flood.watch(() => ended.push("later"))
  count(flood, 1)
  assert.deepEqual(ended, ["first", "second"])
})
