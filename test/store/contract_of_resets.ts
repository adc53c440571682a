// What every engine must pass about changes of a user that end all sessions, alone and between
// other changes.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import {
  fill,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
  windowAt,
} from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"
import { findSession, listRevocations, rotate } from "./session_calls.ts"

const alice = sampleUser("alice")
const own = ["s1", "s2"].map((sid) => sampleSession(sid))
const [first = assert.fail(), second = assert.fail()] = own
const bobs = sampleSession("other", { username: "bob" })
const passwordHash = sampleHash("B")
const window = windowAt()
const tokensNotBefore = start + 1

/** Defines the tests of `users.reset` and `users.delete`. */
export function resettingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.reset() changes the user and ends all sessions`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    const user = { ...alice, disabled: true, tokensNotBefore }
    const reset = await store.users.reset("alice", { disabled: true }, { window })
    assert.deepEqual(reset, { user, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), user)
      assert.deepEqual(await sidsOf(one), { alice: [], bob: ["other"], revoked: ["s1", "s2"] })
      assert.deepEqual(await rotate(one, "s1", presented(0)), { outcome: "gone" })
    }
  })

  test(`${engine}: users.reset() with a successor leaves that one`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    const successor = sampleSession("s3")
    const reset = await store.users.reset("alice", { passwordHash }, { window, successor })
    assert.deepEqual(reset, { user: { ...alice, passwordHash, tokensNotBefore }, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await findSession(one, "s3"), successor)
      assert.deepEqual(await sidsOf(one), { alice: ["s3"], bob: ["other"], revoked: ["s1", "s2"] })
    }
  })

  test(`${engine}: users.reset() that is refused changes nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, own)
    const successor = sampleSession("s3", { username: "bob" })
    const reset = { passwordHash: sampleHash("C") }
    assert.equal(await store.users.reset("bob", reset, { window, successor }), "unknown")
    const condition = { window, successor: sampleSession("s3"), ifPasswordHash: passwordHash }
    assert.equal(await store.users.reset("alice", reset, condition), "other_hash")
    const right = { ...condition, ifPasswordHash: alice.passwordHash }
    assert.equal(await store.users.reset("alice", { disabled: true }, right), "disabled")
    assert.deepEqual(await sidsOf(store), { alice: ["s1", "s2"], bob: [], revoked: [] })
    assert.equal(await findSession(store, "s3"), null)
    assert.deepEqual(await store.users.find("alice"), alice)
    const done = await store.users.reset("alice", {}, right)
    assert.deepEqual(done, { user: { ...alice, tokensNotBefore }, ended: own })
  })

  interleavingContract(engine, open)
  orderContract(engine, open)
  deletionContract(engine, open)
}

function interleavingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.reset() with one ifPasswordHash 1000 times at once wins once`, async (t) => {
    const { store } = await open(t)
    await fill(store, own)
    const outcomes = await Promise.all(
      thousand.map((index) =>
        store.users.reset(
          "alice",
          { passwordHash },
          { window, ifPasswordHash: alice.passwordHash, successor: sampleSession(`n${index}`) },
        ),
      ),
    )
    const words = outcomes.map((outcome) => (outcome === "other_hash" ? "refused" : "reset"))
    assert.deepEqual(tally(words), { reset: 1, refused: 999 })
    const won = `n${words.indexOf("reset")}`
    assert.deepEqual(await sidsOf(store), { alice: [won], bob: [], revoked: ["s1", "s2"] })
  })
}

function orderContract(engine: string, open: OpenStore): void {
  test(`${engine}: starts before a reset at once are ended by it, those after it are refused`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const started = (sid: string, ifPasswordHash = alice.passwordHash) =>
      store.sessions.start(sampleSession(sid), startOptions({ ifPasswordHash }))
    const outcomes = await Promise.all([
      started("n1"),
      rotate(store, "s1", presented(0)),
      store.users.reset("alice", { passwordHash }, { window, successor: sampleSession("n2") }),
      started("n3"),
      started("n4", passwordHash),
      rotate(store, "s1", presented(1)),
      rotate(store, "n2", presented(0)),
      store.users.reset("alice", { disabled: true }, { window }),
      started("n5", passwordHash),
    ] as const)
    const [n1, rotated, reset, n3, n4, gone, second, disabled, n5] = outcomes
    const endings = [n1, n3, n4, n5].map((one) => one?.ended ?? null)
    assert.deepEqual(endings, [[], null, [], null])
    assert.deepEqual(
      [rotated.outcome, gone.outcome, second.outcome],
      ["rotated", "gone", "rotated"],
    )
    const endedOf = (one: typeof reset) =>
      typeof one === "string" ? one : one.ended.map(({ sid, rotations }) => [sid, rotations])
    assert.deepEqual(endedOf(reset), [
      ["s1", 1],
      ["n1", 0],
    ])
    assert.deepEqual(endedOf(disabled), [
      ["n2", 1],
      ["n4", 0],
    ])
    for await (const one of thenReopened({ store, reopen })) {
      const revoked = ["n1", "n2", "n4", "s1"]
      assert.deepEqual(await sidsOf(one), { alice: [], bob: [], revoked })
      assert.deepEqual(await one.users.find("alice"), {
        ...{ ...alice, passwordHash, disabled: true },
        tokensNotBefore,
      })
    }
  })
}

function deletionContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.delete() ends all sessions with the user`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    assert.deepEqual(await store.users.delete("alice", window), { user: alice, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.users.find("alice"), null)
      assert.equal(await findSession(one, "s1"), null)
      assert.deepEqual(await sidsOf(one), { alice: [], bob: ["other"], revoked: ["s1", "s2"] })
    }
  })

  test(`${engine}: rotations beside users.delete() leave nothing behind`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, own)
    const outcomes = await Promise.all(
      thousand.map((number) =>
        number === 500
          ? store.users.delete("alice", window).then(() => "deleted")
          : store.sessions
              .rotate("s1", presented(number < 500 ? number : number - 1))
              .then(({ outcome }) => outcome),
      ),
    )
    assert.deepEqual(tally(outcomes), { rotated: 500, deleted: 1, gone: 499 })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await sidsOf(one), { alice: [], bob: [], revoked: ["s1", "s2"] })
    }
  })

  test(`${engine}: a user added, logged in, rotated, deleted at once is decided in that order`, async (t) => {
    const { store } = await open(t)
    const [added, started, rotated, ended, none, deleted, refused] = await Promise.all([
      store.users.create(alice),
      store.sessions.start(first, startOptions()),
      rotate(store, "s1", presented(0)),
      store.sessions.endAll("alice", { window }),
      store.sessions.endAll("alice", { window }),
      store.users.delete("alice", window),
      store.sessions.start(second, startOptions()),
    ])
    assert.equal(added, "created")
    assert.deepEqual(started, { user: alice, ended: [] })
    assert.equal(rotated.outcome, "rotated")
    assert.deepEqual(
      ended.map(({ sid, rotations }) => [sid, rotations]),
      [["s1", 1]],
    )
    assert.deepEqual([none, deleted, refused], [[], { user: alice, ended: [] }, null])
    assert.deepEqual(await sidsOf(store), { alice: [], bob: [], revoked: ["s1"] })
  })
}

async function sidsOf(store: Store): Promise<Record<string, readonly string[]>> {
  const [alices, bobs] = await Promise.all([
    store.sessions.list("alice"),
    store.sessions.list("bob"),
  ])
  const { sids } = await listRevocations(store, start)
  return { alice: alices.map(sidOf).sort(), bob: bobs.map(sidOf), revoked: [...sids].sort() }
}
