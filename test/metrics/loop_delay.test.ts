import assert from "node:assert/strict"
import { test } from "node:test"
import { startLoopDelay } from "../../src/metrics/loop_delay.ts"

test("startLoopDelay() notes by how much its timer is late, 20 times a second", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] })
  let now = 1_000
  const { delays, stop } = startLoopDelay(() => now)
  const after = (millis: number) => {
    now += millis
    t.mock.timers.tick(50)
  }
  assert.equal(delays.sumSeconds, 0)
  for (const millis of [50, 49.6, 52, 550, 50]) after(millis)
  assert.equal(delays.sumSeconds.toFixed(6), "0.502000")
  const none = Array(13).fill(0)
  assert.deepEqual(delays.counts, none.with(0, 3).with(1, 1).with(8, 1))
  stop()
  after(5_000)
  assert.equal(delays.sumSeconds.toFixed(6), "0.502000")
})
