import assert from "node:assert/strict"
import { test } from "node:test"
import {
  createClock,
  httpDate,
  isAhead,
  isoTime,
  secondsOfInstant,
  systemClock,
  timeText,
} from "../src/clock.ts"
import { createFakeClock, type FakeClock, startOfTests } from "./support/fake_clock.ts"

const day = 86_400

/** A clock of a store last used at `lastUse`. Both of the machine's clocks start at `startOfTests`. */
function startClock(lastUse: number | null = startOfTests): FakeClock {
  return createFakeClock(lastUse)
}

test("passed() goes with a clock that is not set", () => {
  const clock = startClock()
  for (const seconds of [0, 1, 60, 3600, 30 * day]) {
    const before = clock.passed()
    clock.advance(seconds)
    assert.equal(clock.passed(), before + seconds)
  }
})

test("passed() follows small corrections, and all that go back", () => {
  const clock = startClock()
  for (const correction of [60, -60, -day, -365 * day]) {
    clock.set(correction)
    assert.equal(clock.passed(), clock.now(), String(correction))
    clock.advance(1)
    assert.equal(clock.passed(), clock.now(), String(correction))
  }
})

test("passed() does not follow a leap that is taken back within a day", () => {
  const clock = startClock()
  clock.set(365 * day)
  assert.equal(clock.passed(), startOfTests)
  clock.advance(day - 1)
  assert.equal(clock.passed(), startOfTests + day - 1)
  clock.set(-365 * day)
  clock.advance(1)
  assert.equal(clock.passed(), clock.now())
  // The next leap has its own day.
  clock.set(day)
  clock.advance(2)
  assert.equal(clock.passed(), clock.now() - day)
})

test("passed() follows a leap that has stood for a day", () => {
  const clock = startClock()
  clock.set(365 * day)
  assert.equal(clock.passed(), startOfTests)
  clock.advance(day)
  assert.equal(clock.passed(), clock.now())
  clock.advance(60)
  assert.equal(clock.passed(), clock.now())
})

test("passed() does not believe a start that is long after the store's last use", () => {
  const lastUse = startOfTests - 30 * day
  const clock = startClock(lastUse)
  assert.equal(clock.passed(), lastUse)
  clock.advance(day)
  assert.equal(clock.passed(), clock.now())
})

test("passed() starts at now when the store was used later, or never", () => {
  for (const lastUse of [startOfTests + 30 * day, null]) {
    assert.equal(startClock(lastUse).passed(), startOfTests)
  }
})

test("steady() starts at now and goes on, wherever the clock is set to", () => {
  const clock = startClock(startOfTests - day)
  assert.equal(clock.steady(), startOfTests)
  for (const seconds of [day, -365 * day, 730 * day]) clock.set(seconds)
  clock.advance(10)
  assert.equal(clock.steady(), startOfTests + 10)
})

test("steady() measures the same over a start at any fraction of a second", () => {
  for (const [before, after] of [
    [0.1, 0.9],
    [0.9, 0.1],
  ] as const) {
    const at = (wall: number) =>
      createClock(null, { wallSeconds: () => wall, monotonicSeconds: () => 7 })
    const [first, second] = [at(1000 + before), at(1010 + after)]
    assert.ok(Math.abs(second.steady() - first.steady() - (10 + after - before)) < 1e-6)
    assert.deepEqual([first.now(), second.now()], [1000, 1010])
  }
})

test("systemClock reads the machine's clocks", () => {
  const [first, second] = [systemClock.steady(), systemClock.steady()]
  assert.ok(second >= first)
  const times = [first, systemClock.now(), systemClock.passed()]
  for (const seconds of times) assert.ok(Math.abs(seconds - Date.now() / 1000) < 2)
})

test("isAhead() begins two days after now", () => {
  const now = startOfTests
  assert.equal(isAhead(now + 2 * day, { now }), false)
  assert.equal(isAhead(now + 2 * day + 1, { now }), true)
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

const instants: readonly (readonly [text: string, iso: string | null])[] = [
  ["2026-11-23", "2026-11-23T00:00:00Z"],
  ["2026-11-23Z", "2026-11-23T00:00:00Z"],
  ["2026-11-23T15:30", "2026-11-23T15:30:00Z"],
  ["2026-11-23T15:30:59Z", "2026-11-23T15:30:59Z"],
  ["2026-11-23T15:30+02:00", "2026-11-23T13:30:00Z"],
  ["2026-13-23", null],
  ["2026-11-23T25:00", null],
  ["2026-11-23 15:30", null],
  ["23.11.2026", null],
  ["soon", null],
  ["", null],
]

for (const [text, iso] of instants) {
  test(`secondsOfInstant() ${JSON.stringify(text)}: ${iso}`, () => {
    const seconds = secondsOfInstant(text)
    assert.equal(Number.isNaN(seconds) ? null : isoTime(seconds), iso)
  })
}
