// What every engine must pass: changing and deleting users. The rules of each change are
// test/domain/user.test.ts's.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { User, UserChange } from "../../src/domain/user.ts"
import { type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { start, windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests of `users.change`. */
export function changingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.change() changes the named members only`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    await store.users.reset("alice", { disabled: true }, { window: windowAt(start) })
    const tokensNotBefore = start + 1
    const [one, other] = ["B", "C"].map((letter) => sampleHash(letter))
    assert.ok(one && other)
    const limits = [1, { day: 2 }]
    const changes: readonly (readonly [change: UserChange, changed: Partial<User>])[] = [
      [{ addRole: "admin" }, { roles: ["admin", "reader"] }],
      [{ removeRole: "reader" }, { roles: ["admin"] }],
      [{ setClaim: { name: "limits", value: limits } }, { claims: { limits } }],
      [{ setClaim: { name: "a", value: null } }, { claims: { limits, a: null } }],
      [{ unsetClaim: "limits" }, { claims: { a: null } }],
      [{ disabled: false }, { disabled: false }],
      [{ passwordHash: one, ifPasswordHash: alice.passwordHash }, { passwordHash: one }],
      [{ passwordHash: other, ifPasswordHash: one }, { passwordHash: other }],
    ]
    let user: User = { ...alice, disabled: true, tokensNotBefore }
    for (const [change, changed] of changes) {
      user = { ...user, ...changed }
      assert.deepEqual(await store.users.change("alice", change), user, JSON.stringify(change))
      assert.deepEqual(await store.users.find("alice"), user)
    }
    assert.deepEqual(await (await reopen()).users.find("alice"), user)
  })

  refusedContract(engine, open)
  replacedHashContract(engine, open)
}

function refusedContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.change() that is refused changes nothing`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.users.change("alice", { addRole: "admin" }), "unknown")
    assert.equal(await store.users.count(), 0)
    await store.users.create(alice)
    const tooLarge = "x".repeat(1025)
    const refusals: readonly (readonly [change: UserChange, outcome: string])[] = [
      [{ removeRole: "admin" }, "absent"],
      [{ unsetClaim: "toString" }, "absent"],
      [{ addRole: tooLarge }, "too_large"],
      [{ setClaim: { name: "a", value: tooLarge } }, "too_large"],
      [{ passwordHash: sampleHash("C"), ifPasswordHash: sampleHash("B") }, "other_hash"],
    ]
    for (const [change, outcome] of refusals) {
      assert.equal(await store.users.change("alice", change), outcome)
    }
    assert.deepEqual(await store.users.find("alice"), alice)
  })

  test(`${engine}: users.change() keeps all of 1000 changes at once`, async (t) => {
    const { store } = await open(t)
    await store.users.create({ ...alice, roles: [] })
    const roles = thousand.slice(0, 100).map((index) => `r${index + 100}`)
    const records = await Promise.all([
      ...roles.map((addRole) => store.users.change("alice", { addRole })),
      ...thousand.map((value) => store.users.change("alice", { setClaim: { name: "n", value } })),
    ])
    const last = { ...alice, roles, claims: { n: 999 } }
    assert.deepEqual(records.at(-1), last)
    assert.deepEqual(await store.users.find("alice"), last)
  })
}

function replacedHashContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.change() with one ifPasswordHash 1000 times at once wins once`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const change = { passwordHash: sampleHash("C"), ifPasswordHash: alice.passwordHash }
    const outcomes = await Promise.all(thousand.map(() => store.users.change("alice", change)))
    const won = outcomes.filter((outcome) => outcome !== "other_hash")
    assert.deepEqual(won, [{ ...alice, passwordHash: sampleHash("C") }])
    assert.deepEqual(await store.users.find("alice"), won[0])
  })
}

/** Defines the tests of `users.delete`. */
export function deletingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.delete() removes the user and reserves the name for good`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    assert.deepEqual(await store.users.delete("alice", windowAt()), { user: alice, ended: [] })
    assert.equal(await store.users.delete("alice", windowAt()), null)
    assert.equal(await store.users.create(alice), "reserved")
    const again = await reopen()
    assert.equal(await again.users.find("alice"), null)
    assert.deepEqual(await again.users.list(), [])
    assert.equal(await again.users.create(alice), "reserved")
    assert.equal(await again.users.change("alice", { disabled: false }), "unknown")
  })

  test(`${engine}: users.delete() of a name without a user reserves nothing`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.users.delete("alice", windowAt()), null)
    assert.equal(await store.users.create(alice), "created")
  })

  test(`${engine}: users.delete() 1000 times at once deletes once`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const outcomes = await Promise.all(thousand.map(() => store.users.delete("alice", windowAt())))
    const words = outcomes.map((outcome) => (outcome === null ? "absent" : "deleted"))
    assert.deepEqual(tally(words), { deleted: 1, absent: 999 })
  })

  test(`${engine}: changes at once are decided in their order`, async (t) => {
    const { store } = await open(t)
    const outcomes = await Promise.all([
      store.users.create(alice),
      store.users.change("alice", { addRole: "admin" }),
      store.users.delete("alice", windowAt()),
      store.users.change("alice", { addRole: "admin" }),
      store.users.create(alice),
      store.users.create(bob),
    ])
    const user = { ...alice, roles: ["admin", "reader"] }
    const deleted = { user, ended: [] }
    assert.deepEqual(outcomes, ["created", user, deleted, "unknown", "reserved", "created"])
    assert.deepEqual(await store.users.list(), [bob])
  })
}
