// The schema: who makes it, who finds it made, and who can't use it. And a server that is started
// again while stores are open.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { OperatorError, Unavailable } from "../../../src/errors.ts"
import type { Database } from "../../../src/store/postgres/database.ts"
import { migrate, migrationStatus, migrations } from "../../../src/store/postgres/migrations.ts"
import { rowOfSession, rowOfUser } from "../../../src/store/postgres/rows.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { fill, sampleSession, start, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { emptySchema, openOn } from "./postgres_engine.ts"

const { skip, server } = await postgresForTests()
const all = migrations.map(({ number }) => number)
const [first = assert.fail()] = migrations
const newest = Math.max(...all)
const added = {
  number: newest + 1,
  name: "one more table",
  needs: newest,
  statements: ["create table postern.more (id integer)"],
}

test("migrate() of five services at once makes the schema once", { skip }, async (t) => {
  const databases = await Promise.all([1, 2, 3, 4, 5].map(() => withoutSchema(t)))
  assert.deepEqual(await migrationStatus(databases[0] ?? assert.fail()), {
    applied: [],
    pending: migrations,
  })
  const outcomes = await Promise.allSettled(databases.map((database) => migrate(database)))
  const made = outcomes.filter(({ status }) => status === "fulfilled")
  const failed = outcomes.filter((one) => one.status === "rejected")
  assert.equal(made.filter((one) => "value" in one && one.value.length > 0).length, 1)
  for (const { reason } of failed) assert.ok(reason instanceof Unavailable, String(reason))
  for (const database of databases) {
    assert.deepEqual(await migrate(database), [])
    assert.deepEqual(await migrationStatus(database), { applied: all, pending: [] })
  }
})

test("migrate() that fails changes nothing", { skip }, async (t) => {
  const database = await withoutSchema(t)
  await migrate(database)
  const broken = { ...added, statements: [...added.statements, "select nothing"] }
  await assert.rejects(migrate(database, [...migrations, broken]), { code: "42703" })
  assert.deepEqual((await migrationStatus(database)).applied, all)
  assert.deepEqual(await migrate(database, [...migrations, added]), [added])
})

test("migrate() is Unavailable while another service changes the schema", { skip }, async (t) => {
  const [database, other] = [await withoutSchema(t), await connected(t)]
  await migrate(database)
  await other.transaction(async (query) => {
    await query("select 1 from postern.migrations where number = 0 for update")
    await assert.rejects(
      migrate(database, [...migrations, added]),
      (error) =>
        error instanceof Unavailable && error.message === "Another service is changing the schema",
    )
  })
  assert.deepEqual(await migrate(database, [...migrations, added]), [added])
})

test("migrate() lets an older Postern work after a migration that only adds", {
  skip,
}, async (t) => {
  const database = await withoutSchema(t)
  await migrate(database, [...migrations, added])
  assert.deepEqual(await migrate(database), [])
  const removing = { ...added, number: added.number + 1, needs: added.number }
  await migrate(database, [...migrations, added, { ...removing, statements: [] }])
  await assertUnusable(migrate(database), `a newer Postern made migration ${removing.number}`)
})

test("migrate() lets no older Postern work on a schema with factors", { skip }, async (t) => {
  const database = await withoutSchema(t)
  const older = migrations.filter(({ number }) => number < 4)
  await migrate(database, older)
  assert.deepEqual(await migrate(database, older), [])
  await migrate(database)
  await assertUnusable(migrate(database, older), "a newer Postern made migration 4")
  await assertUnusable(migrationStatus(database, older), "a newer Postern made migration 4")
})

test("migrate() lets no older Postern work on a schema with service tokens", {
  skip,
}, async (t) => {
  const database = await withoutSchema(t)
  const older = migrations.filter(({ number }) => number < 5)
  await migrate(database, older)
  await migrate(database)
  // Its `store revive` would leave revoked tokens alive.
  await assertUnusable(migrate(database, older), "a newer Postern made migration 5")
  await assertUnusable(migrationStatus(database, older), "a newer Postern made migration 5")
})

test("users and sessions from before the migration of factors go on, without any", {
  skip,
}, async (t) => {
  const running = server ?? assert.fail()
  const database = await withoutSchema(t)
  await migrate(
    database,
    migrations.filter(({ number }) => number < 4),
  )
  const startByOlder = (sid: string) => {
    const { amr: _amr, factor_at: _at, ...row } = rowOfSession(sampleSession(sid))
    return database.query(
      "select postern.start_session($1, $2, 50, $3, 900, 30, null) as started",
      [...[JSON.stringify(row), sampleHash(), start]],
    )
  }
  const { factors: _factors, factor_handle: _handle, ...user } = rowOfUser(sampleUser("alice"))
  await database.query("select postern.create_user($1)", [JSON.stringify(user)])
  await startByOlder("s1")
  await migrate(database)
  const store = await openOn(running, { clock: { now: () => start } })
  t.after(() => store.close())
  const found = { session: sampleSession("s1"), user: sampleUser("alice") }
  assert.deepEqual(await store.sessions.find("s1"), found)
  // A Postern that is not stopped yet would log users in by the password alone.
  await assert.rejects(startByOlder("s2"), { code: "23502" })
  assert.deepEqual(await store.sessions.list("alice"), [sampleSession("s1")])
})

