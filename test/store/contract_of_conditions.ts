// What every engine must pass: changes on condition that a user is as somebody has seen them, and
// that somebody is left who administers. What makes a version is test/domain/user_condition.test.ts's.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { User } from "../../src/domain/user.ts"
import { type ChangeCondition, versionOf } from "../../src/domain/user_condition.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thousand } from "./json/opened_store.ts"
import { fill, sampleSession, windowAt } from "./sample_session.ts"
import { numbered, sampleHash, sampleUser } from "./sample_user.ts"

const window = windowAt()
const alice = sampleUser("alice")
const keepsAdmin = true

/** A user who administers. */
export function sampleAdmin(username: string): User {
  return sampleUser(username, { roles: ["admin"] })
}

/** Each way to change a user, with a condition. */
const changes: Readonly<
  Record<string, (store: Store, condition: ChangeCondition) => Promise<unknown>>
> = {
  change: ({ users }, condition) => users.change("alice", { addRole: "auditor" }, condition),
  reset: ({ users }, condition) => users.reset("alice", {}, { window, ...condition }),
  delete: ({ users }, condition) => users.delete("alice", window, condition),
}

/** Each way to take somebody away who administers. */
const demotions: Readonly<
  Record<string, (store: Store, username: string, condition?: ChangeCondition) => Promise<unknown>>
> = {
  "role removed": ({ users }, name, condition) =>
    users.change(name, { removeRole: "admin" }, condition),
  disabled: ({ users }, name, condition) =>
    users.reset(name, { disabled: true }, { window, ...condition }),
  deleted: ({ users }, name, condition) => users.delete(name, window, condition),
}

/** Defines the tests of `ifVersion`. */
export function conditionsContract(engine: string, open: OpenStore): void {
  for (const [name, change] of Object.entries(changes)) {
    test(`${engine}: users.${name}() of another version changes nothing`, async (t) => {
      const { store, reopen } = await open(t)
      await fill(store, [sampleSession("s1")])
      const ifVersion = [versionOf(alice)]
      assert.equal(typeof (await store.users.change("alice", numbered(1))), "object")
      const changed = await store.users.find("alice")
      for (const refused of [ifVersion, [], ["", "*"]]) {
        assert.equal(await change(store, { ifVersion: refused }), "other_version")
      }
      assert.deepEqual(await store.users.find("alice"), changed)
      assert.equal((await store.sessions.list("alice")).length, 1)
      const again = await reopen()
      const now = versionOf(changed ?? assert.fail())
      const outcome = await change(again, { ifVersion: [...ifVersion, now] })
      assert.equal(typeof outcome, "object", String(outcome))
    })

    test(`${engine}: users.${name}() of one version 100 times at once wins once`, async (t) => {
      const { store } = await open(t)
      await store.users.create(alice)
      const ifVersion = [versionOf(alice)]
      const outcomes = await Promise.all(
        thousand.slice(0, 100).map(() => change(store, { ifVersion })),
      )
      const words = outcomes.map((one) =>
        one === null || typeof one === "string" ? String(one) : "won",
      )
      const refused = name === "delete" ? { null: 99 } : { other_version: 99 }
      assert.deepEqual(tally(words), { won: 1, ...refused })
    })
  }

  test(`${engine}: two new passwords for one version are one new password`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    // A reset before makes the next one, in the same second, leave `tokensNotBefore` as it is.
    const reset = await store.users.reset("alice", {}, { window })
    assert.ok(typeof reset === "object")
    const ifVersion = [versionOf(reset.user)]
    const outcomes = await Promise.all(
      ["B", "C"].map((letter) =>
        store.users.reset("alice", { passwordHash: sampleHash(letter) }, { window, ifVersion }),
      ),
    )
    const words = outcomes.map((one) => (typeof one === "string" ? one : "won"))
    assert.deepEqual(tally(words), { won: 1, other_version: 1 })
  })
}

/** Defines the tests of `keepsAdmin`. */
export function lastAdminContract(engine: string, open: OpenStore): void {
  for (const [how, demote] of Object.entries(demotions)) {
    test(`${engine}: keepsAdmin refuses that the last admin is ${how}`, async (t) => {
      const { store, reopen } = await open(t)
      await store.users.create(sampleAdmin("ann"))
      await store.users.create(sampleAdmin("off"))
      await store.users.create(alice)
      await store.users.reset("off", { disabled: true }, { window })
      const before = await store.users.find("ann")
      assert.equal(await demote(store, "ann", { keepsAdmin }), "last_admin")
      assert.deepEqual(await store.users.find("ann"), before)
      // Nobody is taken away: who does not administer, or somebody who is not there.
      assert.equal(typeof (await demote(store, "off", { keepsAdmin })), "object")
      assert.notEqual(await demote(store, "alice", { keepsAdmin }), "last_admin")
      assert.notEqual(await demote(store, "nobody", { keepsAdmin }), "last_admin")
      const again = await reopen()
      assert.equal(await demote(again, "ann", { keepsAdmin }), "last_admin")
      await again.users.create(sampleAdmin("bea"))
      assert.equal(typeof (await demote(again, "ann", { keepsAdmin })), "object")
      assert.equal(await demote(again, "bea", { keepsAdmin }), "last_admin")
      // The operator at the machine may do anything.
      assert.equal(typeof (await demote(again, "bea")), "object")
    })

    test(`${engine}: admins who are all ${how} at once leave one`, async (t) => {
      const { store } = await open(t)
      const names = thousand.slice(0, 10).map((index) => `admin${index}`)
      for (const round of thousand.slice(0, 3)) {
        for (const name of names) await store.users.create(sampleAdmin(`${name}.${round}`))
        const outcomes = await Promise.all(
          names.map((name) => demote(store, `${name}.${round}`, { keepsAdmin })),
        )
        const refused = outcomes.filter((outcome) => outcome === "last_admin")
        assert.equal(refused.length, 1)
        await demote(store, `${names[outcomes.indexOf("last_admin")]}.${round}`)
      }
    })
  }

  test(`${engine}: keepsAdmin lets an admin go after another one is created or enabled`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleAdmin("ann"))
    await store.users.create(alice)
    await store.users.change("alice", { addRole: "admin" })
    await store.users.reset("alice", { disabled: true }, { window })
    assert.equal(await store.users.delete("ann", window, { keepsAdmin }), "last_admin")
    await store.users.change("alice", { disabled: false })
    assert.equal(typeof (await store.users.delete("ann", window, { keepsAdmin })), "object")
    const change = { removeRole: "admin" }
    assert.equal(await store.users.change("alice", change, { keepsAdmin }), "last_admin")
  })
}
