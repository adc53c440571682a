// What happens to requests while PostgreSQL is silent, killed, a standby, or not there yet: they
// fail within a second, then at once, and work again when PostgreSQL does.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { monotonicMillis } from "../../../src/clock.ts"
import { Unavailable } from "../../../src/errors.ts"
import type { Database } from "../../../src/store/postgres/database.ts"
import { startProxy } from "../../support/database_proxy.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { millisOf, openedDatabase, until } from "./opened_database.ts"

const { skip, server, host } = await postgresForTests()
const quick = { waitMillisMax: 1_000 }
/** A busy machine may run a timer this late. */
const lateMillis = 500

test("a silent database fails requests within a second, and the next ones at once", {
  skip,
}, async (t) => {
  const proxy = await startProxy(t, host)
  const { database, warnings } = await openedDatabase(t, { port: proxy.port }, quick)
  await database.query("select 1")
  proxy.silence(true)
  const first = Array.from({ length: 20 }, () => millisOf(() => fails(database)))
  first.push(
    millisOf(() =>
      assert.rejects(
        database.transaction((query) => query("select 1")),
        Unavailable,
      ),
    ),
  )
  for (const millis of await Promise.all(first)) {
    assert.ok(millis > 900 - lateMillis && millis < 1000 + lateMillis, `${millis} ms`)
  }
  assert.equal(database.isAvailable(), false)
  for (let round = 0; round < 5; round += 1) {
    const millis = await millisOf(() => fails(database))
    assert.ok(millis < 50, `${millis} ms`)
  }
  await assert.rejects(
    database.transaction(async () => {}),
    Unavailable,
  )
  proxy.silence(false)
  await until(() => database.isAvailable())
  assert.deepEqual(await database.query("select 1 as n"), [{ n: 1 }])
  assert.equal(await database.transaction(async () => "done"), "done")
  const events = warnings
    .map((line) => line.split(" ")[0])
    .filter((event) => event !== "store.settings")
  assert.deepEqual(events, ["store.unavailable", "store.available"])
})

test("a database that is silent while it is connected to is tried again", { skip }, async (t) => {
  const proxy = await startProxy(t, host)
  proxy.silence(true)
  const began = monotonicMillis()
  const { database } = await openedDatabase(t, { port: proxy.port }, quick)
  const millis = monotonicMillis() - began
  assert.ok(millis < 1000 + lateMillis, `${millis} ms`)
  assert.equal(database.isAvailable(), false)
  assert.ok((await millisOf(() => fails(database))) < 50)
  proxy.silence(false)
  await until(() => database.isAvailable())
  assert.deepEqual(await database.query("select 1 as n"), [{ n: 1 }])
})

test("a database that is not there yet is tried again, with growing pauses", {
  skip,
}, async (t) => {
  const { database, warnings } = await openedDatabase(t, { host: "/nonexistent" })
  assert.equal(database.isAvailable(), false)
  await assert.rejects(database.query("select 1"), (error) => {
    assert.ok(error instanceof Unavailable)
    assert.equal(error.retryAfterSeconds, 1)
    assert.equal((error.cause as NodeJS.ErrnoException).code, "ENOENT")
    return true
  })
  assert.equal(warnings.length, 1)
  assert.match(
    warnings[0] ?? "",
    /^store.unavailable The database 'postgres' at the socket in '\/nonexistent' does not answer: connect ENOENT/,
  )
  await database.close()
})

test("a killed database fails requests at once, and works again when it is started", {
  skip,
}, async (t) => {
  const { database, warnings } = await openedDatabase(t, { host })
  await database.query("create table if not exists public.kept (n integer)")
  await database.query("insert into public.kept values (1)")
  const pid = Number(readFileSync(join(host, "data/postmaster.pid"), "utf8").split("\n")[0])
  const slow = Promise.allSettled([
    database.query("select pg_sleep(3)"),
    database.transaction((query) => query("select pg_sleep(3)")),
  ])
  process.kill(pid, "SIGKILL")
  for (const child of childrenOf(pid)) process.kill(child, "SIGKILL")
  for (const { status, ...rest } of await slow) {
    assert.equal(status, "rejected")
    assert.ok("reason" in rest && rest.reason instanceof Unavailable)
  }
  await fails(database)
  assert.ok((await millisOf(() => fails(database))) < 50)
  assert.equal(database.isAvailable(), false)
  await server?.restart()
  await until(() => database.isAvailable())
  assert.deepEqual(await database.query("select n from public.kept"), [{ n: 1 }])
  const events = warnings
    .map((line) => line.split(" ")[0])
    .filter((event) => event !== "store.settings")
  assert.deepEqual(events, ["store.unavailable", "store.available"])
})

