// Whether the database can be used, as /readyz asks: without other requests, while it is silent, a
// standby, read-only, or refuses the role.

import assert from "node:assert/strict"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { Unavailable } from "../../../src/errors.ts"
import { type Database, DatabaseRefusal } from "../../../src/store/postgres/database.ts"
import { migrate } from "../../../src/store/postgres/migrations.ts"
import { createUsableQuestion } from "../../../src/store/postgres/usable_question.ts"
import { startProxy } from "../../support/database_proxy.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { millisOf, openedDatabase, until } from "./opened_database.ts"

const { skip, server, host } = await postgresForTests()
const quick = { waitMillisMax: 1_000 }
/** A busy machine may run a timer this late. */
const lateMillis = 500

if (skip === false) {
  const database = await openPlainDatabase(host)
  await migrate(database)
  await database.close()
}

test("a silent database is unusable within a second, then at once, until it answers", {
  skip,
}, async (t) => {
  const proxy = await startProxy(t, host)
  const { database } = await openedDatabase(t, { port: proxy.port }, quick)
  const isUsable = createUsableQuestion(database)
  assert.equal(await isUsable(), true)
  proxy.silence(true)
  const millis = await millisOf(async () => assert.equal(await isUsable(), false))
  assert.ok(millis > 900 - lateMillis && millis < 1000 + lateMillis, `${millis} ms`)
  const again = await millisOf(async () => assert.equal(await isUsable(), false))
  assert.ok(again < 50, `${again} ms`)
  proxy.silence(false)
  await until(() => database.isAvailable())
  assert.equal(await isUsable(), true)
})

test("a database that is a standby is unusable, until it is promoted", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const isUsable = createUsableQuestion(database)
  assert.equal(await isUsable(), true)
  const signal = join(host, "data/standby.signal")
  t.after(() => rmSync(signal, { force: true }))
  writeFileSync(signal, "")
  await server?.restart()
  assert.equal(await isUsable(), false)
  // Also on a connection that nobody has checked.
  const unchecked = await openPlainDatabase(host)
  await assert.rejects(createUsableQuestion(unchecked)(), (error) => {
    return error instanceof Unavailable && (error.cause as DatabaseRefusal).code === "25006"
  })
  await unchecked.close()
  rmSync(signal)
  await server?.restart()
  await until(() => database.isAvailable())
  assert.equal(await isUsable(), true)
})

test("a connection whose server turned read-only is unusable, and is given up", {
  skip,
}, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const isUsable = createUsableQuestion(database)
  await database.query("set default_transaction_read_only = on")
  assert.equal(await isUsable(), false)
  await until(() => database.isAvailable())
  assert.equal(await isUsable(), true)
})

test("a role without rights is named in the log, not in the reply", { skip }, async (t) => {
  const { database: owner } = await openedDatabase(t, { host })
  await owner.query("create role bare login")
  const { database } = await openedDatabase(t, { host, user: "bare" })
  await assert.rejects(createUsableQuestion(database)(), (error) => {
    assert.ok(error instanceof Unavailable && error.cause instanceof DatabaseRefusal)
    assert.equal(error.message, "The database refuses what Postern needs")
    assert.equal(error.cause.code, "42501")
    return true
  })
})

test("many calls at once send one statement, and it changes no row", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  let queries = 0
  const counted: Database = {
    change: (text, values) => database.change(text, values),
    transaction: (work) => database.transaction(work),
    leave: (cause) => database.leave(cause),
    isAvailable: () => database.isAvailable(),
    figures: () => database.figures(),
    close: () => database.close(),
    query(text, values) {
      queries += 1
      return database.query(text, values)
    },
  }
  const isUsable = createUsableQuestion(counted)
  const version = "select xmin::text, ctid::text from postern.facts"
  const before = await database.query(version)
  const answers = await Promise.all(Array.from({ length: 50 }, isUsable))
  assert.deepEqual([new Set(answers), queries], [new Set([true]), 1])
  assert.equal(await isUsable(), true)
  assert.equal(queries, 2)
  assert.deepEqual(await database.query(version), before)
})
