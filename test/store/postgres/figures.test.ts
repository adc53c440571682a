// The numbers of the PostgreSQL engine, for monitoring.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../../src/errors.ts"
import { DatabaseRefusal } from "../../../src/store/postgres/database.ts"
import { measuringChanges } from "../../../src/store/postgres/measured_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { sampleSession, start, startOptions } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { connectStore } from "./connected_store.ts"
import { emptySchema } from "./postgres_engine.ts"
import { ScriptedDatabase } from "./scripted_database.ts"

const { skip, server, host } = await postgresForTests()

test("figures() of a replica has its connections, its writes and its view", { skip }, async (t) => {
  await emptySchema(server ?? assert.fail())
  const { store } = await connectStore(t, { host })
  const { writes, changes, journal, database } = store.figures()
  assert.deepEqual([sum(writes.counts), changes, journal], [0, { done: 0, failed: 0 }, null])
  const none = { isAvailable: true, connections: { reading: 1, writing: 0 }, waiting: 0 }
  const { view, ...connections } = database ?? assert.fail()
  assert.deepEqual(connections, none)
  assert.deepEqual([sum(view.validations.counts), view.ageSeconds], [0, null])
  await store.users.create(sampleUser("alice"))
  await store.sessions.start(sampleSession("s1"), startOptions())
  for (let request = 0; request < 3; request += 1) await store.sessions.find("s1")
  const used = store.figures()
  assert.deepEqual([sum(used.writes.counts), used.changes], [2, { done: 2, failed: 0 }])
  assert.ok(used.writes.sumSeconds > 0)
  assert.equal(used.database?.connections.writing, 1)
  // The first read is kept by the second delta at the latest.
  const validations = sum(used.database?.view.validations.counts ?? [])
  assert.ok(validations >= 1 && validations <= 3, `${validations}`)
  assert.ok((used.database?.view.ageSeconds ?? 60) < 60)
  assert.equal(used.database?.view.horizonSeconds, 0)
  assert.equal(await store.sessions.count(start), 1)
})

test("figures() waits with the changes that wait for a connection", { skip }, async (t) => {
  await emptySchema(server ?? assert.fail())
  const { store } = await connectStore(t, { host })
  const names = Array.from({ length: 9 }, (_, index) => `user${index}`)
  const changes = names.map((name) => store.users.create(sampleUser(name)))
  const { database } = store.figures()
  assert.deepEqual([database?.connections.writing, database?.waiting], [4, 5])
  await Promise.all(changes)
  assert.deepEqual([store.figures().changes.done, store.figures().database?.waiting], [9, 0])
})

test("measuringChanges() counts as failed what the database did not answer", async () => {
  const outcomes: (Error | null)[] = [
    new Unavailable("The database does not answer"),
    new DatabaseRefusal("duplicate key", { code: "23505", constraint: "users_pkey" }),
    null,
  ]
  const answer = async () => {
    const outcome = outcomes.shift() ?? null
    if (outcome !== null) throw outcome
    return []
  }
  const script = new ScriptedDatabase()
  const plain = { ...script, ...{ change: answer, transaction: answer } } as never
  const { database, figures } = measuringChanges(plain)
  await assert.rejects(database.change(""), Unavailable)
  await assert.rejects(
    database.transaction(async () => {}),
    DatabaseRefusal,
  )
  await database.change("")
  assert.deepEqual(figures().changes, { done: 1, failed: 1 })
  assert.equal(sum(figures().writes.counts), 1)
})

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}
