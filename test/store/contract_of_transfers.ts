// What every engine must pass: creating users by the many, and reading them in slices.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { User } from "../../src/domain/user.ts"
import type { Store } from "../../src/store/store.ts"
import { nameOf, type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")
const frank = sampleUser("frank", { disabled: true, claims: { a: "\u0000'" } })
const isTrial = false

/** Defines the tests of `users.createAll`. */
export function creatingAllContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.createAll() creates each user, or says why not`, async (t) => {
    const { store, reopen } = await open(t)
    const given = await usersOfAllOutcomes(store)
    const outcomes = ["created", "same", "taken", "reserved", "created", "created"]
    assert.deepEqual(await store.users.createAll(given, { isTrial: true }), outcomes)
    assert.deepEqual((await store.users.list()).map(nameOf), ["bob", "carol"])
    assert.deepEqual(await store.users.createAll(given, { isTrial }), outcomes)
    const freed = sampleUser("erin", { tokensNotBefore: windowAt().at + 1 })
    const users = [alice, bob, sampleUser("carol"), freed, frank]
    assert.deepEqual(await store.users.list(), users)
    const again = await reopen()
    assert.deepEqual(await again.users.list(), users)
    assert.equal(await again.users.findName("dora"), "reserved")
  })

  test(`${engine}: users.createAll() again finds the same users`, async (t) => {
    const { store } = await open(t)
    const given = [alice, bob]
    assert.deepEqual(await store.users.createAll(given, { isTrial }), ["created", "created"])
    for (const trial of [true, false]) {
      assert.deepEqual(await store.users.createAll(given, { isTrial: trial }), ["same", "same"])
    }
    assert.deepEqual(await store.users.createAll([], { isTrial }), [])
  })

  test(`${engine}: users.createAll() of the same names at once creates each once`, async (t) => {
    const { store, reopen } = await open(t)
    const lists = ["A", "B", "C", "D"].map((letter) =>
      thousand.slice(0, 50).map((index) => ({
        ...sampleUser(`user${index}`),
        passwordHash: sampleHash(letter),
      })),
    )
    const outcomes = await Promise.all(
      lists.map((users) => store.users.createAll(users, { isTrial })),
    )
    assert.deepEqual(tally(outcomes.flat()), { created: 50, taken: 150 })
    const users = await (await reopen()).users.list()
    for (const [at, { username, passwordHash }] of users.entries()) {
      const winner = lists.findIndex((list, number) => {
        const place = list.findIndex((user) => user.username === username)
        return outcomes[number]?.[place] === "created"
      })
      assert.equal(passwordHash, sampleHash("ABCD"[winner]), `${at} ${username}`)
    }
  })
}

/** Defines the tests of `users.slices`, and of many users at once. */
export function manyUsersContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.createAll() takes 500 users at once`, async (t) => {
    const { store, reopen } = await open(t)
    const users = thousand.slice(0, 500).map((index) => sampleUser(`user${index}`))
    const outcomes = await store.users.createAll(users, { isTrial })
    assert.deepEqual(tally([...outcomes]), { created: 500 })
    assert.equal(await (await reopen()).users.count(), 500)
  })

  test(`${engine}: users.seed() leaves a store alone that createAll() filled`, async (t) => {
    const { store } = await open(t)
    await store.users.createAll([alice], { isTrial })
    assert.equal(await store.users.seed([bob]), "in_use")
  })

  test(`${engine}: users.slices() gives each user once, while others come and go`, async (t) => {
    const { store } = await open(t)
    assert.deepEqual(await read(store), [])
    const users = thousand.map((index) => sampleUser(`user${index}`))
    await store.users.createAll(users.slice(0, 500), { isTrial })
    await store.users.createAll(users.slice(500), { isTrial })
    const found: User[] = []
    for await (const slice of store.users.slices()) {
      if (found.length === 0) {
        await store.users.create(sampleUser("zoe"))
        await store.users.create(sampleUser("zora"))
        await store.users.delete("zora", windowAt())
      }
      found.push(...slice)
    }
    const kept = found.filter(({ username }) => username.startsWith("user"))
    assert.deepEqual(new Set(kept.map(nameOf)), new Set(users.map(nameOf)))
    assert.deepEqual([kept.length, kept[0]], [1000, sampleUser(kept[0]?.username ?? "")])
  })
}

/** Fills a store so that these users have all outcomes. */
async function usersOfAllOutcomes(store: Store): Promise<readonly User[]> {
  for (const name of ["bob", "carol", "dora", "erin"]) await store.users.create(sampleUser(name))
  for (const name of ["dora", "erin"]) await store.users.delete(name, windowAt())
  await store.users.release("erin")
  return [
    alice,
    bob,
    sampleUser("carol", { passwordHash: sampleHash("C") }),
    sampleUser("dora"),
    sampleUser("erin"),
    frank,
  ]
}

async function read(store: Store): Promise<readonly User[]> {
  const found: User[] = []
  for await (const slice of store.users.slices()) found.push(...slice)
  return found
}
