// What every engine must pass about changes of a user that end all sessions, alone and between
// other changes.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import {
  endingAt,
  fill,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
} from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const own = ["s1", "s2"].map((sid) => sampleSession(sid))
const [first = assert.fail(), second = assert.fail()] = own
const bobs = sampleSession("other", { username: "bob" })
const passwordHash = sampleHash("B")
const ending = endingAt()

/** Defines the tests of `resetUser` and `deleteUser`. */
export function resettingContract(engine: string, open: OpenStore): void {
  test(`${engine}: resetUser() changes the user and ends all sessions`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    const change = { disabled: true, tokensNotBefore: start }
    const user = { ...alice, ...change }
    assert.deepEqual(await store.resetUser("alice", change, { ending }), { user, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.findUser("alice"), user)
      assert.deepEqual(await sidsOf(one), { alice: [], bob: ["other"], revoked: ["s1", "s2"] })
      assert.deepEqual(await one.rotateSession("s1", presented(0)), { outcome: "gone" })
    }
  })

  test(`${engine}: resetUser() with a successor leaves that one`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    const successor = sampleSession("s3")
    const reset = await store.resetUser("alice", { passwordHash }, { ending, successor })
    assert.deepEqual(reset, { user: { ...alice, passwordHash }, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.findSession("s3"), successor)
      assert.deepEqual(await sidsOf(one), { alice: ["s3"], bob: ["other"], revoked: ["s1", "s2"] })
    }
  })

  test(`${engine}: resetUser() that finds no such user changes nothing`, async (t) => {
    const { store } = await open(t)
    await fill(store, own)
    const successor = sampleSession("s3", { username: "bob" })
    const change = { disabled: true }
    assert.equal(await store.resetUser("bob", change, { ending, successor }), null)
    const condition = { ending, successor: sampleSession("s3"), ifPasswordHash: passwordHash }
    assert.equal(await store.resetUser("alice", change, condition), null)
    assert.deepEqual(await sidsOf(store), { alice: ["s1", "s2"], bob: [], revoked: [] })
    assert.equal(await store.findSession("s3"), null)
    assert.deepEqual(await store.findUser("alice"), alice)
    const right = { ...condition, ifPasswordHash: alice.passwordHash }
    const reset = await store.resetUser("alice", () => ({}), right)
    assert.deepEqual(reset, { user: alice, ended: own })
  })

  interleavingContract(engine, open)
  deletionContract(engine, open)
}

function interleavingContract(engine: string, open: OpenStore): void {
  test(`${engine}: resetUser() with one ifPasswordHash 1000 times at once wins once`, async (t) => {
    const { store } = await open(t)
    await fill(store, own)
    const outcomes = await Promise.all(
      thousand.map((index) =>
        store.resetUser(
          "alice",
          { passwordHash },
          { ending, ifPasswordHash: alice.passwordHash, successor: sampleSession(`n${index}`) },
        ),
      ),
    )
    const words = outcomes.map((outcome) => (outcome === null ? "refused" : "reset"))
    assert.deepEqual(tally(words), { reset: 1, refused: 999 })
    const won = `n${words.indexOf("reset")}`
    assert.deepEqual(await sidsOf(store), { alice: [won], bob: [], revoked: ["s1", "s2"] })
  })

  test(`${engine}: starts before a reset at once are ended by it, those after it are refused`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [first])
    const started = (sid: string, ifPasswordHash = alice.passwordHash) =>
      store.startSession(sampleSession(sid), startOptions({ ifPasswordHash }))
    const outcomes = await Promise.all([
      started("n1"),
      store.rotateSession("s1", presented(0)),
      store.resetUser("alice", { passwordHash }, { ending, successor: sampleSession("n2") }),
      started("n3"),
      started("n4", passwordHash),
      store.rotateSession("s1", presented(1)),
      store.rotateSession("n2", presented(0)),
      store.resetUser("alice", { disabled: true }, { ending }),
      started("n5", passwordHash),
    ] as const)
    const [n1, rotated, reset, n3, n4, gone, second, disabled, n5] = outcomes
    assert.deepEqual([n1, n3, n4, n5], [{ ended: [] }, null, { ended: [] }, null])
    assert.deepEqual(
      [rotated.outcome, gone.outcome, second.outcome],
      ["rotated", "gone", "rotated"],
    )
    const endedOf = (one: typeof reset) => one?.ended.map(({ sid, rotations }) => [sid, rotations])
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
      assert.deepEqual(await one.findUser("alice"), { ...alice, passwordHash, disabled: true })
    }
  })
}

function deletionContract(engine: string, open: OpenStore): void {
  test(`${engine}: deleteUser() ends all sessions with the user`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [...own, bobs])
    assert.deepEqual(await store.deleteUser("alice", ending), { user: alice, ended: own })
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.findUser("alice"), null)
      assert.equal(await one.findSession("s1"), null)
      assert.deepEqual(await sidsOf(one), { alice: [], bob: ["other"], revoked: ["s1", "s2"] })
    }
  })

  test(`${engine}: rotations beside deleteUser() leave nothing behind`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, own)
    const outcomes = await Promise.all(
      thousand.map((number) =>
        number === 500
          ? store.deleteUser("alice", ending).then(() => "deleted")
          : store
              .rotateSession("s1", presented(number < 500 ? number : number - 1))
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
      store.addUser(alice),
      store.startSession(first, startOptions()),
      store.rotateSession("s1", presented(0)),
      store.endSessions("alice", { ending }),
      store.endSessions("alice", { ending }),
      store.deleteUser("alice", ending),
      store.startSession(second, startOptions()),
    ])
    assert.equal(added, "added")
    assert.deepEqual(started, { ended: [] })
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
  const [alices, bobs] = await Promise.all([store.listSessions("alice"), store.listSessions("bob")])
  const { sids } = await store.listRevocations(start)
  return { alice: alices.map(sidOf).sort(), bob: bobs.map(sidOf), revoked: [...sids].sort() }
}
