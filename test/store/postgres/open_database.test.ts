// The connections to PostgreSQL while it works: statements, transactions, and the settings of each
// connection. Its failures are in database_outage.test.ts, mistakes of the operator in
// database_mistakes.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { exitCodes, OperatorError, Unavailable } from "../../../src/errors.ts"
import { DatabaseRefusal } from "../../../src/store/postgres/database.ts"
import { startProxy } from "../../support/database_proxy.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { authorityPem } from "../../vectors/database_certificate.ts"
import { millisOf, openedDatabase, until } from "./opened_database.ts"

const { skip, host } = await postgresForTests()

test("query() runs statements with values, and many at once over few connections", {
  skip,
}, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const numbers = Array.from({ length: 200 }, (_, index) => index)
  const found = await Promise.all(
    numbers.map((n) =>
      database.query<{ n: number; pid: number }>(
        "select $1::integer as n, pg_backend_pid() as pid",
        [n],
      ),
    ),
  )
  assert.deepEqual(
    found.map(([row]) => row?.n),
    numbers,
  )
  const pids = new Set(found.map(([row]) => row?.pid))
  assert.ok(pids.size <= 4, `${pids.size} connections`)
  assert.deepEqual(await database.query("select 1 as one where false"), [])
})

test("query() opens further connections while all are busy, up to four", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const pids = new Set<number>()
  const ask = async () => {
    const [row] = await database.query<{ pid: number }>(
      "select pg_backend_pid() as pid, pg_sleep(0.002)",
    )
    pids.add(row?.pid ?? 0)
  }
  for (let round = 0; round < 40; round += 1) await Promise.all(Array.from({ length: 8 }, ask))
  assert.equal(pids.size, 4)
})

test("query() gives a refusal of the database with its code, and goes on", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  await database.query("create temporary table once (n integer constraint once_only unique)")
  const [first, second] = [database.query("select 1 / 0"), database.query("select 2 as n")]
  await assert.rejects(first, (error) => {
    assert.ok(error instanceof DatabaseRefusal)
    assert.deepEqual([error.code, error.constraint], ["22012", null])
    return true
  })
  assert.deepEqual(await second, [{ n: 2 }])
  await database.query("insert into once values (1)")
  await assert.rejects(database.query("insert into once values (1)"), (error) => {
    assert.ok(error instanceof DatabaseRefusal)
    assert.deepEqual([error.code, error.constraint], ["23505", "once_only"])
    return true
  })
  assert.equal(database.isAvailable(), true)
})

test("transaction() commits all statements or none", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  await database.query("create table public.moved (n integer)")
  t.after(() => database.query("drop table public.moved").catch(() => {}))
  const count = async () => (await database.query("select n from public.moved")).length
  const added = await database.transaction(async (query) => {
    await query("insert into public.moved values ($1)", [1])
    await query("insert into public.moved values ($1)", [2])
    assert.equal(await count(), 0, "not seen before the commit")
    return "added"
  })
  assert.deepEqual([added, await count()], ["added", 2])
  const stopped = database.transaction(async (query) => {
    await query("insert into public.moved values (3)")
    throw new RangeError("stop")
  })
  await assert.rejects(stopped, { name: "RangeError", message: "stop" })
  const hidden = database.transaction(async (query) => {
    await query("insert into public.moved values (3)")
    await query("select 1 / 0").catch(() => {})
  })
  await assert.rejects(hidden, { name: "DatabaseRefusal", code: "22012" })
  assert.equal(await count(), 2)
})

test("transaction() runs four at once, and the others one after the other", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const pids: number[] = []
  let [running, most] = [0, 0]
  const runs = Array.from({ length: 12 }, () =>
    database.transaction(async (query) => {
      running += 1
      most = Math.max(most, running)
      const [row] = await query<{ pid: number }>("select pg_backend_pid() as pid, pg_sleep(0.01)")
      pids.push(row?.pid ?? 0)
      running -= 1
    }),
  )
  await Promise.all(runs)
  assert.deepEqual([pids.length, new Set(pids).size, most], [12, 4, 4])
})

test("a statement that waits for a lock is given up by the server within a second", {
  skip,
}, async (t) => {
  const { database, warnings } = await openedDatabase(t, { host }, { waitMillisMax: 1000 })
  await database.query("create table public.locked (n integer)")
  t.after(() => database.query("drop table public.locked").catch(() => {}))
  await database.transaction(async (query) => {
    await query("lock table public.locked")
    const millis = await millisOf(() =>
      assert.rejects(database.query("insert into public.locked values (1)"), Unavailable),
    )
    assert.ok(millis >= 400 && millis < 1000, `${millis} ms`)
  })
  await assert.rejects(database.query("select pg_sleep(2)"), Unavailable)
  assert.equal(database.isAvailable(), true)
  assert.deepEqual(await database.query("select n from public.locked"), [])
  assert.deepEqual(warnings, [fsyncWarning])
})

