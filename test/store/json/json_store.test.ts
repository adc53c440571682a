// The JSON store as an engine, and what is seen of it while its disk fails.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Fault, FaultyDisk } from "../../support/faulty_disk.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { storeContract } from "../contract.ts"
import { endingAt } from "../sample_session.ts"
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
  test(`addUser() on a disk that fails, ${name}, changes nothing`, async (t) => {
    const { store, disk } = await openFaulty(t)
    await store.addUser(bob)
    const before = contents(disk)
    disk.fail(({ kind }) => (kind === "write" ? fault : null))
    await assertUnavailable(store.addUser(alice))
    assert.equal(await store.findUser("alice"), null)
    assert.equal(await store.countUsers(), 1)
    assert.deepEqual(contents(disk), before)
    disk.fail()
    assert.equal(await store.addUser(alice), "added")
    assert.deepEqual((await store.listUsers()).map(nameOf), ["alice", "bob"])
  })
}

test("every change on a disk that fails is Unavailable and changes nothing", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.addUser(bob)
  const before = contents(disk)
  disk.fail(({ kind }) => (kind === "write" ? { code: "EIO", taken: 50 } : null))
  await assertUnavailable(store.addUser(alice))
  await assertUnavailable(store.changeUser("bob", { disabled: true }))
  await assertUnavailable(store.deleteUser("bob", endingAt()))
  assert.deepEqual(await store.listUsers(), [bob])
  assert.equal(await store.seedUsers([alice]), "in_use")
  assert.deepEqual(contents(disk), before)
  disk.fail()
  assert.deepEqual(await store.deleteUser("bob", endingAt()), { user: bob, ended: [] })
})

test("seedUsers() on a disk that fails seeds nobody, and works the next time", async (t) => {
  const { store, disk } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { code: "ENOSPC", taken: 300 } : null))
  await assertUnavailable(store.seedUsers([alice, bob]))
  assert.deepEqual(await store.listUsers(), [])
  disk.fail()
  assert.equal(await store.seedUsers([alice, bob]), "seeded")
})

test("a write in small pieces is a write", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { taken: 7 } : null))
  assert.equal(await store.addUser(alice), "added")
  disk.fail()
  assert.deepEqual(await (await reopen()).listUsers(), [alice])
})

test("what waits behind a write that fails, fails too", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.addUser(bob)
  const held = disk.holdWrites()
  const first = [store.addUser(alice), store.changeUser("bob", { roles: [] })]
  await held.reached
  const behind = [
    store.addUser(alice),
    store.addUser(sampleUser("carol")),
    store.changeUser("alice", { disabled: true }),
    store.changeUser("bob", { disabled: true }),
    store.deleteUser("bob", endingAt()),
    store.deleteUser("bob", endingAt()),
    store.addUser(bob),
  ]
  held.letGo({ code: "ENOSPC", taken: 10 })
  for (const change of [...first, ...behind]) await assertUnavailable(change)
  assert.deepEqual(await store.listUsers(), [bob])
  disk.fail()
  assert.equal(await store.addUser(alice), "added")
  assert.deepEqual(await store.changeUser("bob", { disabled: true }), { ...bob, disabled: true })
})

test("reads see nothing that is still being written", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.addUser(bob)
  const held = disk.holdWrites()
  const changes = [
    store.addUser(alice),
    store.changeUser("bob", { passwordHash: sampleHash("B") }),
    store.deleteUser("bob", endingAt()),
  ]
  const decidedAlready = store.addUser(alice)
  const seeded = store.seedUsers([alice])
  await held.reached
  assert.equal(await store.findUser("alice"), null)
  assert.deepEqual(await store.listUsers(), [bob])
  assert.equal(await store.countUsers(), 1)
  const stillOpen = Symbol("still open")
  assert.equal(await Promise.race([decidedAlready, Promise.resolve(stillOpen)]), stillOpen)
  held.letGo()
  await Promise.all(changes)
  assert.equal(await decidedAlready, "taken")
  assert.equal(await seeded, "in_use")
  assert.deepEqual(await store.listUsers(), [alice])
})

test("a change is decided on one that is still being written, though an earlier one is done", async (t) => {
  const { store, disk } = await openFaulty(t)
  const held = disk.holdWrites()
  const add = store.addUser(alice)
  await held.reached
  const passwordHash = sampleHash("B")
  const second = store.changeUser("alice", { passwordHash })
  const condition = { ifPasswordHash: passwordHash }
  const third = add.then(() => {
    const written = store.findUser("alice")
    assert.deepEqual(written, alice)
    return store.changeUser("alice", { disabled: true }, condition)
  })
  held.letGo()
  assert.deepEqual(await second, { ...alice, passwordHash })
  assert.deepEqual(await third, { ...alice, passwordHash, disabled: true })
})

test("seedUsers() behind an add that fails, fails with it", async (t) => {
  const { store, disk } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "write" ? { code: "EIO" } : null))
  const add = store.addUser(alice)
  const seed = store.seedUsers([bob])
  await assertUnavailable(add)
  await assertUnavailable(seed)
  assert.equal(await store.countUsers(), 0)
})

test("a write whose bytes can't be cut off again keeps later writes out", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await store.addUser(bob)
  disk.fail(({ kind }) =>
    kind === "write" || kind === "truncate" ? { code: "EIO", taken: 9 } : null,
  )
  await assertUnavailable(store.addUser(alice))
  disk.fail(({ kind }) => (kind === "truncate" ? { code: "EIO" } : null))
  await assertUnavailable(store.addUser(alice))
  await assertUnavailable(store.addUser(sampleUser("carol")))
  assert.deepEqual(await store.listUsers(), [bob])
  disk.fail()
  assert.equal(await store.addUser(sampleUser("dave")), "added")
  assert.deepEqual((await (await reopen()).listUsers()).map(nameOf), ["bob", "dave"])
})

function contents(disk: FaultyDisk): Record<string, string> {
  return Object.fromEntries([...disk.files].map(([name, bytes]) => [name, bytes.toString("hex")]))
}
