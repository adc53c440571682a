import assert from "node:assert/strict"
import { test } from "node:test"
import { Counts } from "../../src/metrics/counts.ts"

test("Counts begins with the known sets, and counts by all labels", () => {
  const counts = new Counts(["event", "method"], [["used", "otp"]])
  counts.add("failed", "otp")
  counts.add("failed", "otp")
  counts.add("failed", "passkey")
  assert.deepEqual(counts.samples(), [
    { labels: { event: "used", method: "otp" }, value: 0 },
    { labels: { event: "failed", method: "otp" }, value: 2 },
    { labels: { event: "failed", method: "passkey" }, value: 1 },
  ])
})

test("Counts counts further words together once there are a hundred", () => {
  const counts = new Counts(["reason"])
  for (let word = 0; word < 1000; word += 1) counts.add(`reason${word}`)
  for (let times = 0; times < 5; times += 1) counts.add("reason0")
  const samples = counts.samples()
  assert.equal(samples.length, 101)
  assert.deepEqual(samples[0], { labels: { reason: "reason0" }, value: 6 })
  assert.deepEqual(samples.at(-1), { labels: { reason: "other" }, value: 900 })
})
