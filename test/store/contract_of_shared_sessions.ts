// What every engine must pass about a session that two clients go on with, or whose store was
// replaced by an older copy.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "../../src/domain/session.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { fill, graceSeconds, presented, sampleSession, start, windowAt } from "./sample_session.ts"
import { findSession, listRevocations, type Rotated, rotate } from "./session_calls.ts"

const first = sampleSession("s1")
const owner: Client = { address: first.address, userAgent: first.userAgent }
const thief: Client = { address: "198.51.100.9", userAgent: "curl/8" }

/** Uses the refresh token of a number, by a client, so many seconds after the start. */
function use(
  store: Store,
  number: number,
  { by, since = 0 }: { readonly by: Client; readonly since?: number },
): Promise<Rotated> {
  return rotate(store, "s1", { ...presented(number, start + since), ...by })
}

/** Has both use the token of a number, and gives what became of it. */
async function share(
  store: Store,
  number: number,
  [one, other]: readonly [Client, Client] = [owner, thief],
): Promise<readonly string[]> {
  const uses = [await use(store, number, { by: one }), await use(store, number, { by: other })]
  return uses.map(({ outcome }) => outcome)
}

const bothGoOn = ["rotated", "replayed"]
const isFoundOut = ["rotated", "reused"]

/** Defines the tests of a parent that another client presents. */
export function sharingContract(engine: string, open: OpenStore): void {
  theftContract(engine, open)
  test(`${engine}: sessions.rotate() of a shared token writes that once for a generation`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const rotated = await use(store, 0, { by: owner })
    assert.ok(rotated.outcome === "rotated")
    const session = { ...rotated.session, sharedRotation: 1, sharedRun: 1 }
    for (const one of [store, store]) {
      const replayed = await use(one, 0, { by: thief, since: graceSeconds })
      assert.deepEqual(replayed, { outcome: "replayed", session })
      assert.deepEqual(await findSession(one, "s1"), session)
      assert.ok(Object.isFrozen(await findSession(one, "s1")))
    }
    const again = await reopen()
    assert.deepEqual(await findSession(again, "s1"), session)
    const replayed = await use(again, 0, { by: thief, since: graceSeconds })
    assert.deepEqual(replayed, { outcome: "replayed", session })
  })

  test(`${engine}: sessions.rotate() counts again after a generation of one client`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    for (const [number, expected] of [bothGoOn, bothGoOn, null, bothGoOn, bothGoOn].entries()) {
      if (expected !== null) assert.deepEqual(await share(store, number), expected)
      else assert.deepEqual(await share(store, number, [owner, owner]), bothGoOn)
    }
    assert.deepEqual(await share(store, 5), isFoundOut)
  })

  test(`${engine}: sessions.rotate() of tabs, and of a phone that changes networks, is no theft`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const roaming = { ...owner, address: "2001:db8::7" }
    for (let number = 0; number < 9; number += 1) {
      assert.deepEqual(await share(store, number, [owner, roaming]), bothGoOn)
    }
    assert.equal((await findSession(store, "s1"))?.sharedRun, 0)
  })

  test(`${engine}: sessions.rotate() of a shared token 1000 times at once counts once`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const outcomes = await Promise.all(
      thousand.map((index) => use(store, 0, { by: index % 2 === 0 ? owner : thief })),
    )
    const words = outcomes.map(({ outcome }) => outcome)
    assert.deepEqual(tally(words), { rotated: 1, replayed: 999 })
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal((await findSession(one, "s1"))?.sharedRun, 1)
    }
  })
}

