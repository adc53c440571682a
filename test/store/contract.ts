// What every engine must pass: one test for each promise of src/store/store.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Store, User } from "../../src/store/store.ts"
import { changingContract, conditionContract, deletingContract } from "./contract_of_changes.ts"
import { endingContract } from "./contract_of_endings.ts"
import {
  clearingContract,
  countingContract,
  nobodysContract,
  uncountingContract,
} from "./contract_of_failed_logins.ts"
import { namesContract, releasedContract, releasingContract } from "./contract_of_releases.ts"
import { resettingContract } from "./contract_of_resets.ts"
import { purgingContract, revokingContract } from "./contract_of_revocations.ts"
import { rotatingContract } from "./contract_of_rotations.ts"
import { listingContract, startingContract } from "./contract_of_sessions.ts"
import { nameOf, type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { endingAt, presented, sampleSession, startOptions } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const oddNames = ["__proto__", "constructor", "tostring", "toString", "hasOwnProperty", "valueOf"]
const alice = sampleUser("alice")
const bob = sampleUser("bob")

/** Defines the tests for one engine. */
export function storeContract(engine: string, open: OpenStore): void {
  readingContract(engine, open)
  addingContract(engine, open)
  seedingContract(engine, open)
  changingContract(engine, open)
  conditionContract(engine, open)
  deletingContract(engine, open)
  releasingContract(engine, open)
  namesContract(engine, open)
  releasedContract(engine, open)
  countingContract(engine, open)
  uncountingContract(engine, open)
  nobodysContract(engine, open)
  clearingContract(engine, open)
  startingContract(engine, open)
  listingContract(engine, open)
  rotatingContract(engine, open)
  endingContract(engine, open)
  resettingContract(engine, open)
  revokingContract(engine, open)
  purgingContract(engine, open)
  oddNamesContract(engine, open)
  closingContract(engine, open)
}

function readingContract(engine: string, open: OpenStore): void {
  test(`${engine}: an empty store has no user`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.findUser("alice"), null)
    assert.deepEqual(await store.listUsers(), [])
    assert.equal(await store.countUsers(), 0)
  })

  test(`${engine}: findUser() gives the user of exactly the name`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    assert.deepEqual(await store.findUser("alice"), alice)
    for (const other of ["Alice", "alice ", "alic", "", "alice\u0000"]) {
      assert.equal(await store.findUser(other), null, JSON.stringify(other))
    }
  })

  test(`${engine}: listUsers() gives all, by name, in a list of the caller's own`, async (t) => {
    const { store } = await open(t)
    for (const name of ["zoe", "alice", "bob", "_a", "10", "9"]) {
      await store.addUser(sampleUser(name))
    }
    const list = await store.listUsers()
    assert.deepEqual(list.map(nameOf), ["10", "9", "_a", "alice", "bob", "zoe"])
    ;(list as User[]).length = 0
    assert.equal((await store.listUsers()).length, 6)
    assert.equal(await store.countUsers(), 6)
  })

  test(`${engine}: records are frozen and stay as they were`, async (t) => {
    const { store, reopen } = await open(t)
    const member = { ...alice, claims: { team: { floors: [1] } } }
    await store.addUser(member)
    const before = await store.findUser("alice")
    const changed = await store.changeUser("alice", { roles: ["admin"] })
    assert.deepEqual(before, member)
    const again = await reopen()
    const records = [before, changed, await again.findUser("alice"), ...(await again.listUsers())]
    for (const record of records) {
      const team = record?.claims["team"]
      assert.ok(Object.isFrozen(record))
      assert.ok(Object.isFrozen(record?.roles))
      assert.deepEqual(team, { floors: [1] })
      assert.ok(Object.isFrozen(record?.claims) && Object.isFrozen(team))
    }
  })
}

function addingContract(engine: string, open: OpenStore): void {
  test(`${engine}: addUser() adds, and a second of the name is "taken"`, async (t) => {
    const { store } = await open(t)
    assert.equal(await store.addUser(alice), "added")
    assert.equal(await store.addUser({ ...alice, passwordHash: sampleHash("B") }), "taken")
    assert.deepEqual(await store.listUsers(), [alice])
  })

  test(`${engine}: addUser() copies what it is given`, async (t) => {
    const { store } = await open(t)
    const roles = ["reader"]
    const given = { ...alice, roles }
    await store.addUser(given)
    roles.push("admin")
    given.disabled = true
    assert.deepEqual(await store.findUser("alice"), alice)
  })

  test(`${engine}: addUser() of 1000 names at once adds them all`, async (t) => {
    const { store, reopen } = await open(t)
    const users = thousand.map((index) => sampleUser(`user${index}`))
    const outcomes = await Promise.all(users.map((user) => store.addUser(user)))
    assert.deepEqual(new Set(outcomes), new Set(["added"]))
    assert.equal(await store.countUsers(), 1000)
    assert.equal((await (await reopen()).listUsers()).length, 1000)
  })

  test(`${engine}: addUser() of one name 1000 times at once adds one`, async (t) => {
    const { store, reopen } = await open(t)
    const users = thousand.map((createdAt) => ({ ...alice, createdAt }))
    const outcomes = await Promise.all(users.map((user) => store.addUser(user)))
    assert.deepEqual(tally(outcomes), { added: 1, taken: 999 })
    const winner = users[outcomes.indexOf("added")]
    assert.deepEqual(await store.listUsers(), [winner])
    assert.deepEqual(await (await reopen()).listUsers(), [winner])
  })
}

