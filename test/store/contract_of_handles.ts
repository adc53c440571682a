// What every engine must pass: users are found by the handle of their factors.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../src/store/store.ts"
import type { OpenStore } from "./json/opened_store.ts"
import { handle, pendingTotp, recoveryCodes, samplePasskey } from "./sample_factors.ts"
import { sampleSession, start, startOptions, windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const other = "i".repeat(43)
const alice = sampleUser("alice")
const passkey = samplePasskey("k1")
const addPasskey = { addPasskey: passkey, recoveryCodes: recoveryCodes(), ticket: null, at: start }
const remove = { remove: passkey.id, keepsOne: false }

async function nameBy(store: Store, text: string): Promise<string | undefined> {
  return (await store.users.findByHandle(text))?.username
}

/** Defines the tests of `findByHandle`. */
export function handlesContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.findByHandle() gives the user of exactly the handle`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    await store.users.create(sampleUser("bob"))
    await store.users.create(sampleUser("carol"))
    await store.users.change("alice", { factors: { ...addPasskey, handle } })
    await store.users.change("bob", { factors: { offerTotp: pendingTotp, handle: other } })
    assert.deepEqual(await store.users.findByHandle(handle), await store.users.find("alice"))
    assert.equal(await nameBy(store, other), "bob")
    const none = ["", handle.slice(1), handle.toUpperCase(), `${handle} `, "alice", "null"]
    for (const text of [...none, `${handle}\0`, "__proto__", "\ud800"]) {
      assert.equal(await store.users.findByHandle(text), null, JSON.stringify(text))
    }
  })

  test(`${engine}: users.findByHandle() knows handles after each change and start`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create({ ...alice, factors: null })
    assert.equal(await store.users.findByHandle(handle), null)
    const options = { window: windowAt(), factors: { ...addPasskey, handle } }
    assert.ok(typeof (await store.users.reset("alice", {}, options)) === "object")
    assert.equal(await nameBy(store, handle), "alice")
    // Without its last factor the user has no handle, and the next factor comes with a new one.
    assert.ok(typeof (await store.users.change("alice", { factors: remove })) === "object")
    assert.equal(await nameBy(store, handle), undefined)
    await store.users.change("alice", { factors: { ...addPasskey, handle: other } })
    assert.equal(await nameBy(store, handle), undefined)
    assert.equal(await nameBy(store, other), "alice")
    const use = { method: "passkey", id: passkey.id, counter: passkey.counter + 1 } as const
    const factors = { use, ticket: null, at: start }
    assert.ok(await store.sessions.start(sampleSession("s1"), { ...startOptions(), factors }))
    const found = await store.users.findByHandle(other)
    assert.equal(found?.factors?.passkeys[0]?.counter, use.counter)
    const again = await reopen()
    assert.equal(await nameBy(again, other), "alice")
    await again.users.delete("alice", windowAt())
    assert.equal(await nameBy(again, other), undefined)
  })
}
