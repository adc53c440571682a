import assert from "node:assert/strict"
import { test } from "node:test"
import {
  createWaryClock,
  httpDate,
  isoTime,
  steadySeconds,
  systemClock,
  timeText,
} from "../src/clock.ts"
import { createFakeClock, type FakeClock, startOfTests } from "./support/fake_clock.ts"

const day = 86_400

/** A wary clock, the clock that it watches, and time that passes for both. */
function startWary(): { wary: () => number; clock: FakeClock; pass: (seconds: number) => void } {
  const clock = createFakeClock()
  let steady = 5000
  const wary = createWaryClock(clock, { seen: startOfTests, steadySeconds: () => steady })
  const pass = (seconds: number) => {
    clock.advance(seconds)
    steady += seconds
  }
  return { wary: () => wary.now(), clock, pass }
}

test("createWaryClock() goes with a clock that is not set", () => {
  const { wary, pass } = startWary()
  for (const seconds of [0, 1, 60, 3600, 30 * day]) {
    const before = wary()
    pass(seconds)
    assert.equal(wary(), before + seconds)
  }
})

test("createWaryClock() follows small corrections, and all that go back", () => {
  const { wary, clock, pass } = startWary()
  for (const correction of [60, -60, -day, -365 * day]) {
    clock.advance(correction)
    assert.equal(wary(), clock.now(), String(correction))
    pass(1)
    assert.equal(wary(), clock.now(), String(correction))
  }
})

test("createWaryClock() does not follow a leap that is taken back within a day", () => {
  const { wary, clock, pass } = startWary()
  clock.advance(365 * day)
  assert.equal(wary(), startOfTests)
  pass(day - 1)
  assert.equal(wary(), startOfTests + day - 1)
  clock.advance(-365 * day)
  pass(1)
  assert.equal(wary(), clock.now())
  // The next leap has its own day.
  clock.advance(day)
  pass(2)
  assert.equal(wary(), clock.now() - day)
})

test("createWaryClock() follows a leap that has stood for a day", () => {
  const { wary, clock, pass } = startWary()
  clock.advance(365 * day)
  assert.equal(wary(), startOfTests)
  pass(day)
  assert.equal(wary(), clock.now())
  pass(60)
  assert.equal(wary(), clock.now())
})

test("createWaryClock() does not believe its first instant when it is long after what was seen", () => {
  const clock = createFakeClock()
  let steady = 5
  const seen = startOfTests - 30 * day
  const wary = createWaryClock(clock, { seen, steadySeconds: () => steady })
  assert.equal(wary.now(), seen)
  steady += day
  clock.advance(day)
  assert.equal(wary.now(), clock.now())
  const ahead = { seen: startOfTests + 30 * day * 2, steadySeconds: () => steady }
  assert.equal(createWaryClock(clock, ahead).now(), clock.now())
})

test("steadySeconds() asks the clock that is never set, where there is one", () => {
  const clock = createFakeClock()
  assert.equal(steadySeconds(clock), startOfTests)
  assert.equal(steadySeconds({ ...clock, steady: () => 0 }), 0)
})

test("steadySeconds() of the machine's clock goes on, in seconds since the process began", () => {
  const [first, second] = [steadySeconds(systemClock), steadySeconds(systemClock)]
  assert.ok(first > 0 && first < 3600)
  assert.ok(second >= first)
})

test("isoTime() writes an instant without its fraction", () => {
  assert.equal(isoTime(startOfTests), "2026-11-23T15:30:00Z")
  assert.equal(isoTime(0), "1970-01-01T00:00:00Z")
})

test("httpDate() writes an instant as HTTP does, whatever the month", () => {
  assert.equal(httpDate(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT")
  assert.equal(httpDate(startOfTests), "Mon, 23 Nov 2026 15:30:00 GMT")
})

test("timeText() makes the text of each second once, also when the clock goes back", () => {
  const clock = createFakeClock()
  const asked: number[] = []
  const text = timeText(clock, (seconds) => {
    asked.push(seconds)
    return isoTime(seconds)
  })
  for (const step of [0, 0, 1, 0, -1]) {
    clock.advance(step)
    assert.equal(text(), isoTime(clock.now()))
  }
  assert.deepEqual(asked, [startOfTests, startOfTests + 1, startOfTests])
})
