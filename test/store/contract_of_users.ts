// What every engine must pass: reading and creating users.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { User } from "../../src/domain/user.ts"
import { nameOf, type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests of reading users. */
export function readingContract(engine: string, open: OpenStore): void {
  test(`${engine}: an empty store has no user`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.users.find("alice"), null)
    assert.deepEqual(await store.users.list(), [])
    assert.equal(await store.users.count(), 0)
  })

  test(`${engine}: users.find() gives the user of exactly the name`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    assert.deepEqual(await store.users.find("alice"), alice)
    for (const other of ["Alice", "alice ", "alic", "", "alice\u0000"]) {
      assert.equal(await store.users.find(other), null, JSON.stringify(other))
    }
  })

  test(`${engine}: users.list() gives all, by name, in a list of the caller's own`, async (t) => {
    const { store } = await open(t)
    for (const name of ["zoe", "alice", "bob", "_a", "10", "9"]) {
      await store.users.create(sampleUser(name))
    }
    const list = await store.users.list()
    assert.deepEqual(list.map(nameOf), ["10", "9", "_a", "alice", "bob", "zoe"])
    ;(list as User[]).length = 0
    assert.equal((await store.users.list()).length, 6)
    assert.equal(await store.users.count(), 6)
  })

  test(`${engine}: records are frozen and stay as they were`, async (t) => {
    const { store, reopen } = await open(t)
    const member = { ...alice, claims: { team: { floors: [1] } } }
    await store.users.create(member)
    const before = await store.users.find("alice")
    const changed = await store.users.change("alice", { addRole: "admin" })
    assert.ok(typeof changed === "object")
    assert.deepEqual(before, member)
    const again = await reopen()
    const records = [
      before,
      changed,
      await again.users.find("alice"),
      ...(await again.users.list()),
    ]
    for (const record of records) {
      const team = record?.claims["team"]
      assert.ok(Object.isFrozen(record))
      assert.ok(Object.isFrozen(record?.roles))
      assert.deepEqual(team, { floors: [1] })
      assert.ok(Object.isFrozen(record?.claims) && Object.isFrozen(team))
    }
  })
}

/** Defines the tests of `users.create`. */
export function creatingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.create() adds, and a second of the name is "taken"`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.users.create(alice), "created")
    assert.equal(await store.users.create({ ...alice, passwordHash: sampleHash("B") }), "taken")
    assert.deepEqual(await store.users.list(), [alice])
  })

  test(`${engine}: users.create() copies what it is given`, async (t) => {
    const { store } = await open(t)
    const roles = ["reader"]
    const given = { ...alice, roles }
    await store.users.create(given)
    roles.push("admin")
    given.disabled = true
    assert.deepEqual(await store.users.find("alice"), alice)
  })

  test(`${engine}: users.create() of 1000 names at once adds them all`, async (t) => {
    const { store, reopen } = await open(t)
    const users = thousand.map((index) => sampleUser(`user${index}`))
    const outcomes = await Promise.all(users.map((user) => store.users.create(user)))
    assert.deepEqual(new Set(outcomes), new Set(["created"]))
    assert.equal(await store.users.count(), 1000)
    assert.equal((await (await reopen()).users.list()).length, 1000)
  })

  test(`${engine}: users.create() of one name 1000 times at once adds one`, async (t) => {
    const { store, reopen } = await open(t)
    const users = thousand.map((createdAt) => ({ ...alice, createdAt }))
    const outcomes = await Promise.all(users.map((user) => store.users.create(user)))
    assert.deepEqual(tally(outcomes), { created: 1, taken: 999 })
    const winner = users[outcomes.indexOf("created")]
    assert.deepEqual(await store.users.list(), [winner])
    assert.deepEqual(await (await reopen()).users.list(), [winner])
  })
}

/** Defines the tests of `users.seed`. */
export function seedingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.seed() fills a store that never had a user`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.users.seed([bob, alice]), "seeded")
    assert.deepEqual(await store.users.list(), [alice, bob])
    assert.deepEqual(await (await reopen()).users.list(), [alice, bob])
  })

  test(`${engine}: users.seed() leaves a store with a user alone`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleUser("carol"))
    assert.equal(await store.users.seed([alice, bob]), "in_use")
    assert.deepEqual((await store.users.list()).map(nameOf), ["carol"])
  })

  test(`${engine}: users.seed() leaves a store alone whose users are all deleted`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleUser("carol"))
    await store.users.delete("carol", windowAt())
    assert.equal(await store.users.seed([alice, bob]), "in_use")
    assert.equal(await store.users.count(), 0)
  })

  test(`${engine}: users.seed() twice at once seeds one list, whole`, async (t) => {
    const { store } = await open(t)
    const lists = [[alice, bob], [sampleUser("carol")]]
    const outcomes = await Promise.all(lists.map((users) => store.users.seed(users)))
    assert.deepEqual(tally(outcomes), { seeded: 1, in_use: 1 })
    assert.deepEqual(await store.users.list(), lists[outcomes.indexOf("seeded")])
  })

  test(`${engine}: users.seed() beside users.create() adds to what was first`, async (t) => {
    const { store } = await open(t)
    const outcomes = await Promise.all([store.users.create(alice), store.users.seed([alice, bob])])
    assert.deepEqual(outcomes, ["created", "in_use"])
    assert.deepEqual(await store.users.list(), [alice])
  })
}
