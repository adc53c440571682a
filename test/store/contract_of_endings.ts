// What every engine must pass about the ends of sessions that somebody asked for.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"
import { fill, presented, sampleSession, sidOf, start, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"
import { findSession, listRevocations, rotate } from "./session_calls.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")
const first = sampleSession("s1")

/** Defines the tests of `endSession` and `endSessions`. */
export function endingContract(engine: string, open: OpenStore): void {
  endingAllContract(engine, open)

  test(`${engine}: sessions.end() ends a session and gives it as it was`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first, sampleSession("s2")])
    await rotate(store, "s1", presented(0, start + 60))
    const before = await findSession(store, "s1")
    const window = windowAt(start + 61)
    assert.deepEqual(await store.sessions.end("s1", { window }), before)
    assert.equal(await store.sessions.end("s1", { window }), null)
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await findSession(one, "s1"), null)
      assert.deepEqual((await one.sessions.list("alice")).map(sidOf), ["s2"])
      assert.deepEqual((await listRevocations(one, start + 61)).sids, ["s1"])
      const rotated = await rotate(one, "s1", presented(1, start + 62))
      assert.deepEqual(rotated, { outcome: "gone" })
    }
  })

  test(`${engine}: sessions.end() of another user's session ends nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first, sampleSession("s2", { username: "bob" })])
    for (const ifUsername of ["bob", "Alice", ""]) {
      assert.equal(await store.sessions.end("s1", { window: windowAt(), ifUsername }), null)
    }
    assert.equal(await store.sessions.end("none", { window: windowAt(), ifUsername: "bob" }), null)
    assert.deepEqual(await store.sessions.list("alice"), [first])
    assert.deepEqual((await store.sessions.list("bob")).map(sidOf), ["s2"])
    assert.deepEqual(await listRevocations(store, start), { sids: [], jtis: [] })
    const own = { window: windowAt(), ifUsername: "alice" }
    assert.deepEqual(await store.sessions.end("s1", own), first)
  })

  test(`${engine}: sessions.end() 1000 times at once ends it once`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    const options = { window: windowAt() }
    const outcomes = await Promise.all(thousand.map(() => store.sessions.end("s1", options)))
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== null),
      [first],
    )
    assert.deepEqual((await listRevocations(store, start)).sids, ["s1"])
  })
}

function endingAllContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.endAll() ends all of a user, but for one`, async (t) => {
    const { store, reopen } = await open(t)
    const own = ["s1", "s2", "s3"].map((sid) => sampleSession(sid))
    await fill(store, [...own, sampleSession("other", { username: "bob" })])
    const window = windowAt()
    const others = await store.sessions.endAll("alice", { window, except: "s2" })
    assert.deepEqual(others.map(sidOf).sort(), ["s1", "s3"])
    assert.deepEqual((await store.sessions.list("alice")).map(sidOf), ["s2"])
    assert.deepEqual(await store.sessions.endAll("alice", { window, except: "s2" }), [])
    assert.deepEqual((await store.sessions.endAll("alice", { window, except: null })).map(sidOf), [
      "s2",
    ])
    assert.deepEqual(await store.sessions.endAll("nobody", { window }), [])
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.sessions.list("alice"), [])
      assert.deepEqual([...(await listRevocations(one, start)).sids].sort(), ["s1", "s2", "s3"])
      assert.deepEqual((await one.sessions.list("bob")).map(sidOf), ["other"])
      assert.deepEqual(await one.users.list(), [alice, bob], "the users are as before")
    }
  })
}
