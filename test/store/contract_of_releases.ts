// What every engine must pass: names of deleted users that are released.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { start, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests of `releaseName`. */
export function releasingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.release() lets the name of a deleted user be given again, to one`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.users.create(alice)
    await store.users.delete("alice", windowAt(start))
    assert.equal(await store.users.release("alice"), true)
    assert.equal(await store.users.release("alice"), true)
    const again = await opened.reopen()
    const adding = thousand.map(() => again.users.create(alice))
    assert.deepEqual(tally(await Promise.all(adding)), { created: 1, taken: 999 })
    const user = { ...alice, tokensNotBefore: start + 1 }
    assert.deepEqual(await again.users.find("alice"), user)
    assert.deepEqual(await (await opened.reopen()).users.find("alice"), user)
  })

  test(`${engine}: users.release() of a name that is not reserved is false, and changes nothing`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    for (const name of ["alice", "carol", "__proto__"]) {
      assert.equal(await store.users.release(name), false, name)
    }
    await store.users.delete("alice", windowAt())
    await store.users.release("alice")
    await store.users.create(alice)
    assert.equal(await store.users.release("alice"), false)
    assert.equal(await store.users.create(alice), "taken")
  })

  test(`${engine}: a name that was released is reserved again when its next user is deleted`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.users.create(alice)
    await store.users.delete("alice", windowAt(start))
    await store.users.release("alice")
    await store.users.create(alice)
    await store.users.delete("alice", windowAt(start + 50))
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.users.create(alice), "reserved")
    }
    const again = await opened.reopen()
    await again.users.release("alice")
    await again.users.create(alice)
    assert.equal((await again.users.find("alice"))?.tokensNotBefore, start + 51)
  })
}

/** Defines the tests of `findName`. */
export function namesContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.findName() says what users.create() would`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    const states: string[] = []
    const note = async () => states.push(await store.users.findName("alice"))
    await note()
    await store.users.create(alice)
    await note()
    await store.users.delete("alice", windowAt())
    await note()
    await store.users.release("alice")
    await note()
    await store.users.create(alice)
    await note()
    assert.deepEqual(states, ["free", "taken", "reserved", "free", "taken"])
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.users.findName("alice"), "taken")
      assert.equal(await each.users.findName("bob"), "free")
    }
  })
}

/** Defines the tests of names that were released, beside other changes. */
export function releasedContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.create() of a released name keeps a later tokensNotBefore of its own`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await store.users.delete("alice", windowAt(start))
    await store.users.release("alice")
    const later = { ...alice, tokensNotBefore: start + 500 }
    await store.users.create(later)
    assert.deepEqual(await store.users.find("alice"), later)
  })

  test(`${engine}: users.release() and users.create() at once are decided in their order`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const outcomes = await Promise.all([
      store.users.delete("alice", windowAt()),
      store.users.create(alice),
      store.users.release("alice"),
      store.users.create(alice),
      store.users.release("alice"),
      store.users.delete("alice", windowAt()),
      store.users.create(alice),
    ])
    assert.deepEqual(outcomes.slice(1, 5), ["reserved", true, "created", false])
    assert.equal(outcomes[6], "reserved")
  })

  test(`${engine}: users.seed() leaves a store alone whose names are all released`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await store.users.delete("alice", windowAt())
    await store.users.release("alice")
    assert.equal(await store.users.seed([alice, bob]), "in_use")
    assert.equal(await store.users.count(), 0)
  })
}