const fsyncWarning = "store.settings fsync is off: a crash of its machine can lose or damage data"

test("each connection sets what it relies on, whatever role and database have", {
  skip,
}, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  const changes = [
    ["default_transaction_isolation", "serializable"],
    ["synchronous_commit", "off"],
    ["statement_timeout", "0"],
    ["lock_timeout", "0"],
    ["search_path", "public"],
  ]
  for (const [name, value] of changes)
    await admin.query(`alter role postern set ${name} = '${value}'`)
  t.after(() => admin.query("alter role postern reset all").catch(() => {}))
  const { database } = await openedDatabase(t, { host })
  const text = `select current_setting('transaction_isolation') as isolation,
    current_setting('synchronous_commit') as commit,
    current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('search_path') as path,
    current_setting('idle_in_transaction_session_timeout') as idle`
  const expected = {
    ...{ isolation: "read committed", commit: "on", statement: "3500ms", lock: "2500ms" },
    ...{ path: "pg_catalog, pg_temp", idle: "5s" },
  }
  assert.deepEqual(await database.query(text), [expected])
  assert.deepEqual(await database.transaction((query) => query(text)), [expected])
})

test("through a pooler the role must have the settings", { skip }, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  t.after(() => admin.query("alter role postern reset all").catch(() => {}))
  let statements: readonly string[] = []
  await assert.rejects(openedDatabase(t, { host, isPooled: true }), (error) => {
    assert.ok(error instanceof OperatorError)
    assert.equal(error.exitCode, exitCodes.badSettings)
    statements = error.lines.slice(1)
    return true
  })
  assert.equal(statements.length, 6)
  for (const statement of statements) await admin.query(statement)
  const { database } = await openedDatabase(t, { host, isPooled: true })
  await database.query("select $1::integer", [1])
  assert.deepEqual(await database.query("select name from pg_prepared_statements"), [])
})

test("PG variables of the environment are ignored", { skip }, async (t) => {
  const variables = {
    ...{ PGHOST: "192.0.2.1", PGPORT: "1", PGUSER: "mallory", PGPASSWORD: "mallory" },
    ...{ PGDATABASE: "template1", PGSSLMODE: "require", PGAPPNAME: "mallory" },
    ...{ PGOPTIONS: "-c work_mem=77MB", PGREPLICATION: "database", PGSSLNEGOTIATION: "direct" },
    ...{ PGCLIENT_ENCODING: "latin1", PGBINARY: "1", PGPASSFILE: "/dev/null" },
  }
  const before = { ...process.env }
  Object.assign(process.env, variables)
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
    Object.assign(process.env, before)
  })
  const { database } = await openedDatabase(t, { host })
  const found =
    await database.query(`select current_user::text as user, current_database()::text as db,
    current_setting('application_name') as name, current_setting('work_mem') as memory,
    current_setting('client_encoding') as encoding`)
  const expected = {
    user: "postern",
    db: "postgres",
    name: "postern",
    memory: "4MB",
    encoding: "UTF8",
  }
  assert.deepEqual(found, [expected])
})

test("a server with the right certificate is used over TLS", { skip }, async (t) => {
  const { port } = await startProxy(t, host, { tls: "terminated" })
  const { database } = await openedDatabase(t, { port, isTlsAsked: true }, { ca: authorityPem })
  assert.deepEqual(await database.query("select $1::text as word", ["ok"]), [{ word: "ok" }])
})

test("close() ends the connections, and later calls are refused", { skip }, async (t) => {
  const { database } = await openedDatabase(t, { host })
  const { database: admin } = await openedDatabase(t, { host })
  await database.transaction((query) => query("select 1"))
  const [row] = await database.query<{ pid: number }>("select pg_backend_pid() as pid")
  const late = database.query("select pg_sleep(0.1)")
  await Promise.all([late, database.close()])
  assert.equal(database.isAvailable(), false)
  for (const call of [
    () => database.query("select 1"),
    () => database.transaction(async () => {}),
  ]) {
    await assert.rejects(call, { name: "Unavailable", message: "The store is closed" })
  }
  let isGone = false
  const look = async () => {
    const text = "select 1 from pg_stat_activity where pid = $1"
    isGone = (await admin.query(text, [row?.pid])).length === 0
    if (!isGone) setTimeout(() => void look(), 20)
  }
  await look()
  await until(() => isGone)
  await database.close()
})
