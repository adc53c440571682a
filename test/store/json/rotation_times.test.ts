import assert from "node:assert/strict"
import { test } from "node:test"
import { RotationTimes } from "../../../src/store/json/rotation_times.ts"
import { sampleSession } from "../sample_session.ts"

test("since() tells how long ago a state was noted, and nothing of another state", () => {
  const times = new RotationTimes()
  times.note(sampleSession("s1", { rotations: 3 }), 100.5)
  assert.equal(times.since(sampleSession("s1", { rotations: 3 }), 130.5), 30)
  assert.equal(times.since(sampleSession("s1", { rotations: 2 }), 130.5), undefined)
  assert.equal(times.since(sampleSession("s1", { rotations: 4 }), 130.5), undefined)
  assert.equal(times.since(sampleSession("s2", { rotations: 3 }), 130.5), undefined)
})

test("since() tells nothing without a clock", () => {
  const times = new RotationTimes()
  const session = sampleSession("s1")
  times.note(session, undefined)
  assert.equal(times.since(session, 1), undefined)
  times.note(session, 1)
  assert.equal(times.since(session, undefined), undefined)
})

test("note() forgets what is older than any grace", () => {
  const times = new RotationTimes()
  const [early, late, now] = ["early", "late", "now"].map((sid) => sampleSession(sid))
  assert.ok(early && late && now)
  times.note(early, 0)
  times.note(late, 1)
  times.note(early, 2)
  times.note(now, 602)
  assert.equal(times.since(late, 602), undefined)
  assert.equal(times.since(early, 602), 600)
  assert.equal(times.since(now, 602), 0)
})
