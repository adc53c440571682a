// Sessions of the JSON store on a disk that is full.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { assertUnavailable } from "../assert_unavailable.ts"
import { fill, presented, sampleSession, start, startOptions, windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { findSession, rotate } from "../session_calls.ts"
import { openFaulty } from "./faulty_store.ts"
import { tally, thousand } from "./opened_store.ts"

const diskFull = { code: "ENOSPC", taken: 40 }
const first = sampleSession("s1")

test("sessions.rotate() whose write fails uses up no token, for any of 1000 callers", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await fill(store, [first])
  for (const round of [1, 2, 3]) {
    const held = disk.holdWrites()
    const early = thousand.slice(0, 500).map(() => rotate(store, "s1", presented(0)))
    await held.reached
    const late = thousand.slice(500).map(() => rotate(store, "s1", presented(0)))
    held.letGo(diskFull)
    for (const rotating of [...early, ...late]) await assertUnavailable(rotating)
    assert.deepEqual(await findSession(store, "s1"), first, `round ${round}`)
    disk.fail()
  }
  const outcomes = await Promise.all([
    rotate(store, "s1", presented(0, start + 3600)),
    rotate(store, "s1", presented(0, start + 3600)),
  ])
  assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { rotated: 1, replayed: 1 })
  const found = await findSession(store, "s1")
  assert.deepEqual(await findSession(await reopen(), "s1"), found)
  assert.equal(found?.rotations, 1)
})

test("a session stays in its user's list when its end could not be written", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(sampleUser("alice"))
  let writes = 0
  let letGo = () => {}
  const gate = new Promise<null>((resolve) => {
    letGo = () => resolve(null)
  })
  disk.fail(({ kind }) => {
    writes += kind === "write" ? 1 : 0
    if (kind !== "write") return null
    return writes === 1 ? gate : diskFull
  })
  const started = store.sessions.start(sampleSession("n1"), startOptions())
  await turn()
  const ending = store.sessions.endAll("alice", { window: windowAt() })
  const second = store.sessions.start(sampleSession("n2"), startOptions())
  letGo()
  await started
  await assertUnavailable(ending)
  await assertUnavailable(second)
  disk.fail()
  assert.deepEqual(
    (await store.sessions.list("alice")).map(({ sid }) => sid),
    ["n1"],
  )
  const ended = await store.users.delete("alice", windowAt())
  assert.ok(ended !== null && typeof ended === "object")
  assert.deepEqual(
    ended.ended.map(({ sid }) => sid),
    ["n1"],
  )
  assert.equal(await findSession(store, "n1"), null)
})

test("a failed rotation leaves the token valid, also after a restart", async (t) => {
  const { store, disk, reopen } = await openFaulty(t)
  await fill(store, [first])
  disk.fail(({ kind }) => (kind === "write" ? diskFull : null))
  await assertUnavailable(rotate(store, "s1", presented(0)))
  disk.fail()
  const again = await reopen()
  assert.deepEqual(await findSession(again, "s1"), first)
  assert.equal((await rotate(again, "s1", presented(0, start + 99))).outcome, "rotated")
})
