import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type AssuranceLevel,
  assuranceOf,
  expiryOf,
  isAlive,
  judge,
  listedUse,
  moveOn,
  type Presented,
  type Session,
} from "../../src/domain/session.ts"
import { graceSeconds, life, sampleSession, start } from "../store/sample_session.ts"

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

const assurances: readonly (readonly [
  name: string,
  factorAt: number | null,
  at: number,
  level: AssuranceLevel,
])[] = [
  ["without a factor", null, start, "aal1"],
  ["right after its factor", start, start, "aal2"],
  ["in the last second of its factor", start, start + day - 1, "aal2"],
  ["a day after its factor", start, start + day, "aal1"],
  ["whose factor is long ago", start - 3650 * day, start, "aal1"],
  ["when the clock was set back", start, start - hour, "aal2"],
]

for (const [name, factorAt, at, level] of assurances) {
  test(`assuranceOf() a session ${name}: ${level}`, () => {
    assert.equal(assuranceOf({ factorAt }, at), level)
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
  ["one that is newer", 4, 0, "newer"],
  ["one that is far newer", 1_000_000, day - 1, "newer"],
  ["one that is newer, the clock set back", 4, -day, "newer"],
  ["one that is newer when the session has expired", 4, day, "expired"],
  ["one that is newer of a session dated ahead", 4, -2 * day - 1, "ahead"],
  ["the last that has a successor", 2 ** 48 - 2, 0, "newer"],
  ["the last number of all", 2 ** 48 - 1, 0, "reused"],
  ["an old one when the session has expired", 0, day, "expired"],
  ["one of a session dated ahead", 3, -2 * day - 1, "ahead"],
]

const own = { address: session.address, userAgent: session.userAgent }
const thief = { address: "198.51.100.9", userAgent: "curl/8" }

for (const [name, number, since, outcome] of judgements) {
  test(`judge() ${name}: ${outcome}`, () => {
    const rotated = { ...session, rotations: 3 }
    const at = { at: start + since, steadyAt: start + since, graceSeconds }
    assert.equal(judge(rotated, { presented: number, ...own }, at), outcome)
  })
}

test("judge() measures the grace by the steady clock, wherever the other is set to", () => {
  const rotated = { ...session, rotations: 3 }
  const parent = { presented: 2, ...own }
  for (const at of [start - day, start, start + hour]) {
    for (const [since, outcome] of [
      [graceSeconds, "parent"],
      [graceSeconds + 1, "reused"],
    ] as const) {
      const steadyAt = rotated.rotatedAt + since
      assert.equal(judge(rotated, parent, { at, steadyAt, graceSeconds }), outcome, `${at}`)
    }
  }
})

test("judge() without a grace has no parent that is good", () => {
  const rotated = { ...session, rotations: 3 }
  const now = { at: start, steadyAt: start, graceSeconds: 0 }
  const judged = [3, 2].map((presented) => judge(rotated, { presented, ...own }, now))
  assert.deepEqual(judged, ["current", "reused"])
})

test("moveOn() continues after the presented number, and keeps the use before", () => {
  const now = start + hour
  const steadyAt = now + 7
  const moved = moveOn(session, { presented: 41, ...thief }, { at: now, steadyAt, life })
  assert.deepEqual(moved, {
    ...session,
    ...thief,
    ...{
      lastUsedAt: now,
      rotatedAt: steadyAt,
      idleExpiresAt: now + life.idleSeconds,
      rotations: 42,
    },
    usedBefore: { at: start, ...own },
  })
  assert.ok(Object.isFrozen(moved) && Object.isFrozen(moved.usedBefore))
})

// Seconds after `start`, when ten minutes begin: uses, and what a list shows of them.
const listings: readonly (readonly [
  name: string,
  uses: readonly number[],
  at: number,
  shownAt: number,
])[] = [
  ["the login at once", [], 30, 0],
  ["the login much later", [], 5000, 0],
  ["not a use in the same ten minutes", [60], 90, 0],
  ["not a use in these ten minutes", [700], 700, 0],
  ["not a use in these ten minutes, to the last second", [700], 1199, 0],
  ["a use of the ten minutes before", [700], 1200, 600],
  ["the last of several uses, when they are over", [700, 800, 1100], 1200, 600],
  ["the last use before these ten minutes", [700, 1250, 1260, 1300], 1310, 600],
  ["a use of long ago", [700], 50_000, 600],
  ["not a use by a clock that was ahead", [9000], 700, 0],
]

for (const [name, uses, at, shownAt] of listings) {
  test(`listedUse() shows ${name}`, () => {
    let used: Session = { ...session, address: "0", userAgent: "0" }
    for (const use of uses) {
      const client = { presented: used.rotations, address: `${use}`, userAgent: `${use}` }
      used = moveOn(used, client, { at: start + use, steadyAt: start, life })
    }
    const listed = listedUse(used, start + at)
    assert.equal(listed.at, start + shownAt)
    const by = Math.max(0, ...uses.filter((use) => use - (use % 600) <= shownAt && shownAt > 0))
    assert.deepEqual([listed.address, listed.userAgent], [`${by}`, `${by}`])
  })
}

test("listedUse() changes at the beginning of ten minutes and never at a use", () => {
  let used: Session = session
  let before = JSON.stringify(listedUse(used, start))
  let changes = 0
  for (let second = 1; second <= 7200; second += 1) {
    const now = start + second
    // Asks each quarter of an hour, each time from elsewhere.
    if (second % 890 === 0) {
      const client = {
        presented: used.rotations,
        address: `192.0.2.${second / 890}`,
        userAgent: "",
      }
      used = moveOn(used, client, { at: now, steadyAt: now, life })
    }
    const after = JSON.stringify(listedUse(used, now))
    if (after === before) continue
    assert.equal(second % 600, 0)
    before = after
    changes += 1
  }
  assert.equal(changes, 8)
})