function theftContract(engine: string, open: OpenStore): void {
  for (const [name, turns] of [
    ["by the owner first", [false, false, false]],
    ["by the thief first", [true, true, true]],
    ["by either first", [false, true, false]],
  ] as const) {
    test(`${engine}: sessions.rotate() shared ${name} is theft in the third generation`, async (t) => {
      const { store, reopen } = await open(t)
      await fill(store, [first, sampleSession("s2")])
      let one = store
      for (const [number, thiefFirst] of turns.entries()) {
        const outcomes = await share(one, number, thiefFirst ? [thief, owner] : [owner, thief])
        assert.deepEqual(outcomes, number === 2 ? isFoundOut : bothGoOn)
        // The count is on the disk.
        one = await reopen()
      }
      for await (const later of thenReopened({ store: one, reopen })) {
        assert.equal(await findSession(later, "s1"), null)
        assert.deepEqual((await listRevocations(later, start)).sids, ["s1"])
        assert.ok((await findSession(later, "s2")) !== null)
        for (const number of [2, 3]) {
          assert.deepEqual(await use(later, number, { by: owner }), { outcome: "gone" })
        }
      }
    })
  }
}

/** Defines the tests of tokens that are newer than the store. */
export function setBackContract(engine: string, open: OpenStore): void {
  setBackTheftContract(engine, open)
  for (const number of [4, 5, 1_000_000]) {
    test(`${engine}: sessions.rotate() of number ${number} after 3 goes on from there`, async (t) => {
      const { store, reopen } = await open(t)
      await fill(store, [{ ...first, rotations: 3 }])
      const outcome = await use(store, number, { by: owner })
      assert.equal(outcome.outcome, "set_back")
      let one = store
      for (const _ of ["at once", "after a restart"]) {
        assert.equal((await findSession(one, "s1"))?.rotations, number + 1)
        // As after any rotation: the parent for a short time.
        const replayed = await use(one, number, { by: owner, since: graceSeconds })
        assert.equal(replayed.outcome, "replayed")
        one = await reopen()
      }
      assert.equal((await use(one, number + 1, { by: owner })).outcome, "rotated")
    })
  }

  test(`${engine}: sessions.rotate() of a newer number 1000 times at once sets back once`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const outcomes = await Promise.all(thousand.map(() => use(store, 7, { by: owner })))
    const words = outcomes.map(({ outcome }) => outcome)
    assert.deepEqual(tally(words), { set_back: 1, replayed: 999 })
  })

  test(`${engine}: sessions.rotate() of a newer number brings back no session that is not there`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    await store.sessions.end("s1", { window: windowAt() })
    assert.deepEqual(await use(store, 9, { by: owner }), { outcome: "gone" })
    await fill(store, [first])
    const late = await use(store, 9, { by: owner, since: first.idleExpiresAt - start })
    assert.equal(late.outcome, "expired")
  })

  test(`${engine}: sessions.rotate() without a grace goes on from a newer number, too`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const window = { ...windowAt(), graceSeconds: 0 }
    const outcomes = [7, 7].map((number) =>
      rotate(store, "s1", { ...presented(number), ...owner, window }),
    )
    const words = (await Promise.all(outcomes)).map(({ outcome }) => outcome)
    assert.deepEqual(words, ["set_back", "reused"])
  })
}

function setBackTheftContract(engine: string, open: OpenStore): void {
  for (const number of [2, 3, 4, 8]) {
    test(`${engine}: sessions.rotate() of number ${number} after 3 was set back to 9 is theft`, async (t) => {
      const { store } = await open(t)
      await fill(store, [{ ...first, rotations: 3 }])
      assert.equal((await use(store, 9, { by: owner })).outcome, "set_back")
      assert.equal((await use(store, number, { by: thief })).outcome, "reused")
      assert.equal(await findSession(store, "s1"), null)
      assert.deepEqual(await use(store, 10, { by: owner }), { outcome: "gone" })
    })
  }

  test(`${engine}: sessions.rotate() set back by a parent whose time is over is theft`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    assert.equal((await use(store, 9, { by: owner })).outcome, "set_back")
    const late = await use(store, 9, { by: owner, since: graceSeconds + 1 })
    assert.equal(late.outcome, "reused")
  })

  test(`${engine}: sessions.rotate() by two clients with tokens from before the copy finds the second`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    // The thief's was used up before the copy was restored, the owner's was not.
    assert.equal((await use(store, 4, { by: thief })).outcome, "set_back")
    assert.equal((await use(store, 8, { by: owner })).outcome, "set_back")
    assert.equal((await use(store, 5, { by: thief })).outcome, "reused")
  })
}
