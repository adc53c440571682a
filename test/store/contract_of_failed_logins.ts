// What every engine must pass: failed logins, and names that are released.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FailedLogins, LoginSource, Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./opened_store.ts"
import { endingAt, start } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

function failed(strangers: number, devices: number, username = "alice"): FailedLogins {
  return { username, strangers, devices }
}

async function fail(store: Store, times: number, source: LoginSource = "stranger"): Promise<void> {
  for (let count = 0; count < times; count += 1) await store.countFailedLogin("alice", source)
}

/** Defines the tests of `countFailedLogin`, `findFailedLogins` and `clearFailedLogins`. */
export function failingContract(engine: string, open: OpenStore): void {
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

  test(`${engine}: findFailedLogins() tells what is counted as soon as that was asked for`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const counting = [1, 2, 3].map(() => store.countFailedLogin("alice", "stranger"))
    assert.deepEqual(await store.findFailedLogins("alice"), failed(3, 0))
    await Promise.all(counting)
    const clearing = store.clearFailedLogins("alice")
    assert.equal(await store.findFailedLogins("alice"), null)
    assert.equal(await clearing, true)
  })

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

  test(`${engine}: clearFailedLogins() forgets a user's, and says whether there were any`, async (t) => {
    const opened = await open(t)
    const { store } = opened
    for (const user of [alice, bob]) await store.addUser(user)
    assert.equal(await store.clearFailedLogins("alice"), false)
    await fail(store, 2)
    await store.countFailedLogin("bob", "device")
    assert.equal(await store.clearFailedLogins("alice"), true)
    assert.equal(await store.clearFailedLogins("alice"), false)
    assert.equal(await store.clearFailedLogins("carol"), false)
    for await (const each of thenReopened(opened)) {
      assert.equal(await each.findFailedLogins("alice"), null)
      assert.deepEqual(await each.findFailedLogins("bob"), failed(0, 1, "bob"))
    }
    assert.deepEqual(tally((await clearedAtOnce(await opened.reopen())).map(String)), {
      ...{ true: 1, false: 99 },
    })
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

async function clearedAtOnce(store: Store): Promise<readonly boolean[]> {
  await fail(store, 1)
  const hundred = thousand.slice(0, 100)
  return Promise.all(hundred.map(() => store.clearFailedLogins("alice")))
}

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
