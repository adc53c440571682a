import assert from "node:assert/strict"
import { test } from "node:test"
import { HeldMemory } from "../../../src/http/node/held_memory.ts"

test("HeldMemory takes up to its bound, and takes memory again that was given back", () => {
  const memory = new HeldMemory(100)
  assert.equal(memory.take(60, false), true)
  assert.equal(memory.take(40, false), true)
  assert.equal(memory.take(1, false), false)
  assert.equal(memory.bytes, 100)
  memory.giveBack(60)
  assert.equal(memory.take(61, false), false)
  assert.equal(memory.take(60, false), true)
  assert.equal(memory.bytes, 100)
})

test("HeldMemory keeps half for connections that hold nothing yet", () => {
  const memory = new HeldMemory(100)
  assert.equal(memory.take(50, true), true)
  assert.equal(memory.take(1, true), false)
  assert.equal(memory.take(50, false), true)
  memory.giveBack(50)
  assert.equal(memory.take(1, true), false)
  memory.giveBack(1)
  assert.equal(memory.take(1, true), true)
})
