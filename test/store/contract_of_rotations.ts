// What every engine must pass about the use of refresh tokens: once each, whole or not at all, and
// decided on the state right before.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../src/store/store.ts"
import { setBackContract, sharingContract } from "./contract_of_shared_sessions.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import {
  fill,
  graceSeconds,
  life,
  presented,
  sampleSession,
  sidOf,
  start,
  windowAt,
} from "./sample_session.ts"
import { findSession, listRevocations, type Rotated, rotate } from "./session_calls.ts"

const first = sampleSession("s1")
const day = 86_400

/** Defines the tests of `rotateSession`. */
export function rotatingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.rotate() moves a session on by one and gives it, frozen`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const at = start + 600
    const session = {
      ...first,
      ...{ lastUsedAt: at, rotatedAt: at },
      idleExpiresAt: at + life.idleSeconds,
      rotations: 1,
      address: "198.51.100.9",
      userAgent: "Other/2.0",
      usedBefore: { at: start, address: "192.0.2.7", userAgent: "Browser/1.0" },
    }
    const rotated = await rotate(store, "s1", presented(0, at))
    assert.deepEqual(rotated, { outcome: "rotated", session })
    for await (const one of thenReopened({ store, reopen })) {
      const found = await findSession(one, "s1")
      assert.deepEqual(found, session)
      assert.ok(Object.isFrozen(found) && Object.isFrozen(found?.usedBefore))
      assert.deepEqual(await one.sessions.list("alice"), [session])
      assert.deepEqual(await listRevocations(one, at), { sids: [], jtis: [] })
    }
  })

  test(`${engine}: sessions.rotate() never moves the absolute end out`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    let number = 0
    let at = start
    const longer = { idleSeconds: 2 * day, maxAgeSeconds: 100 * day }
    for (at = start + day - 1; at < first.expiresAt; at += day - 1) {
      const use = { ...presented(number, at), life: longer }
      const rotated = await rotate(store, "s1", use)
      assert.equal(rotated.outcome, "rotated", `${at - start}`)
      const { expiresAt, idleExpiresAt } = sessionOf(rotated)
      assert.equal(expiresAt, first.expiresAt)
      assert.equal(idleExpiresAt, Math.min(at + 2 * day, first.expiresAt))
      number += 1
    }
    const late = await rotate(store, "s1", { ...presented(number, at), life: longer })
    assert.equal(late.outcome, "expired")
  })

  test(`${engine}: sessions.rotate() under a shorter life moves the absolute end in`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const shorter = { idleSeconds: day, maxAgeSeconds: 3600 }
    const use = { ...presented(0, start + 60), life: shorter }
    const { expiresAt, idleExpiresAt } = sessionOf(await rotate(store, "s1", use))
    assert.deepEqual([expiresAt, idleExpiresAt], [start + 3600, start + 3600])
  })

  replayContract(engine, open)
  sharingContract(engine, open)
  setBackContract(engine, open)
  reuseContract(engine, open)
  raceContract(engine, open)
  orderContract(engine, open)
}

function replayContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.rotate() of the parent, in time, gives the same and changes nothing`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const at = start + 600
    await rotate(store, "s1", presented(0, at))
    const session = await findSession(store, "s1")
    for (const since of [0, 1, graceSeconds, -1, -graceSeconds]) {
      const replayed = await rotate(store, "s1", presented(0, at + since))
      assert.deepEqual(replayed, { outcome: "replayed", session }, `${since}`)
      assert.deepEqual(await findSession(store, "s1"), session, `${since}`)
    }
    const again = await reopen()
    const replayed = await rotate(again, "s1", presented(0, at + graceSeconds))
    assert.deepEqual(replayed, { outcome: "replayed", session })
    const next = await rotate(again, "s1", presented(1, at + graceSeconds))
    assert.equal(next.outcome, "rotated")
    assert.equal(sessionOf(next).rotations, 2)
  })

  test(`${engine}: sessions.rotate() of a token that a session replaced takes the token as the parent`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const own = { address: first.address, userAgent: first.userAgent }
    const use = { ...presented(-1, start + graceSeconds), ...own }
    assert.deepEqual(await rotate(store, "s1", use), { outcome: "replayed", session: first })
    const shared = { ...first, sharedRun: 1 }
    const others = await rotate(store, "s1", presented(-1, start + graceSeconds))
    assert.deepEqual(others, { outcome: "replayed", session: shared })
    const late = await rotate(store, "s1", presented(-1, start + graceSeconds + 1))
    assert.deepEqual(late, { outcome: "reused", session: shared })
    assert.equal(await findSession(store, "s1"), null)
  })

  test(`${engine}: sessions.rotate() of an expired session changes nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    for (const [number, at] of [
      [0, first.idleExpiresAt],
      [7, first.idleExpiresAt],
    ] as const) {
      const expired = await rotate(store, "s1", presented(number, at))
      assert.deepEqual(expired, { outcome: "expired", session: first }, `${at - start}`)
    }
    const ahead = await rotate(store, "s1", presented(7, start - 2 * day - 1))
    assert.deepEqual(ahead, { outcome: "ahead", session: first })
    assert.deepEqual(await findSession(store, "s1"), first)
    assert.deepEqual(await listRevocations(store, start), { sids: [], jtis: [] })
    const last = await rotate(store, "s1", presented(0, first.idleExpiresAt - 1))
    assert.equal(last.outcome, "rotated")
  })

  test(`${engine}: sessions.rotate() of a sid without a session says "gone"`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    for (const sid of ["none", "S1", "", "__proto__", "alice"]) {
      assert.deepEqual(await rotate(store, sid, presented(0)), { outcome: "gone" }, sid)
    }
  })
}

const reuses: readonly (readonly [name: string, number: number, since: number])[] = [
  ["the parent after its time", 1, graceSeconds + 1],
  ["the parent, the clock set back further than its time", 1, -graceSeconds - 1],
  ["the parent's parent at once", 0, 0],
  ["one before the first", -1, 0],
]

function reuseContract(engine: string, open: OpenStore): void {
  for (const [name, number, since] of reuses) {
    test(`${engine}: sessions.rotate() of ${name} ends the session for good`, async (t) => {
      const { store, reopen } = await open(t)
      await fill(store, [first, sampleSession("s2")])
      const at = start + 600
      for (const current of [0, 1]) await rotate(store, "s1", presented(current, at))
      const session = await findSession(store, "s1")
      const before = await reopen()
      const reused = await rotate(before, "s1", presented(number, at + since))
      assert.deepEqual(reused, { outcome: "reused", session })
      for await (const one of thenReopened({ store: before, reopen })) {
        assert.equal(await findSession(one, "s1"), null)
        assert.deepEqual((await one.sessions.list("alice")).map(sidOf), ["s2"])
        assert.deepEqual((await listRevocations(one, at + since)).sids, ["s1"])
        for (const used of [0, 1, 2, 3, 99]) {
          const gone = await rotate(one, "s1", presented(used, at + since))
          assert.deepEqual(gone, { outcome: "gone" }, `number ${used}`)
        }
      }
    })
  }

  test(`${engine}: sessions.rotate() without a grace accepts no parent`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const window = { ...windowAt(), graceSeconds: 0 }
    const use = { ...presented(0), window }
    const outcomes = [await rotate(store, "s1", use), await rotate(store, "s1", use)].map(
      ({ outcome }) => outcome,
    )
    assert.deepEqual(outcomes, ["rotated", "reused"])
  })
}

function raceContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.rotate() of one number 1000 times at once rotates once`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const outcomes = await Promise.all(
      thousand.map((index) => rotate(store, "s1", { ...presented(0), userAgent: `tab ${index}` })),
    )
    assert.deepEqual(words(outcomes), { rotated: 1, replayed: 999 })
    const rotated = sessionOf(outcomes.find(({ outcome }) => outcome === "rotated"))
    for (const outcome of outcomes) assert.deepEqual(sessionOf(outcome), rotated)
    assert.equal(rotated.rotations, 1)
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await findSession(one, "s1"), rotated)
    }
  })

  test(`${engine}: sessions.rotate() of an old number 1000 times at once ends once`, async (t) => {
    const { store } = await open(t)
    await fill(store, [{ ...first, rotations: 5 }])
    const outcomes = await Promise.all(thousand.map(() => rotate(store, "s1", presented(3))))
    assert.deepEqual(words(outcomes), { reused: 1, gone: 999 })
    assert.deepEqual((await listRevocations(store, start)).sids, ["s1"])
  })

  test(`${engine}: sessions.rotate() of consecutive numbers at once rotates once for each`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const outcomes = await Promise.all(
      thousand.map((number) => rotate(store, "s1", presented(number))),
    )
    assert.deepEqual(words(outcomes), { rotated: 1000 })
    const numbers = outcomes.map((outcome) => sessionOf(outcome).rotations)
    assert.deepEqual(
      numbers,
      thousand.map((number) => number + 1),
    )
  })
}

