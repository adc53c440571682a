import assert from "node:assert/strict"
import { test } from "node:test"
import { expiryOf, isAlive, judge, type Presented } from "../../src/store/session.ts"
import { graceSeconds, life, sampleSession, start } from "./sample_session.ts"

const hour = 3600
const day = 24 * hour
const session = sampleSession("s1")

const moments: readonly (readonly [name: string, at: number, alive: boolean])[] = [
  ["at its start", start, true],
  ["in its last second", session.idleExpiresAt - 1, true],
  ["at its idle end", session.idleExpiresAt, false],
  ["at its absolute end", session.expiresAt, false],
  ["long after", start + 3650 * day, false],
  ["when the clock was set back by an hour", start - hour, true],
  ["when the clock was set back by two days", start - 2 * day, true],
  ["when the clock was set back by more", start - 2 * day - 1, false],
  ["when the clock was a year ahead at its start", start - 365 * day, false],
]

for (const [name, at, alive] of moments) {
  test(`isAlive() ${name}: ${alive}`, () => {
    assert.equal(isAlive(session, at), alive)
  })
}

// Everything in seconds after `start`; a session lives for a day unused, for a week at most.
const expiries: readonly (readonly [
  name: string,
  times: { readonly started: number; readonly used: number; readonly endsBy?: number },
  ends: { readonly idle: number; readonly absolute: number },
])[] = [
  ["at its start", { started: 0, used: 0 }, { idle: day, absolute: 7 * day }],
  ["after a use", { started: 0, used: 5 * day }, { idle: 6 * day, absolute: 7 * day }],
  ["used on its last day", { started: 0, used: 6.5 * day }, { idle: 7 * day, absolute: 7 * day }],
  ["used after its end", { started: 0, used: 9 * day }, { idle: 7 * day, absolute: 7 * day }],
  ["used by a clock set back", { started: 0, used: -day }, { idle: 0, absolute: 6 * day }],
  [
    "that was to end before",
    { started: 0, used: 5 * day, endsBy: 5.5 * day },
    { idle: 5.5 * day, absolute: 5.5 * day },
  ],
  [
    "that was to end later",
    { started: 0, used: day, endsBy: 30 * day },
    { idle: 2 * day, absolute: 7 * day },
  ],
]

for (const [name, { started, used, endsBy }, { idle, absolute }] of expiries) {
  test(`expiryOf() a session ${name}`, () => {
    const times = {
      startedAt: start + started,
      usedAt: start + used,
      ...(endsBy === undefined ? {} : { endsBy: start + endsBy }),
    }
    assert.deepEqual(expiryOf(times, life), {
      idleExpiresAt: start + idle,
      expiresAt: start + absolute,
    })
  })
}

test("expiryOf() of a session that starts ahead of the clock never moves the end out again", () => {
  const startedAt = start + 1.5 * day
  let { expiresAt } = expiryOf({ startedAt, usedAt: start }, life)
  assert.equal(expiresAt, start + 7 * day, "a week by the clock that was right")
  for (let usedAt = start + hour; usedAt < expiresAt; usedAt += 20 * hour) {
    const next = expiryOf({ startedAt, usedAt, endsBy: expiresAt }, life)
    assert.ok(next.idleExpiresAt <= next.expiresAt)
    expiresAt = next.expiresAt
    assert.equal(expiresAt, start + 7 * day)
  }
})

// Of a session that was rotated three times, the last time at `start`.
const judgements: readonly (readonly [
  name: string,
  number: number,
  since: number,
  outcome: Presented,
])[] = [
  ["the current one at once", 3, 0, "current"],
  ["the current one much later", 3, day - 1, "current"],
  ["the current one, the clock set back", 3, -day, "current"],
  ["the current one when it has expired", 3, day, "expired"],
  ["the parent at once", 2, 0, "parent"],
  ["the parent in its last second", 2, graceSeconds, "parent"],
  ["the parent a second too late", 2, graceSeconds + 1, "reused"],
  ["the parent, the clock set back a little", 2, -graceSeconds, "parent"],
  ["the parent, the clock set back further", 2, -graceSeconds - 1, "reused"],
  ["the parent when the session has expired", 2, day, "expired"],
  ["the parent's parent", 1, 0, "reused"],
  ["the first", 0, 0, "reused"],
  ["what the session took the place of", -1, 0, "reused"],
  ["one that was never given", 4, 0, "reused"],
  ["an old one when the session has expired", 0, day, "expired"],
  ["one of a session dated ahead", 3, -2 * day - 1, "ahead"],
]

for (const [name, number, since, outcome] of judgements) {
  test(`judge() ${name}: ${outcome}`, () => {
    const rotated = { ...session, rotations: 3 }
    assert.equal(judge(rotated, number, { now: start + since, graceSeconds }), outcome)
  })
}

test("judge() without a grace has no parent that is good", () => {
  const rotated = { ...session, rotations: 3 }
  const now = { now: start, graceSeconds: 0 }
  assert.deepEqual([judge(rotated, 3, now), judge(rotated, 2, now)], ["current", "reused"])
})
