// The view of the database: what it remembers, when it asks, and when it forgets.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../../src/errors.ts"
import { View } from "../../../src/store/postgres/view.ts"
import { start } from "../sample_session.ts"
import { type DeltaAnswer, ScriptedDatabase, settled } from "./scripted_database.ts"

/** A view that remembers the session s1 and has seen the database. */
async function viewOfOne({ stalenessSeconds = 0, now = (): number => start } = {}) {
  const database = new ScriptedDatabase()
  const view = new View(database, { clock: { now }, stalenessSeconds })
  for (const _ of ["forgotten with the first delta", "kept"]) {
    const found = view.findSession("s1")
    await settled()
    if (database.deltas.length > 0) await database.answerDelta({})
    await database.giveSession("s1")
    assert.equal((await found)?.session.sid, "s1")
  }
  return { view, database }
}

test("find() of a remembered session waits for a delta that began after it", async () => {
  const { view, database } = await viewOfOne()
  let answered = 0
  const find = () => view.findSession("s1").then(() => answered++)
  const early = [find(), find()]
  await settled()
  const late = find()
  await settled()
  assert.equal(database.deltas.length, 2)
  assert.equal(answered, 0)
  await database.answerDelta({})
  assert.equal(answered, 2, "one delta is for all who wait")
  await Promise.all(early)
  await database.answerDelta({})
  await late
  assert.equal(database.reads.length, 0)
})

test("find() runs at most four deltas at once, and further requests share the next", async () => {
  const { view, database } = await viewOfOne()
  const found = []
  for (let round = 0; round < 9; round += 1) {
    found.push(view.findSession("s1"))
    await settled()
  }
  assert.equal(database.deltas.length, 4)
  for (let left = 5; left > 0; left -= 1) {
    await database.answerDelta({})
    assert.equal(database.deltas.length, left === 5 ? 4 : left - 1)
  }
  assert.ok((await Promise.all(found)).every((one) => one !== null))
})

test("find() reads a record again after a delta names it", async () => {
  for (const change of [["s", "s1"] as const, ["u", "alice"] as const]) {
    const { view, database } = await viewOfOne()
    const found = view.findSession("s1")
    await settled()
    await database.answerDelta({ changes: [["s", "other"], ["t", "s1"], change] })
    await database.giveSession("s1")
    assert.notEqual(await found, null)
    const again = view.findSession("s1")
    await settled()
    await database.answerDelta({ changes: [["s", "other"]] })
    assert.notEqual(await again, null)
    assert.equal(database.reads.length, 0, "it is remembered again")
  }
})

test("find() does not keep a record that changed while it was read", async () => {
  const { view, database } = await viewOfOne()
  const found = view.findSession("s2")
  const other = view.findSession("s1")
  await settled()
  await database.answerDelta({ changes: [["s", "s2"]] })
  await other
  await database.giveSession("s2")
  assert.notEqual(await found, null)
  const again = view.findSession("s2")
  await database.giveSession("s2")
  assert.notEqual(await again, null)
  assert.equal(database.deltas.length, 0, "it was not remembered, so it was read at once")
})

test("find() shares no reading that began before it", async () => {
  const { view, database } = await viewOfOne()
  const found = [view.findSession("s2"), view.findSession("s2")]
  await settled()
  assert.equal(database.reads.length, 2)
  for (const _ of found) await database.giveSession("s2")
  assert.ok((await Promise.all(found)).every((one) => one !== null))
})

const many = Array.from({ length: 10_001 }, (_, index) => ["s", `x${index}`] as const)

const losses: readonly (readonly [name: string, answer: DeltaAnswer])[] = [
  ["another server, or the same one started again", { server: "2" }],
  ["fewer transactions: a restored database", { snapshot: "9:9:" }],
  ["more time than the log certainly keeps changes", { at: 302 }],
  ["a clock of the database that went back", { at: 0 }],
  ["more changes than one delta tells", { changes: many }],
]