function orderContract(engine: string, open: OpenStore): void {
  test(`${engine}: rotations of two sessions at once do not affect each other`, async (t) => {
    const { store } = await open(t)
    const bobs = sampleSession("s2", { username: "bob" })
    await fill(store, [first, bobs])
    const outcomes = await Promise.all(
      thousand.map((index) => rotate(store, index % 2 === 0 ? "s1" : "s2", presented(0))),
    )
    assert.deepEqual(words(outcomes), { rotated: 2, replayed: 998 })
    for (const [index, outcome] of outcomes.entries()) {
      const { sid, username } = sessionOf(outcome)
      const expected = index % 2 === 0 ? ["s1", "alice"] : ["s2", "bob"]
      assert.deepEqual([sid, username], expected, `${index}`)
    }
  })

  test(`${engine}: rotations and ends at once are decided in their order`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const outcomes = await Promise.all([
      rotate(store, "s1", presented(0)),
      rotate(store, "s1", presented(1)),
      rotate(store, "s1", presented(1)),
      store.sessions.end("s1", { window: windowAt() }),
      rotate(store, "s1", presented(2)),
      store.sessions.end("s1", { window: windowAt() }),
    ] as const)
    const [one, two, replayed, ended, gone, none] = outcomes
    assert.deepEqual(words([one, two, replayed, gone]), { rotated: 2, replayed: 1, gone: 1 })
    assert.deepEqual([sessionOf(one).rotations, sessionOf(two).rotations], [1, 2])
    assert.equal(ended?.rotations, 2)
    assert.equal(none, null)
    assert.deepEqual(await leftOf(store), [])
  })
}

async function leftOf(store: Store): Promise<readonly string[]> {
  return (await store.sessions.list("alice")).map(sidOf)
}

function words(outcomes: readonly Rotated[]): Record<string, number> {
  return tally(outcomes.map(({ outcome }) => outcome))
}

function sessionOf(
  outcome: Rotated | undefined,
): Exclude<Rotated, { readonly outcome: "gone" }>["session"] {
  assert.ok(outcome !== undefined && outcome.outcome !== "gone")
  return outcome.session
}
