// What every engine must pass, its second half: changing and deleting users.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { endingAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests of `changeUser`. */
export function changingContract(engine: string, open: OpenStore): void {
  test(`${engine}: changeUser() changes what is named and nothing else`, async (t) => {
    const { store, reopen } = await open(t)
    await store.addUser(alice)
    const passwordHash = sampleHash("B")
    const changed = await store.changeUser("alice", { passwordHash, tokensNotBefore: 7 })
    assert.deepEqual(changed, { ...alice, passwordHash, tokensNotBefore: 7 })
    assert.deepEqual(await store.findUser("alice"), changed)
    assert.deepEqual(await (await reopen()).findUser("alice"), changed)
  })

  test(`${engine}: changeUser() takes what makes a change of the latest record`, async (t) => {
    const { store, reopen } = await open(t)
    await store.addUser({ ...alice, roles: [] })
    const roles = thousand.slice(0, 100).map((index) => `r${index}`)
    await Promise.all(
      roles.map((role) => store.changeUser("alice", (user) => ({ roles: [...user.roles, role] }))),
    )
    const changed = { ...alice, roles, claims: { tenant: "a", limits: [1, { day: 2 }] } }
    await store.changeUser("alice", ({ claims }) => ({ claims: { ...claims, ...changed.claims } }))
    assert.deepEqual(await store.findUser("alice"), changed)
    assert.deepEqual(await (await reopen()).findUser("alice"), changed)
  })

  test(`${engine}: changeUser() gives null for a name without a user`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.changeUser("alice", { disabled: true }), null)
    assert.equal(await store.countUsers(), 0)
  })

  test(`${engine}: changeUser() keeps all of 1000 changes at once`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const changes = thousand.map((tokensNotBefore) =>
      store.changeUser("alice", { tokensNotBefore }),
    )
    const records = await Promise.all([
      ...changes,
      store.changeUser("alice", { disabled: true }),
      store.changeUser("alice", { roles: ["admin"] }),
    ])
    const last = { ...alice, tokensNotBefore: 999, disabled: true, roles: ["admin"] }
    assert.deepEqual(records.at(-1), last)
    assert.deepEqual(await store.findUser("alice"), last)
  })
}

/** Defines the tests of `changeUser` with a condition. */
export function conditionContract(engine: string, open: OpenStore): void {
  test(`${engine}: changeUser() with ifPasswordHash changes only that hash's user`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const passwordHash = sampleHash("B")
    const right = { ifPasswordHash: alice.passwordHash }
    assert.deepEqual(await store.changeUser("alice", { passwordHash }, right), {
      ...alice,
      passwordHash,
    })
    assert.equal(await store.changeUser("alice", { disabled: true }, right), null)
    assert.equal(await store.changeUser("bob", { disabled: true }, right), null)
    assert.deepEqual(await store.findUser("alice"), { ...alice, passwordHash })
  })

  test(`${engine}: changeUser() with one ifPasswordHash 1000 times at once wins once`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const condition = { ifPasswordHash: alice.passwordHash }
    const outcomes = await Promise.all(
      thousand.map((tokensNotBefore) => {
        const change = { passwordHash: sampleHash("C"), tokensNotBefore }
        return store.changeUser("alice", change, condition)
      }),
    )
    const won = outcomes.filter((outcome) => outcome !== null)
    assert.equal(won.length, 1)
    assert.deepEqual(await store.findUser("alice"), won[0])
  })
}

/** Defines the tests of `deleteUser`. */
export function deletingContract(engine: string, open: OpenStore): void {
  test(`${engine}: deleteUser() removes the user and reserves the name for good`, async (t) => {
    const { store, reopen } = await open(t)
    await store.addUser(alice)
    assert.deepEqual(await store.deleteUser("alice", endingAt()), { user: alice, ended: [] })
    assert.equal(await store.deleteUser("alice", endingAt()), null)
    assert.equal(await store.addUser(alice), "reserved")
    const again = await reopen()
    assert.equal(await again.findUser("alice"), null)
    assert.deepEqual(await again.listUsers(), [])
    assert.equal(await again.addUser(alice), "reserved")
    assert.equal(await again.changeUser("alice", { disabled: true }), null)
  })

  test(`${engine}: deleteUser() of a name without a user reserves nothing`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.deleteUser("alice", endingAt()), null)
    assert.equal(await store.addUser(alice), "added")
  })

  test(`${engine}: deleteUser() 1000 times at once deletes once`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const outcomes = await Promise.all(thousand.map(() => store.deleteUser("alice", endingAt())))
    const words = outcomes.map((outcome) => (outcome === null ? "absent" : "deleted"))
    assert.deepEqual(tally(words), { deleted: 1, absent: 999 })
  })

  test(`${engine}: changes at once are decided in their order`, async (t) => {
    const { store } = await open(t)
    const outcomes = await Promise.all([
      store.addUser(alice),
      store.changeUser("alice", { disabled: true }),
      store.deleteUser("alice", endingAt()),
      store.changeUser("alice", { disabled: false }),
      store.addUser(alice),
      store.addUser(bob),
    ])
    const user = { ...alice, disabled: true }
    assert.deepEqual(outcomes, ["added", user, { user, ended: [] }, null, "reserved", "added"])
    assert.deepEqual(await store.listUsers(), [bob])
  })
}
