// The JSON store as an engine, and what is seen of it while its disk fails.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Fault, FaultyDisk } from "../../support/faulty_disk.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { storeContract } from "../contract.ts"
import { windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { openFaulty } from "./faulty_store.ts"
import { jsonEngine } from "./json_engine.ts"
import { nameOf } from "./opened_store.ts"

const alice = sampleUser("alice")
const bob = sampleUser("bob")

storeContract("JSON store", jsonEngine(4 * 1024 * 1024))

const writeFaults: readonly (readonly [name: string, fault: Fault])[] = [
  ["ENOSPC at once", { code: "ENOSPC" }],
  ["ENOSPC after 1 byte", { code: "ENOSPC", taken: 1 }],
  ["EIO after half of the entry", { code: "EIO", taken: 120 }],
  ["EFBIG after all but the line end", { code: "EFBIG", taken: 279 }],
  ["EIO after all of the entry", { code: "EIO", taken: 100_000 }],
  ["none of the bytes taken, without an error", { taken: 0 }],
]

for (const [name, fault] of writeFaults) {
  test(`users.create() on a disk that fails, ${name}, changes nothing`, async (t) => {
    const { store, disk } = await openFaulty(t)
    await store.users.create(bob)
    const before = contents(disk)
    disk.fail(({ kind }) => (kind === "write" ? fault : null))
    await assertUnavailable(store.users.create(alice))
    assert.equal(await store.users.find("alice"), null)
    assert.equal(await store.users.count(), 1)
    assert.deepEqual(contents(disk), before)
    disk.fail()
    assert.equal(await store.users.create(alice), "created")
    assert.deepEqual((await store.users.list()).map(nameOf), ["alice", "bob"])
  })
}

test("every change on a disk that fails is Unavailable and changes nothing", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(bob)
  const before = contents(disk)
  disk.fail(({ kind }) => (kind === "write" ? { code: "EIO", taken: 50 } : null))
  await assertUnavailable(store.users.create(alice))
  await assertUnavailable(store.users.change("bob", { addRole: "admin" }))
  await assertUnavailable(store.users.delete("bob", windowAt()))
  assert.deepEqual(await store.users.list(), [bob])
  assert.equal(await store.users.seed([alice]), "in_use")
  assert.deepEqual(contents(disk), before)
  disk.fail()
  assert.deepEqual(await store.users.delete("bob", windowAt()), { user: bob, ended: [] })
})

test("users.seed() on a disk that fails makes no user, and works the next time", async (t) => {
  const { store, disk } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { code: "ENOSPC", taken: 300 } : null))
  await assertUnavailable(store.users.seed([alice, bob]))
  assert.deepEqual(await store.users.list(), [])
  disk.fail()
  assert.equal(await store.users.seed([alice, bob]), "seeded")
})

test("a write in small pieces is a write", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { taken: 7 } : null))
  assert.equal(await store.users.create(alice), "created")
  disk.fail()
  assert.deepEqual(await (await reopen()).users.list(), [alice])
})

test("writes that wait behind a failed write fail, too", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(bob)
  const held = disk.holdWrites()
  const first = [store.users.create(alice), store.users.change("bob", { removeRole: "reader" })]
  await held.reached
  const behind = [
    store.users.create(alice),
    store.users.create(sampleUser("carol")),
    store.users.change("alice", { addRole: "admin" }),
    store.users.change("bob", { addRole: "admin" }),
    store.users.delete("bob", windowAt()),
    store.users.delete("bob", windowAt()),
    store.users.create(bob),
  ]
  held.letGo({ code: "ENOSPC", taken: 10 })
  for (const change of [...first, ...behind]) await assertUnavailable(change)
  assert.deepEqual(await store.users.list(), [bob])
  disk.fail()
  assert.equal(await store.users.create(alice), "created")
  assert.deepEqual(await store.users.change("bob", { addRole: "admin" }), {
    ...bob,
    roles: ["admin", "reader"],
  })
})

test("reads see nothing that is still being written", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(bob)
  const held = disk.holdWrites()
  const changes = [
    store.users.create(alice),
    store.users.change("bob", { addRole: "admin" }),
    store.users.delete("bob", windowAt()),
  ]
  const decidedAlready = store.users.create(alice)
  const seeded = store.users.seed([alice])
  await held.reached
  assert.equal(await store.users.find("alice"), null)
  assert.deepEqual(await store.users.list(), [bob])
  assert.equal(await store.users.count(), 1)
  const stillOpen = Symbol("still open")
  assert.equal(await Promise.race([decidedAlready, Promise.resolve(stillOpen)]), stillOpen)
  held.letGo()
  await Promise.all(changes)
  assert.equal(await decidedAlready, "taken")
  assert.equal(await seeded, "in_use")
  assert.deepEqual(await store.users.list(), [alice])
})

test("a change is decided on the latest pending record, though an earlier write is done", async (t) => {
  const { store, disk } = await openFaulty(t)
  const held = disk.holdWrites()
  const add = store.users.create(alice)
  await held.reached
  const passwordHash = sampleHash("B")
  const ifPasswordHash = alice.passwordHash
  const second = store.users.change("alice", { passwordHash, ifPasswordHash })
  const third = add.then(async () => {
    assert.deepEqual(await store.users.find("alice"), alice)
    const third = { passwordHash: sampleHash("C"), ifPasswordHash: passwordHash }
    return store.users.change("alice", third)
  })
  held.letGo()
  assert.deepEqual(await second, { ...alice, passwordHash })
  assert.deepEqual(await third, { ...alice, passwordHash: sampleHash("C") })
})

test("users.seed() behind an add that fails, fails with it", async (t) => {
  const { store, disk } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { code: "EIO" } : null))
  const add = store.users.create(alice)
  const seed = store.users.seed([bob])
  await assertUnavailable(add)
  await assertUnavailable(seed)
  assert.equal(await store.users.count(), 0)
})

test("writes fail after a failed write whose bytes can't be cut off", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await store.users.create(bob)
  disk.fail(({ kind }) =>
    kind === "write" || kind === "truncate" ? { code: "EIO", taken: 9 } : null,
  )
  await assertUnavailable(store.users.create(alice))
  disk.fail(({ kind }) => (kind === "truncate" ? { code: "EIO" } : null))
  await assertUnavailable(store.users.create(alice))
  await assertUnavailable(store.users.create(sampleUser("carol")))
  assert.deepEqual(await store.users.list(), [bob])
  disk.fail()
  assert.equal(await store.users.create(sampleUser("dave")), "created")
  assert.deepEqual((await (await reopen()).users.list()).map(nameOf), ["bob", "dave"])
})

function contents(disk: FaultyDisk): Record<string, string> {
  return Object.fromEntries([...disk.files].map(([name, bytes]) => [name, bytes.toString("hex")]))
}
