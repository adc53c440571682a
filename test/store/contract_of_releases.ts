// What every engine must pass: names of deleted users that are released.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { endingAt, start } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests of `releaseName`. */
export function releasingContract(engine: string, open: OpenStore): void {
  test(`${engine}: releaseName() lets the name of a deleted user be given again, to one`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.addUser(alice)
    await store.deleteUser("alice", endingAt(start))
    assert.equal(await store.releaseName("alice"), true)
    assert.equal(await store.releaseName("alice"), true)
    const again = await opened.reopen()
    const adding = thousand.map(() => again.addUser(alice))
    assert.deepEqual(tally(await Promise.all(adding)), { added: 1, taken: 999 })
    const user = { ...alice, tokensNotBefore: start + 1 }
    assert.deepEqual(await again.findUser("alice"), user)
    assert.deepEqual(await (await opened.reopen()).findUser("alice"), user)
  })

  test(`${engine}: releaseName() of a name that is not reserved is false, and changes nothing`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    for (const name of ["alice", "carol", "__proto__"]) {
      assert.equal(await store.releaseName(name), false, name)
    }
    await store.deleteUser("alice", endingAt())
    await store.releaseName("alice")
    await store.addUser(alice)
    assert.equal(await store.releaseName("alice"), false)
    assert.equal(await store.addUser(alice), "taken")
  })

  test(`${engine}: a name that was released is reserved again when its next user is deleted`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.addUser(alice)
    await store.deleteUser("alice", endingAt(start))
    await store.releaseName("alice")
    await store.addUser(alice)
    await store.deleteUser("alice", endingAt(start + 50))
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.addUser(alice), "reserved")
    }
    const again = await opened.reopen()
    await again.releaseName("alice")
    await again.addUser(alice)
    assert.equal((await again.findUser("alice"))?.tokensNotBefore, start + 51)
  })
}

/** Defines the tests of `findName`. */
export function namesContract(engine: string, open: OpenStore): void {
  test(`${engine}: findName() says what addUser() would`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    const states: string[] = []
    const note = async () => states.push(await store.findName("alice"))
    await note()
    await store.addUser(alice)
    await note()
    await store.deleteUser("alice", endingAt())
    await note()
    await store.releaseName("alice")
    await note()
    await store.addUser(alice)
    await note()
    assert.deepEqual(states, ["free", "taken", "reserved", "free", "taken"])
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.findName("alice"), "taken")
      assert.equal(await each.findName("bob"), "free")
    }
  })
}

/** Defines the tests of names that were released, beside other changes. */
export function releasedContract(engine: string, open: OpenStore): void {
  test(`${engine}: addUser() of a released name keeps a later tokensNotBefore of its own`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    await store.deleteUser("alice", endingAt(start))
    await store.releaseName("alice")
    const later = { ...alice, tokensNotBefore: start + 500 }
    await store.addUser(later)
    assert.deepEqual(await store.findUser("alice"), later)
  })

  test(`${engine}: releaseName() and addUser() at once are decided in their order`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const outcomes = await Promise.all([
      store.deleteUser("alice", endingAt()),
      store.addUser(alice),
      store.releaseName("alice"),
      store.addUser(alice),
      store.releaseName("alice"),
      store.deleteUser("alice", endingAt()),
      store.addUser(alice),
    ])
    assert.deepEqual(outcomes.slice(1, 5), ["reserved", true, "added", false])
    assert.equal(outcomes[6], "reserved")
  })

  test(`${engine}: seedUsers() leaves a store alone whose names are all released`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    await store.deleteUser("alice", endingAt())
    await store.releaseName("alice")
    assert.equal(await store.seedUsers([alice, bob]), "in_use")
    assert.equal(await store.countUsers(), 0)
  })
}