test("one connection that the server ends fails what it carried, and no more", {
  skip,
}, async (t) => {
  const { database, warnings } = await openedDatabase(t, { host })
  const { database: admin } = await openedDatabase(t, { host })
  const [row] = await database.query<{ pid: number }>("select pg_backend_pid() as pid")
  const slow = database.query("select pg_sleep(3)")
  await Promise.all([
    assert.rejects(slow, Unavailable),
    admin.query("select pg_terminate_backend($1)", [row?.pid]),
  ])
  assert.deepEqual(await database.query("select 1 as n"), [{ n: 1 }])
  assert.equal(warnings.filter((line) => !line.startsWith("store.settings")).length, 0)
})

test("a role that is locked out while it works gets Unavailable, until it is let in again", {
  skip,
}, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  await admin.query("create role locked_out login")
  const { database, warnings } = await openedDatabase(t, { host, user: "locked_out" })
  await database.query("select 1")
  await admin.query("alter role locked_out nologin")
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'locked_out'",
  )
  await until(() => !database.isAvailable())
  await fails(database)
  await pause(200)
  const told = warnings.filter((line) => !line.startsWith("store.settings"))
  assert.ok(told.length <= 2, "the log is not filled with one line for each attempt")
  assert.match(told.at(-1) ?? "", /^store.unavailable .*does not let 'locked_out' in.*pg_hba.conf/)
  await admin.query("alter role locked_out login")
  await until(() => database.isAvailable())
  assert.deepEqual(await database.query("select 1 as n"), [{ n: 1 }])
})

test("a database that turns read-only is left, and taken again when it takes writes", {
  skip,
}, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  const { database } = await openedDatabase(t, { host })
  await database.query("create table if not exists public.written (n integer)")
  const [row] = await database.query<{ pid: number }>("select pg_backend_pid() as pid")
  await database.transaction((query) => query("select 1"))
  await admin.query("alter database postgres set default_transaction_read_only = on")
  t.after(async () => {
    const { database: last } = await openedDatabase(t, { host, database: "template1" })
    await last.query("alter database postgres reset default_transaction_read_only")
  })
  await assert.rejects(
    database.transaction(async (query) => {
      await query("set transaction read only")
      await query("insert into public.written values (1)")
    }),
    (error) => error instanceof Unavailable && "code" in (error.cause as object),
  )
  assert.equal(database.isAvailable(), false)
  await fails(database)
  const { database: other } = await openedDatabase(t, { host, database: "template1" })
  await other.query("alter database postgres reset default_transaction_read_only")
  await until(() => database.isAvailable())
  await database.query("insert into public.written values (1)")
  const [now] = await database.query<{ pid: number }>("select pg_backend_pid() as pid")
  assert.notEqual(now?.pid, row?.pid, "another connection")
})

test("close() during silence ends what is under way within the longest wait", {
  skip,
}, async (t) => {
  const proxy = await startProxy(t, host)
  const { database } = await openedDatabase(t, { port: proxy.port }, quick)
  await database.query("select 1")
  proxy.silence(true)
  const waiting = assert.rejects(database.query("select 1"), Unavailable)
  const millis = await millisOf(() => database.close())
  assert.ok(millis < 1000 + lateMillis, `${millis} ms`)
  await waiting
})

function fails(database: Database): Promise<void> {
  return assert.rejects(database.query("select 1"), Unavailable)
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
  return text.split(" ").filter(Boolean).map(Number)
}
