// What every engine must pass: failed logins.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FailedLogins, LoginSource, Store } from "../../src/store/store.ts"
import { type OpenStore, thenReopened, thousand } from "./json/opened_store.ts"
import { endingAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

function failed(strangers: number, devices: number, username = "alice"): FailedLogins {
  return { username, strangers, devices }
}

async function fail(store: Store, times: number, source: LoginSource = "stranger"): Promise<void> {
  for (let count = 0; count < times; count += 1) await store.countFailedLogin("alice", source)
}

/** Defines the tests of `countFailedLogin` and `findFailedLogins`. */
export function countingContract(engine: string, open: OpenStore): void {
  test(`${engine}: countFailedLogin() counts strangers and devices of each user, for good`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.addUser(user)
    assert.equal(await store.findFailedLogins("alice"), null)
    assert.deepEqual(await store.countFailedLogin("alice", "stranger"), failed(1, 0))
    assert.deepEqual(await store.countFailedLogin("alice", "device"), failed(1, 1))
    assert.deepEqual(await store.countFailedLogin("alice", "stranger"), failed(2, 1))
    assert.deepEqual(await store.countFailedLogin("bob", "device"), failed(0, 1, "bob"))
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.findFailedLogins("alice"), failed(2, 1))
      assert.deepEqual(await each.findFailedLogins("bob"), failed(0, 1, "bob"))
      assert.ok(Object.isFrozen(await each.findFailedLogins("alice")))
    }
  })

  test(`${engine}: countFailedLogin() counts each of 1000 at once, and tells each its number`, async (t) => {
    const opened = await open(t)
    await opened.store.addUser(alice)
    const counted = await Promise.all(
      thousand.map((index) =>
        opened.store.countFailedLogin("alice", index % 2 === 0 ? "stranger" : "device"),
      ),
    )
    const numbers = counted.map(({ strangers, devices }) => strangers + devices)
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      thousand.map((index) => index + 1),
    )
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.findFailedLogins("alice"), failed(500, 500))
    }
  })

  test(`${engine}: countFailedLogin() counts no more than the most, of each source`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.addUser(alice)
    const most = { stranger: 70, device: 30 } as const
    const sources = ["stranger", "device"] as const
    const counted = await Promise.all(
      thousand.map((index) => {
        const source = sources[index % 2] ?? "stranger"
        return store.countFailedLogin("alice", source, { most: most[source] })
      }),
    )
    const ofAlice = counted.filter(({ username }) => username === "alice")
    assert.equal(ofAlice.length, 100)
    assert.equal(ofAlice.filter(({ strangers }) => strangers === 70).length, 1)
    assert.ok(counted.every(({ username }) => username === "alice" || username === "-"))
    assert.notEqual(
      (await store.countFailedLogin("alice", "device", { most: 0 })).username,
      "alice",
    )
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.findFailedLogins("alice"), failed(70, 30))
    }
  })
}

/** Defines the tests of `uncountFailedLogin`. */
export function uncountingContract(engine: string, open: OpenStore): void {
  test(`${engine}: uncountFailedLogin() takes back one of a user's source, if there is one`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.addUser(user)
    await fail(store, 2)
    await fail(store, 1, "device")
    await store.uncountFailedLogin("alice", "stranger")
    assert.deepEqual(await store.findFailedLogins("alice"), failed(1, 1))
    for (const name of ["alice", "bob", "carol", "-"]) {
      for (let count = 0; count < 2; count += 1) await store.uncountFailedLogin(name, "device")
    }
    for await (const each of thenReopened(opened)) {
      assert.deepEqual(await each.findFailedLogins("alice"), failed(1, 0))
      assert.equal(await each.findFailedLogins("bob"), null)
    }
    const again = await opened.reopen()
    await again.uncountFailedLogin("alice", "stranger")
    assert.equal(await again.findFailedLogins("alice"), null)
    await Promise.all(thousand.map(() => again.countFailedLogin("alice", "stranger")))
    await Promise.all(thousand.map(() => again.uncountFailedLogin("alice", "stranger")))
    assert.equal(await again.findFailedLogins("alice"), null)
  })
}

/** Defines the tests of failed logins that are nobody's. */
export function nobodysContract(engine: string, open: OpenStore): void {
  test(`${engine}: countFailedLogin() of nobody, by whatever name, is nobody's`, async (t) => {
    const opened = await open(t)
    await opened.store.addUser(alice)
    await opened.store.deleteUser("alice", endingAt())
    await opened.store.addUser(bob)
    const names = [null, "carol", "alice", "-", "", "__proto__", "a name that can't be one"]
    for (const name of names) {
      const { username } = await opened.store.countFailedLogin(name, "stranger")
      assert.ok(!["alice", "bob", "carol"].includes(username))
    }
    for await (const each of thenReopened(opened)) {
      for (const name of ["carol", "alice", "bob", "__proto__"]) {
        assert.equal(await each.findFailedLogins(name), null, name)
      }
      assert.equal(await each.countUsers(), 1)
      assert.equal(await each.addUser(sampleUser("carol")), "added")
      assert.equal(await each.findFailedLogins("carol"), null)
      await each.deleteUser("carol", endingAt())
      await each.releaseName("carol")
    }
  })
}

/** Defines the tests of `clearFailedLogins`, and of what else forgets. */
export function clearingContract(engine: string, open: OpenStore): void {
  test(`${engine}: clearFailedLogins() forgets a user's, and gives them`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.addUser(user)
    assert.equal(await store.clearFailedLogins("alice"), null)
    await fail(store, 2)
    await store.countFailedLogin("bob", "device")
    assert.deepEqual(await store.clearFailedLogins("alice"), failed(2, 0))
    assert.equal(await store.clearFailedLogins("alice"), null)
    assert.equal(await store.clearFailedLogins("carol"), null)
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.findFailedLogins("alice"), null)
      assert.deepEqual(await each.findFailedLogins("bob"), failed(0, 1, "bob"))
    }
    const cleared = await clearedAtOnce(await opened.reopen())
    assert.deepEqual(
      cleared.filter((one) => one !== null),
      [failed(1, 0)],
    )
  })

  test(`${engine}: a change of the user, and a reset, leave failed logins as they are`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    await fail(store, 3)
    await store.changeUser("alice", { roles: ["admin"] })
    await store.resetUser("alice", { passwordHash: sampleHash("B") }, { ending: endingAt() })
    await store.resetUser("alice", { disabled: true }, { ending: endingAt() })
    assert.deepEqual(await store.findFailedLogins("alice"), failed(3, 0))
    assert.deepEqual(await store.countFailedLogin("alice", "stranger"), failed(4, 0))
  })

  test(`${engine}: deleteUser() forgets failed logins, those that are being written too`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    await store.addUser(alice)
    await fail(store, 3)
    await Promise.all([
      store.countFailedLogin("alice", "device"),
      store.deleteUser("alice", endingAt()),
      store.countFailedLogin("alice", "device"),
    ])
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.findFailedLogins("alice"), null)
      await each.releaseName("alice")
      assert.equal(await each.addUser(alice), "added")
      assert.equal(await each.findFailedLogins("alice"), null)
      await each.deleteUser("alice", endingAt())
    }
  })
}

async function clearedAtOnce(store: Store): Promise<readonly (FailedLogins | null)[]> {
  await fail(store, 1)
  const hundred = thousand.slice(0, 100)
  return Promise.all(hundred.map(() => store.clearFailedLogins("alice")))
}
