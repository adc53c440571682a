// What failed logins leave on the disk, and what is left when it fails.

import assert from "node:assert/strict"
import { test } from "node:test"
import { settled } from "../../support/settled.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { openFaulty } from "./faulty_store.ts"

/** The changes of what was written since some operation. */
function changesSince({ disk }: Awaited<ReturnType<typeof openFaulty>>, done: number): unknown[] {
  return disk.operations.slice(done).flatMap((operation) => {
    if (operation.kind !== "write") return []
    const lines = operation.bytes.toString().trimEnd().split("\n")
    return lines.map((line) => JSON.parse(line).changes)
  })
}

test("failures.count() writes one entry of one record, whichever user it is for", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.users.create(sampleUser("alice"))
  const rows = [
    ["alice", "alice", { strangers: 1, devices: 0 }],
    ["carol", "-", { strangers: 1, devices: 0 }],
    [null, "-", { strangers: 2, devices: 0 }],
    ["no name at all", "-", { strangers: 3, devices: 0 }],
  ] as const
  for (const [name, key, counts] of rows) {
    const done = disk.operations.length
    await store.failures.count(name, "stranger")
    const record = { username: key, ...counts }
    assert.deepEqual(changesSince(opened, done), [[["failedLogins", key, record]]])
  }
})

test("failures.count() keeps the old count when the disk fails, and counts on from it", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await store.users.create(sampleUser("alice"))
  await store.failures.count("alice", "stranger")
  const counted = { username: "alice", strangers: 1, devices: 0 }
  disk.fail(() => ({ code: "ENOSPC" }))
  for (const name of ["alice", "carol", null]) {
    await assertUnavailable(store.failures.count(name, "stranger"))
  }
  await Promise.all([
    assertUnavailable(store.failures.count("alice", "stranger")),
    assertUnavailable(store.failures.count("alice", "device")),
  ])
  assert.deepEqual(await store.failures.find("alice"), counted)
  disk.fail()
  await store.failures.count("alice", "stranger")
  const again = await reopen()
  assert.deepEqual(await again.failures.find("alice"), { ...counted, strangers: 2 })
})

test("failures.clear() on a disk that fails clears nothing, also for a second caller", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(sampleUser("alice"))
  await store.failures.count("alice", "stranger")
  const held = disk.holdWrites()
  const first = assertUnavailable(store.failures.clear("alice"))
  await held.reached
  const second = assertUnavailable(store.failures.clear("alice"))
  await settled()
  held.letGo({ code: "ENOSPC" })
  await Promise.all([first, second])
  const counted = { username: "alice", strangers: 1, devices: 0 }
  assert.deepEqual(await store.failures.find("alice"), counted)
})

test("users.delete() removes the user and their failures in one entry, or neither on a disk that fails", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.users.create(sampleUser("alice"))
  await store.failures.count("alice", "stranger")
  disk.fail(() => ({ code: "ENOSPC" }))
  await assertUnavailable(store.users.delete("alice", windowAt()))
  assert.equal((await store.failures.find("alice"))?.strangers, 1)
  disk.fail()
  await store.failures.count("alice", "stranger")
  const done = disk.operations.length
  await store.users.delete("alice", windowAt())
  const reserved = { username: "alice", deletedAt: windowAt().at, isReleased: false }
  assert.deepEqual(changesSince(opened, done), [
    [
      ["users", "alice", null],
      ["reservedNames", "alice", reserved],
      ["failedLogins", "alice", null],
    ],
  ])
})

test("users.release() and the user who gets the name then are an entry each", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.users.create(sampleUser("alice"))
  await store.users.delete("alice", windowAt())
  disk.fail(() => ({ code: "ENOSPC" }))
  await assertUnavailable(store.users.release("alice"))
  disk.fail()
  assert.equal(await store.users.create(sampleUser("alice")), "reserved")
  const done = disk.operations.length
  await store.users.release("alice")
  await store.users.create(sampleUser("alice"))
  const reserved = { username: "alice", deletedAt: windowAt().at, isReleased: true }
  const user = { ...sampleUser("alice"), tokensNotBefore: windowAt().at + 1 }
  assert.deepEqual(changesSince(opened, done), [
    [["reservedNames", "alice", reserved]],
    [
      ["users", "alice", user],
      ["reservedNames", "alice", null],
    ],
  ])
})