test("migrate() refuses a migration of another text", { skip }, async (t) => {
  const database = await withoutSchema(t)
  await migrate(database)
  const other = { ...first, statements: [...first.statements, "select 1"] }
  await assertUnusable(migrate(database, [other]), "migration 1 has another text here")
})

test("migrate() of a role that may not says so", { skip }, async (t) => {
  const database = await withoutSchema(t)
  await database.query("drop role if exists bare")
  await database.query("create role bare")
  await database.query("set role bare")
  await assert.rejects(
    migrate(database),
    (error) =>
      error instanceof OperatorError && /has to be made or changed: perm/.test(error.message),
  )
})

test("the log of changes is purged of what every replica has read", { skip }, async (t) => {
  const running = server ?? assert.fail()
  await emptySchema(running)
  const [store, database] = [await openOn(running), await connected(t)]
  t.after(() => store.close())
  const purge = async (retention: string) => {
    await database.query("select postern.purge_changes($1::interval, 100)", [retention])
    const rows = await database.query<{ key: string }>("select key from postern.changes order by 1")
    return rows.map(({ key }) => key)
  }
  const end = (sid: string) => store.sessions.end(sid, { window: windowAt() })
  await fill(store, [sampleSession("s1"), sampleSession("s2"), sampleSession("s3")])
  await end("s1")
  assert.deepEqual(await purge("1 hour"), ["s1"], "the first purge only notes what it sees")
  await end("s2")
  assert.deepEqual(await purge("1 hour"), ["s1", "s2"], "the note is too young")
  assert.deepEqual(await purge("0"), ["s2"], "not seen by the note")
  assert.equal(await store.sessions.purge(sampleSession("s3").idleExpiresAt), 1)
  assert.deepEqual(await purge("0"), [], "what has expired is not logged")
})

test("a store is right again after the server was killed and started", { skip }, async (t) => {
  const running = server ?? assert.fail()
  await emptySchema(running)
  const before = await openOn(running, { clock: { now: () => start } })
  t.after(() => before.close().catch(() => {}))
  await fill(before, [sampleSession("s1"), sampleSession("s2")])
  for (const sid of ["s1", "s2"]) assert.notEqual(await before.sessions.find(sid), null)
  await running.restart()
  await assert.rejects(before.sessions.find("s1"), Unavailable)
  const after = await openOn(running, { clock: { now: () => start } })
  t.after(() => after.close())
  assert.equal((await after.sessions.find("s1"))?.session.sid, "s1")
  await after.sessions.end("s1", { window: windowAt() })
  assert.equal(await after.sessions.find("s1"), null)
})

async function connected(t: TestContext): Promise<Database> {
  const database = await openPlainDatabase((server ?? assert.fail()).host)
  t.after(() => database.close())
  await database.query("set client_min_messages = error")
  return database
}

async function withoutSchema(t: TestContext): Promise<Database> {
  const database = await connected(t)
  await database.query("drop schema if exists postern cascade")
  return database
}

function assertUnusable(migrating: Promise<unknown>, why: string): Promise<void> {
  const message = `The schema 'postern' of the database can't be used: ${why}`
  return assert.rejects(
    migrating,
    (error) => error instanceof OperatorError && error.message === message,
  )
}

test("a reset by an older Postern, which knows no links, voids the link", { skip }, async (t) => {
  const running = server ?? assert.fail()
  await emptySchema(running)
  const [store, database] = [await openOn(running), await connected(t)]
  t.after(() => store.close())
  await fill(store, [sampleSession("s1")])
  const link = { kind: "reset", tag: "a", expiresAt: start + 60, removesFactors: false } as const
  await store.users.change("alice", { link })
  const update = (column: string) =>
    database.query(`update postern.users set ${column} where username = 'alice'`)
  const linkNow = async () => {
    const [row] = await database.query<{ link: string | null }>(
      "select link from postern.users where username = 'alice'",
    )
    return row?.link
  }
  await update("roles = '{admin}'")
  assert.equal(await linkNow(), JSON.stringify(link))
  await update("tokens_not_before = tokens_not_before + 1")
  assert.equal(await linkNow(), null)
})
