// Work that runs one after the other.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createTurns } from "../../src/system/turns.ts"

test("createTurns() starts work when the work before it has ended", async () => {
  const inTurn = createTurns()
  const steps: string[] = []
  const work = (name: string) => async () => {
    steps.push(`${name} starts`)
    await new Promise(setImmediate)
    steps.push(`${name} ends`)
    return name
  }
  assert.deepEqual(await Promise.all([inTurn(work("one")), inTurn(work("two"))]), ["one", "two"])
  assert.deepEqual(steps, ["one starts", "one ends", "two starts", "two ends"])
})

test("createTurns() goes on after work that fails", async () => {
  const inTurn = createTurns()
  const failing = inTurn(() => Promise.reject(new Error("made by a test")))
  const next = inTurn(async () => "next")
  await assert.rejects(failing, /made by a test/)
  assert.equal(await next, "next")
})
