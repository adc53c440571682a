import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { createLineBatch } from "../src/line_batch.ts"

/** A batch and what it printed. */
function createPrinted() {
  const printed: string[] = []
  return { batch: createLineBatch((text) => printed.push(text)), printed }
}

test("createLineBatch() prints the lines of one turn together, in order", async () => {
  const { batch, printed } = createPrinted()
  batch.write("1\n", false)
  batch.write("2\n", false)
  assert.deepEqual(printed, [])
  await turn()
  assert.deepEqual(printed, ["1\n2\n"])
  batch.write("3\n", false)
  await turn()
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
})

test("createLineBatch() prints an urgent line at once, after those before it", async () => {
  const { batch, printed } = createPrinted()
  batch.write("1\n", false)
  batch.write("2\n", true)
  batch.write("3\n", true)
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
  await turn()
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
})

test("createLineBatch() holds no more than 64 KiB back, and flush() nothing", () => {
  const { batch, printed } = createPrinted()
  const line = `${"x".repeat(1023)}\n`
  for (let lines = 0; lines < 65; lines += 1) batch.write(line, false)
  assert.deepEqual(printed, [line.repeat(64)])
  batch.flush()
  batch.flush()
  assert.deepEqual(printed, [line.repeat(64), line])
})