function seedingContract(engine: string, open: OpenStore): void {
  test(`${engine}: seedUsers() fills a store that never had a user`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.seedUsers([bob, alice]), "seeded")
    assert.deepEqual(await store.listUsers(), [alice, bob])
    assert.deepEqual(await (await reopen()).listUsers(), [alice, bob])
  })

  test(`${engine}: seedUsers() leaves a store with a user alone`, async (t) => {
    const { store } = await open(t)
    await store.addUser(sampleUser("carol"))
    assert.equal(await store.seedUsers([alice, bob]), "in_use")
    assert.deepEqual((await store.listUsers()).map(nameOf), ["carol"])
  })

  test(`${engine}: seedUsers() leaves a store alone whose users are all deleted`, async (t) => {
    const { store } = await open(t)
    await store.addUser(sampleUser("carol"))
    await store.deleteUser("carol", endingAt())
    assert.equal(await store.seedUsers([alice, bob]), "in_use")
    assert.equal(await store.countUsers(), 0)
  })

  test(`${engine}: seedUsers() twice at once seeds one list, whole`, async (t) => {
    const { store } = await open(t)
    const lists = [[alice, bob], [sampleUser("carol")]]
    const outcomes = await Promise.all(lists.map((users) => store.seedUsers(users)))
    assert.deepEqual(tally(outcomes), { seeded: 1, in_use: 1 })
    assert.deepEqual(await store.listUsers(), lists[outcomes.indexOf("seeded")])
  })

  test(`${engine}: seedUsers() beside addUser() adds to what was first`, async (t) => {
    const { store } = await open(t)
    const outcomes = await Promise.all([store.addUser(alice), store.seedUsers([alice, bob])])
    assert.deepEqual(outcomes, ["added", "in_use"])
    assert.deepEqual(await store.listUsers(), [alice])
  })
}

function oddNamesContract(engine: string, open: OpenStore): void {
  test(`${engine}: names that JavaScript's objects know are plain data`, async (t) => {
    const { store, reopen } = await open(t)
    for (const name of oddNames) {
      assert.equal(await store.findUser(name), null, name)
      assert.equal(await store.changeUser(name, { disabled: true }), null, name)
      assert.equal(await store.deleteUser(name, endingAt()), null, name)
      assert.equal(await store.addUser(sampleUser(name)), "added", name)
      assert.deepEqual(await store.listSessions(name), [], name)
      assert.equal(await store.findSession(name), null, name)
      const session = sampleSession(name, { username: name })
      assert.deepEqual(await store.startSession(session, startOptions()), { ended: [] }, name)
      assert.equal(await store.findFailedLogins(name), null, name)
      await store.countFailedLogin(name, "stranger")
    }
    const again = await reopen()
    assert.deepEqual((await again.listUsers()).map(nameOf), [...oddNames].sort())
    for (const name of oddNames) {
      assert.deepEqual(await again.findUser(name), sampleUser(name), name)
      const session = sampleSession(name, { username: name })
      assert.deepEqual(await again.listSessions(name), [session], name)
      const failed = { username: name, strangers: 1, devices: 0 }
      assert.deepEqual(await again.findFailedLogins(name), failed, name)
      const deleted = { user: sampleUser(name), ended: [session] }
      assert.deepEqual(await again.deleteUser(name, endingAt()), deleted, name)
      assert.equal(await again.addUser(sampleUser(name)), "reserved", name)
    }
    assert.equal(Object.hasOwn(Object.prototype, "passwordHash"), false)
  })
}

function closingContract(engine: string, open: OpenStore): void {
  test(`${engine}: close() ends what is under way first`, async (t) => {
    const { store, reopen } = await open(t)
    const adds = thousand.slice(0, 50).map((index) => store.addUser(sampleUser(`user${index}`)))
    const again = await reopen()
    assert.deepEqual(new Set(await Promise.all(adds)), new Set(["added"]))
    assert.equal(await again.countUsers(), 50)
  })

  test(`${engine}: a closed store is Unavailable`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    await store.close()
    await store.close()
    const calls: Readonly<Record<Exclude<keyof Store, "close" | "isInPlace">, () => unknown>> = {
      findUser: () => store.findUser("alice"),
      countUsers: () => store.countUsers(),
      listUsers: () => store.listUsers(),
      findName: () => store.findName("alice"),
      addUser: () => store.addUser(bob),
      seedUsers: () => store.seedUsers([bob]),
      changeUser: () => store.changeUser("alice", { disabled: true }),
      resetUser: () => store.resetUser("alice", {}, { ending: endingAt() }),
      deleteUser: () => store.deleteUser("alice", endingAt()),
      releaseName: () => store.releaseName("alice"),
      findFailedLogins: () => store.findFailedLogins("alice"),
      countFailedLogin: () => store.countFailedLogin("alice", "stranger"),
      uncountFailedLogin: () => store.uncountFailedLogin("alice", "stranger"),
      clearFailedLogins: () => store.clearFailedLogins("alice"),
      findSession: () => store.findSession("s1"),
      listSessions: () => store.listSessions("alice"),
      lastUse: () => store.lastUse(),
      startSession: () => store.startSession(sampleSession("s1"), startOptions()),
      rotateSession: () => store.rotateSession("s1", presented(0)),
      endSession: () => store.endSession("s1", { ending: endingAt() }),
      endSessions: () => store.endSessions("alice", { ending: endingAt() }),
      revokeToken: () => store.revokeToken({ jti: "j1", expiresAt: 1, isListed: true }),
      isTokenRevoked: () => store.isTokenRevoked("j1"),
      listRevocations: () => store.listRevocations(1),
      purge: () => store.purge(1),
    }
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(
        async () => call(),
        (error) => error instanceof Unavailable && error.message === "The store is closed",
        name,
      )
    }
  })
}
