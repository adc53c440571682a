// What every engine must pass: failed logins.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { LoginSource } from "../../src/store/failure_store.ts"
import type { FailedLogins, Store } from "../../src/store/store.ts"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"
import { windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

function failed(strangers: number, devices: number, username = "alice"): FailedLogins {
  return { username, strangers, devices }
}

async function fail(store: Store, times: number, source: LoginSource = "stranger"): Promise<void> {
  for (let count = 0; count < times; count += 1) await store.failures.count("alice", source)
}

/** Defines the tests of `countFull`. */
export function countingFullContract(engine: string, open: OpenStore): void {
  test(`${engine}: failures.countFull() counts users with so many failures of strangers`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.users.create(user)
    assert.equal(await store.failures.countFull(1), 0)
    await fail(store, 3)
    await fail(store, 9, "device")
    await store.failures.count("bob", "stranger")
    for (let count = 0; count < 5; count += 1) await store.failures.count("nobody", "stranger")
    for await (const each of thenReopened(opened)) {
      const counts = [1, 2, 3, 4].map((least) => each.failures.countFull(least))
      assert.deepEqual(await Promise.all(counts), [2, 1, 1, 0])
    }
  })
}

/** Defines the tests of `countFailedLogin` and `findFailedLogins`. */
export function countingContract(engine: string, open: OpenStore): void {
  test(`${engine}: failures.count() counts strangers and devices of each user, for good`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.users.create(user)
    assert.equal(await store.failures.find("alice"), null)
    assert.deepEqual(await store.failures.count("alice", "stranger"), failed(1, 0))
    assert.deepEqual(await store.failures.count("alice", "device"), failed(1, 1))
    assert.deepEqual(await store.failures.count("alice", "stranger"), failed(2, 1))
    assert.deepEqual(await store.failures.count("bob", "device"), failed(0, 1, "bob"))
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.failures.find("alice"), failed(2, 1))
      assert.deepEqual(await each.failures.find("bob"), failed(0, 1, "bob"))
      assert.ok(Object.isFrozen(await each.failures.find("alice")))
    }
  })

  test(`${engine}: failures.count() counts each of 1000 at once, and gives each its number`, async (t) => {
    const opened = await open(t)
    await opened.store.users.create(alice)
    const counted = await Promise.all(
      thousand.map((index) =>
        opened.store.failures.count("alice", index % 2 === 0 ? "stranger" : "device"),
      ),
    )
    const numbers = counted.map(({ strangers, devices }) => strangers + devices)
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      thousand.map((index) => index + 1),
    )
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.failures.find("alice"), failed(500, 500))
    }
  })

  test(`${engine}: failures.count() counts no more than the most, of each source`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.users.create(alice)
    const most = { stranger: 70, device: 30 } as const
    const sources = ["stranger", "device"] as const
    const counted = await Promise.all(
      thousand.map((index) => {
        const source = sources[index % 2] ?? "stranger"
        return store.failures.count("alice", source, { most: most[source] })
      }),
    )
    const ofAlice = counted.filter(({ username }) => username === "alice")
    assert.equal(ofAlice.length, 100)
    assert.equal(ofAlice.filter(({ strangers }) => strangers === 70).length, 1)
    assert.ok(counted.every(({ username }) => username === "alice" || username === "-"))
    assert.notEqual((await store.failures.count("alice", "device", { most: 0 })).username, "alice")
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.failures.find("alice"), failed(70, 30))
    }
  })
}

/** Defines the tests of `failures.uncount`. */
export function uncountingContract(engine: string, open: OpenStore): void {
  test(`${engine}: failures.uncount() takes back one of a user's source, if there is one`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.users.create(user)
    await fail(store, 2)
    await fail(store, 1, "device")
    await store.failures.uncount("alice", "stranger")
    assert.deepEqual(await store.failures.find("alice"), failed(1, 1))
    for (const name of ["alice", "bob", "carol", "-"]) {
      for (let count = 0; count < 2; count += 1) await store.failures.uncount(name, "device")
    }
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.failures.find("alice"), failed(1, 0))
      assert.equal(await each.failures.find("bob"), null)
    }
    const again = await opened.reopen()
    await again.failures.uncount("alice", "stranger")
    assert.equal(await again.failures.find("alice"), null)
    await Promise.all(thousand.map(() => again.failures.count("alice", "stranger")))
    await Promise.all(thousand.map(() => again.failures.uncount("alice", "stranger")))
    assert.equal(await again.failures.find("alice"), null)
  })
}

/** Defines the tests of failed logins with unknown usernames. */
export function contractOfUnknownUsers(engine: string, open: OpenStore): void {
  test(`${engine}: failures.count() of any unknown name counts for no user`, async (t) => {
    const opened = await open(t)
    await opened.store.users.create(alice)
    await opened.store.users.delete("alice", windowAt())
    await opened.store.users.create(bob)
    const names = [null, "carol", "alice", "-", "", "__proto__", "a name that can't be one"]
    for (const name of names) {
      const { username } = await opened.store.failures.count(name, "stranger")
      assert.ok(!["alice", "bob", "carol"].includes(username))
    }
    for await (const each of thenReopened(opened)) {
      for (const name of ["carol", "alice", "bob", "__proto__"]) {
        assert.equal(await each.failures.find(name), null, name)
      }
      assert.equal(await each.users.count(), 1)
      assert.equal(await each.users.create(sampleUser("carol")), "created")
      assert.equal(await each.failures.find("carol"), null)
      await each.users.delete("carol", windowAt())
      await each.users.release("carol")
    }
  })
}

/** Defines the tests of `clearFailedLogins`, and of what else forgets. */
export function clearingContract(engine: string, open: OpenStore): void {
  test(`${engine}: failures.clear() forgets a user's, and gives them`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.users.create(user)
    assert.equal(await store.failures.clear("alice"), null)
    await fail(store, 2)
    await store.failures.count("bob", "device")
    assert.deepEqual(await store.failures.clear("alice"), failed(2, 0))
    assert.equal(await store.failures.clear("alice"), null)
    assert.equal(await store.failures.clear("carol"), null)
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.failures.find("alice"), null)
      assert.deepEqual(await each.failures.find("bob"), failed(0, 1, "bob"))
    }
    const cleared = await clearedAtOnce(await opened.reopen())
    assert.deepEqual(
      cleared.filter((one) => one !== null),
      [failed(1, 0)],
    )
  })

  test(`${engine}: a change of the user, and a reset, leave failed logins as they are`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await fail(store, 3)
    await store.users.change("alice", { addRole: "admin" })
    await store.users.reset("alice", { passwordHash: sampleHash("B") }, { window: windowAt() })
    await store.users.reset("alice", { disabled: true }, { window: windowAt() })
    assert.deepEqual(await store.failures.find("alice"), failed(3, 0))
    assert.deepEqual(await store.failures.count("alice", "stranger"), failed(4, 0))
  })

  test(`${engine}: users.delete() forgets failed logins, those that are being written too`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.users.create(alice)
    await fail(store, 3)
    await Promise.all([
      store.failures.count("alice", "device"),
      store.users.delete("alice", windowAt()),
      store.failures.count("alice", "device"),
    ])
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.failures.find("alice"), null)
      await each.users.release("alice")
      assert.equal(await each.users.create(alice), "created")
      assert.equal(await each.failures.find("alice"), null)
      await each.users.delete("alice", windowAt())
    }
  })
}

async function clearedAtOnce(store: Store): Promise<readonly (FailedLogins | null)[]> {
  await fail(store, 1)
  const hundred = thousand.slice(0, 100)
  return Promise.all(hundred.map(() => store.failures.clear("alice")))
}
