// What every engine must pass about the ends of sessions that somebody asked for.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"
import { endingAt, fill, presented, sampleSession, sidOf, start } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")
const first = sampleSession("s1")

/** Defines the tests of `endSession` and `endSessions`. */
export function endingContract(engine: string, open: OpenStore): void {
  endingAllContract(engine, open)

  test(`${engine}: endSession() ends a session and gives it as it was`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first, sampleSession("s2")])
    await store.rotateSession("s1", presented(0, start + 60))
    const before = await store.findSession("s1")
    const ending = endingAt(start + 61)
    assert.deepEqual(await store.endSession("s1", { ending }), before)
    assert.equal(await store.endSession("s1", { ending }), null)
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.findSession("s1"), null)
      assert.deepEqual((await one.listSessions("alice")).map(sidOf), ["s2"])
      assert.deepEqual((await one.listRevocations(start + 61)).sids, ["s1"])
      const rotated = await one.rotateSession("s1", presented(1, start + 62))
      assert.deepEqual(rotated, { outcome: "gone" })
    }
  })

  test(`${engine}: endSession() of another user's session ends nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first, sampleSession("s2", { username: "bob" })])
    for (const ifUsername of ["bob", "Alice", ""]) {
      assert.equal(await store.endSession("s1", { ending: endingAt(), ifUsername }), null)
    }
    assert.equal(await store.endSession("none", { ending: endingAt(), ifUsername: "bob" }), null)
    assert.deepEqual(await store.listSessions("alice"), [first])
    assert.deepEqual((await store.listSessions("bob")).map(sidOf), ["s2"])
    assert.deepEqual(await store.listRevocations(start), { sids: [], jtis: [] })
    const own = { ending: endingAt(), ifUsername: "alice" }
    assert.deepEqual(await store.endSession("s1", own), first)
  })

  test(`${engine}: endSession() 1000 times at once ends it once`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const options = { ending: endingAt() }
    const outcomes = await Promise.all(thousand.map(() => store.endSession("s1", options)))
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== null),
      [first],
    )
    assert.deepEqual((await store.listRevocations(start)).sids, ["s1"])
  })
}

function endingAllContract(engine: string, open: OpenStore): void {
  test(`${engine}: endSessions() ends all of a user, but for one`, async (t) => {
    const { store, reopen } = await open(t)
    const own = ["s1", "s2", "s3"].map((sid) => sampleSession(sid))
    await fill(store, [...own, sampleSession("other", { username: "bob" })])
    const ending = endingAt()
    const others = await store.endSessions("alice", { ending, except: "s2" })
    assert.deepEqual(others.map(sidOf).sort(), ["s1", "s3"])
    assert.deepEqual((await store.listSessions("alice")).map(sidOf), ["s2"])
    assert.deepEqual(await store.endSessions("alice", { ending, except: "s2" }), [])
    assert.deepEqual((await store.endSessions("alice", { ending, except: null })).map(sidOf), [
      "s2",
    ])
    assert.deepEqual(await store.endSessions("nobody", { ending }), [])
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.listSessions("alice"), [])
      assert.deepEqual([...(await one.listRevocations(start)).sids].sort(), ["s1", "s2", "s3"])
      assert.deepEqual((await one.listSessions("bob")).map(sidOf), ["other"])
      assert.deepEqual(await one.listUsers(), [alice, bob], "the users are as before")
    }
  })
}
