// What failed logins leave on the disk, and what is left when it fails.

import assert from "node:assert/strict"
import { test } from "node:test"
import { settled } from "../../support/settled.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { endingAt } from "../sample_session.ts"
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

test("countFailedLogin() writes one entry of one record, whoever it is for", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.addUser(sampleUser("alice"))
  const rows = [
    ["alice", "alice", { strangers: 1, devices: 0 }],
    ["carol", "-", { strangers: 1, devices: 0 }],
    [null, "-", { strangers: 2, devices: 0 }],
    ["no name at all", "-", { strangers: 3, devices: 0 }],
  ] as const
  for (const [name, key, counts] of rows) {
    const done = disk.operations.length
    await store.countFailedLogin(name, "stranger")
    const record = { username: key, ...counts }
    assert.deepEqual(changesSince(opened, done), [[["failedLogins", key, record]]])
  }
})

test("countFailedLogin() on a disk that fails leaves what was, and goes on from there", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await store.addUser(sampleUser("alice"))
  await store.countFailedLogin("alice", "stranger")
  const counted = { username: "alice", strangers: 1, devices: 0 }
  disk.fail(() => ({ code: "ENOSPC" }))
  for (const name of ["alice", "carol", null]) {
    await assertUnavailable(store.countFailedLogin(name, "stranger"))
  }
  await Promise.all([
    assertUnavailable(store.countFailedLogin("alice", "stranger")),
    assertUnavailable(store.countFailedLogin("alice", "device")),
  ])
  assert.deepEqual(await store.findFailedLogins("alice"), counted)
  disk.fail()
  await store.countFailedLogin("alice", "stranger")
  const again = await reopen()
  assert.deepEqual(await again.findFailedLogins("alice"), { ...counted, strangers: 2 })
})

test("clearFailedLogins() on a disk that fails clears nothing, also for who came second", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.addUser(sampleUser("alice"))
  await store.countFailedLogin("alice", "stranger")
  const held = disk.holdWrites()
  const first = assertUnavailable(store.clearFailedLogins("alice"))
  await held.reached
  const second = assertUnavailable(store.clearFailedLogins("alice"))
  await settled()
  held.letGo({ code: "ENOSPC" })
  await Promise.all([first, second])
  const counted = { username: "alice", strangers: 1, devices: 0 }
  assert.deepEqual(await store.findFailedLogins("alice"), counted)
})

test("deleteUser() and what the user failed are one entry, or nothing on a disk that fails", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.addUser(sampleUser("alice"))
  await store.countFailedLogin("alice", "stranger")
  disk.fail(() => ({ code: "ENOSPC" }))
  await assertUnavailable(store.deleteUser("alice", endingAt()))
  assert.equal((await store.findFailedLogins("alice"))?.strangers, 1)
  disk.fail()
  await store.countFailedLogin("alice", "stranger")
  const done = disk.operations.length
  await store.deleteUser("alice", endingAt())
  const reserved = { username: "alice", deletedAt: endingAt().at, isReleased: false }
  assert.deepEqual(changesSince(opened, done), [
    [
      ["users", "alice", null],
      ["reservedNames", "alice", reserved],
      ["failedLogins", "alice", null],
    ],
  ])
})

test("releaseName() and the user who gets the name then are an entry each", async (t) => {
  const opened = await openFaulty(t)
  const { store, disk } = opened
  await store.addUser(sampleUser("alice"))
  await store.deleteUser("alice", endingAt())
  disk.fail(() => ({ code: "ENOSPC" }))
  await assertUnavailable(store.releaseName("alice"))
  disk.fail()
  assert.equal(await store.addUser(sampleUser("alice")), "reserved")
  const done = disk.operations.length
  await store.releaseName("alice")
  await store.addUser(sampleUser("alice"))
  const reserved = { username: "alice", deletedAt: endingAt().at, isReleased: true }
  const user = { ...sampleUser("alice"), tokensNotBefore: endingAt().at + 1 }
  assert.deepEqual(changesSince(opened, done), [
    [["reservedNames", "alice", reserved]],
    [
      ["users", "alice", user],
      ["reservedNames", "alice", null],
    ],
  ])
})