for (const [name, answer] of losses) {
  test(`find() forgets everything after ${name}`, async () => {
    const { view, database } = await viewOfOne()
    const found = view.findSession("s1")
    await settled()
    await database.answerDelta(answer)
    assert.equal(database.reads.length, 1)
    await database.giveSession("s1")
    assert.notEqual(await found, null)
  })
}

test("find() keeps its records while the log has every change", async () => {
  const { view, database } = await viewOfOne()
  const found = view.findSession("s1")
  await settled()
  await database.answerDelta({ at: 301, changes: many.slice(1), snapshot: "11:15:12" })
  assert.notEqual(await found, null)
  assert.equal(database.reads.length, 0)
})

test("find() is Unavailable for all who wait for a delta that fails, and then works", async () => {
  const { view, database } = await viewOfOne()
  for (const fail of [
    () => database.deltas.shift()?.fail(new Unavailable("No answer")),
    () => database.answerDelta({ isStandby: true }),
  ]) {
    const found = [view.findSession("s1"), view.findSession("s1")]
    await settled()
    const refused = found.map((one) => assert.rejects(one, Unavailable))
    await fail()
    await Promise.all(refused)
  }
  const found = view.findSession("s1")
  await settled()
  await database.answerDelta({})
  assert.notEqual(await found, null)
})

test("find() takes no answer of a standby", async () => {
  const { view, database } = await viewOfOne()
  const found = view.findUser("bob")
  database.reads.shift()?.answer([{ user: null, keysVersion: null, isStandby: true }])
  await assert.rejects(found, { name: "Unavailable", message: "The database is a standby" })
  assert.equal(database.isLeft, true, "the connection may lead to the old primary for good")
})

test("find() within the staleness asks nothing, and afterwards it does", async () => {
  let now = start
  const { view, database } = await viewOfOne({ stalenessSeconds: 60, now: () => now })
  for (const passed of [0, 1, 61]) {
    now = start + passed
    assert.notEqual(await view.findSession("s1"), null)
  }
  // The machine was suspended: only the wall clock went on.
  now = start + 62
  const found = view.findSession("s1")
  await settled()
  assert.equal(database.deltas.length, 1)
  await database.answerDelta({ changes: [["s", "s1"]] })
  await database.giveSession("s1")
  assert.notEqual(await found, null)
})

test("find() after a change of this process waits for a delta within the staleness too", async () => {
  const { view, database } = await viewOfOne({ stalenessSeconds: 60 })
  const failed = view.changing(async () => assert.fail("nothing was promised"), { sid: "s1" })
  await assert.rejects(failed, assert.AssertionError)
  assert.notEqual(await view.findSession("s1"), null, "as fresh as before")
  await view.changing(async () => {})
  const found = view.findSession("s1")
  await settled()
  await database.answerDelta({})
  assert.notEqual(await found, null)
  await view.changing(async () => {}, { sid: "s1" })
  const again = view.findSession("s1")
  await database.giveSession("s1")
  assert.notEqual(await again, null)
})

test("counts.figures() has the validations, their failures and the age of the state", async () => {
  const { view, database } = await viewOfOne()
  const before = view.counts.figures()
  assert.equal(before.forgotten, 1, "with the first delta")
  assert.deepEqual([before.changesTold, before.validationFailures], [0, 0])
  const found = view.findSession("s1")
  await settled()
  await database.answerDelta({
    changes: [
      ["s", "other"],
      ["u", "bob"],
    ],
  })
  await found
  const failing = assert.rejects(view.findSession("s1"), Unavailable)
  await settled()
  database.deltas.shift()?.fail(new Unavailable("The database does not answer"))
  await failing
  const { validations, ageSeconds, ...counts } = view.counts.figures()
  assert.deepEqual(counts, { validationFailures: 1, changesTold: 2, forgotten: 1 })
  assert.equal(
    validations.counts.reduce((sum, count) => sum + count, 0),
    2,
  )
  assert.ok(ageSeconds !== null && ageSeconds >= 0 && ageSeconds < 60)
})

test("counts has no age before the first delta", () => {
  const view = new View(new ScriptedDatabase(), {
    ...{ clock: { now: () => start }, stalenessSeconds: 0 },
  })
  assert.equal(view.counts.figures().ageSeconds, null)
})
