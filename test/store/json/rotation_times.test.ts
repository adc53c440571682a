import assert from "node:assert/strict"
import { test } from "node:test"
import { RotationTimes } from "../../../src/store/json/rotation_times.ts"
import { sampleSession } from "../sample_session.ts"

function createTimes() {
  const clock = { at: 0 }
  return { clock, times: new RotationTimes(() => clock.at) }
}

test("since() tells how long ago a state was noted, and nothing of another state", () => {
  const { clock, times } = createTimes()
  clock.at = 100.5
  times.note(sampleSession("s1", { rotations: 3 }))
  clock.at = 130.5
  assert.equal(times.since(sampleSession("s1", { rotations: 3 })), 30)
  assert.equal(times.since(sampleSession("s1", { rotations: 2 })), undefined)
  assert.equal(times.since(sampleSession("s1", { rotations: 4 })), undefined)
  assert.equal(times.since(sampleSession("s2", { rotations: 3 })), undefined)
})

test("since() tells nothing without a clock", () => {
  for (const times of [new RotationTimes(), new RotationTimes(() => undefined)]) {
    times.note(sampleSession("s1"))
    assert.equal(times.since(sampleSession("s1")), undefined)
  }
})

test("note() forgets what is older than any grace", () => {
  const { clock, times } = createTimes()
  const notes = [
    ["early", 0],
    ["late", 1],
    ["early", 2],
    ["now", 602],
  ] as const
  for (const [sid, at] of notes) {
    clock.at = at
    times.note(sampleSession(sid))
  }
  assert.equal(times.since(sampleSession("late")), undefined)
  assert.equal(times.since(sampleSession("early")), 600)
  assert.equal(times.since(sampleSession("now")), 0)
})
