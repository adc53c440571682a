import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { createLineBatch } from "../src/line_batch.ts"

/** A batch, what it printed, and what it was asked to make. */
function createPrinted() {
  const printed: string[] = []
  const made: string[] = []
  const batch = createLineBatch((text) => printed.push(text))
  const write = (text: string, isUrgent: boolean) => {
    batch.write(() => {
      made.push(text)
      return text
    }, isUrgent)
  }
  return { batch, write, printed, made }
}

test("createLineBatch() makes and prints the lines of one turn together, in order", async () => {
  const { write, printed, made } = createPrinted()
  write("1\n", false)
  write("2\n", false)
  assert.deepEqual([printed, made], [[], []])
  await turn()
  assert.deepEqual(printed, ["1\n2\n"])
  write("3\n", false)
  await turn()
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
  assert.deepEqual(made, ["1\n", "2\n", "3\n"])
})

test("createLineBatch() prints an urgent line at once, after those before it", async () => {
  const { write, printed } = createPrinted()
  write("1\n", false)
  write("2\n", true)
  write("3\n", true)
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
  await turn()
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
})

test("createLineBatch() holds no more than 255 lines back, and flush() nothing", () => {
  const { batch, write, printed } = createPrinted()
  for (let lines = 0; lines < 257; lines += 1) write("x\n", false)
  assert.deepEqual(printed, ["x\n".repeat(256)])
  batch.flush()
  batch.flush()
  assert.deepEqual(printed, ["x\n".repeat(256), "x\n"])
})
