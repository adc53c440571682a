// The log of changes where it is hard: transactions that stay open for long, in another database
// too, a purge meanwhile, more changes than a delta tells, and a dump that is restored while
// replicas work.

import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"
import { Unavailable } from "../../../src/errors.ts"
import type { Query } from "../../../src/store/postgres/database.ts"
import { readDelta } from "../../../src/store/postgres/delta.ts"
import { createTransactionWatch } from "../../../src/store/postgres/open_transactions.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { fill, sampleSession, windowAt } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"
import { connectStore } from "./connected_store.ts"
import { openedDatabase } from "./opened_database.ts"
import { emptySchema, openTwo } from "./postgres_engine.ts"

const { skip, server, host } = await postgresForTests()
const window = windowAt()
const clocked = { clock: { now: () => window.at } }
const rowsOfLog = 10_000

/** A transaction that writes and stays open until it is let go. */
async function openTransaction(
  t: TestContext,
  { database = "postgres", work = "select pg_current_xact_id()" } = {},
): Promise<() => Promise<void>> {
  const holder = await openedDatabase(t, { host, database })
  let commit = () => {}
  let isOpen = () => {}
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve
  })
  const held = holder.database.transaction(async (query: Query) => {
    await query("set local idle_in_transaction_session_timeout = 0")
    await query(work)
    isOpen()
    await new Promise<void>((resolve) => {
      commit = resolve
    })
  })
  await opened
  return async () => {
    commit()
    await held
  }
}

test("readDelta() has each new change while a transaction elsewhere stays open, and no old one", {
  skip,
}, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await fill(one, [sampleSession("s1"), sampleSession("s2")])
  const { database } = await openedDatabase(t, { host })
  await database.query("create database elsewhere")
  const end = await openTransaction(t, { database: "elsewhere" })
  for (const sid of ["s1", "s2"]) assert.notEqual(await other.sessions.find(sid), null)
  await database.query(
    `insert into postern.changes (what, key) select 's', n::text from generate_series(1, $1) n`,
    [rowsOfLog * 5],
  )
  const { seen } = await readDelta(database, null)
  await one.sessions.end("s1", { window })
  const delta = await readDelta(database, seen)
  assert.deepEqual(delta.changes, [["s", "s1"]])
  assert.equal(await other.sessions.find("s1"), null)
  assert.notEqual(await other.sessions.find("s2"), null)
  // Not even the plan reads what was told before.
  const plan = await database.query<{ "QUERY PLAN": string }>(
    `explain (analyze, timing off) select 1 from postern.changes
    where xid >= pg_snapshot_xmax('${seen.snapshot}'::pg_snapshot)`,
  )
  assert.match(JSON.stringify(plan), /Index/)
  await end()
})

test("readDelta() has the change of a transaction that stayed open over purges, once it commits", {
  skip,
}, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await fill(one, [sampleSession("s1")])
  const { database } = await openedDatabase(t, { host })
  assert.notEqual(await other.sessions.find("s1"), null)
  const commit = await openTransaction(t, {
    work: "delete from postern.sessions where sid = 's1'",
  })
  for (let round = 0; round < 3; round += 1) {
    await database.query(
      "update postern.facts set changes_seen_at = changes_seen_at - interval '1 hour'",
    )
    await one.users.change("alice", { setClaim: { name: "round", value: round } })
    await one.sessions.purge(window.at)
    assert.notEqual(await other.sessions.find("s1"), null)
  }
  assert.ok((await database.query("select 1 from postern.changes")).length < 3, "purged meanwhile")
  await commit()
  assert.equal(await other.sessions.find("s1"), null)
  await one.sessions.purge(window.at)
  assert.equal((await database.query("select 1 from postern.changes where key = 's1'")).length, 1)
})

test("readDelta() gives null for more changes than a delta may have", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await fill(one, [sampleSession("s1"), sampleSession("s2")])
  const { database } = await openedDatabase(t, { host })
  const { seen } = await readDelta(database, null)
  for (const sid of ["s1", "s2"]) assert.notEqual(await other.sessions.find(sid), null)
  await one.sessions.end("s1", { window })
  await database.query(
    `insert into postern.changes (what, key) select 's', n::text from generate_series(1, $1) n`,
    [rowsOfLog],
  )
  assert.equal((await readDelta(database, seen)).changes, null)
  assert.equal(await other.sessions.find("s1"), null)
  assert.notEqual(await other.sessions.find("s2"), null)
})

test("readDelta() gives null over a connection that is newer than the last state", {
  skip,
}, async (t) => {
  await emptySchema(server ?? assert.fail("There is no PostgreSQL"))
  const { database } = await openedDatabase(t, { host })
  const { seen } = await readDelta(database, null)
  assert.ok((seen.connectedAt ?? 0) > 0)
  assert.deepEqual((await readDelta(database, seen)).changes, [])
  const { database: younger } = await openedDatabase(t, { host })
  assert.equal((await readDelta(younger, seen)).changes, null)
})

test("a dump restored under two replicas takes effect on both at once", { skip }, async (t) => {
  await emptySchema(server ?? assert.fail("There is no PostgreSQL"))
  const [{ store: one }, { store: other }] = [
    await connectStore(t, { host }),
    await connectStore(t, { host }),
  ]
  await fill(one, [sampleSession("s1"), sampleSession("s2")])
  const dump = join(host, "dump")
  await runTool("pg_dump", ["--format=custom", "--schema=postern", `--file=${dump}`])
  await one.sessions.end("s1", { window })
  await one.users.create(sampleUser("bob"))
  for (const store of [one, other]) {
    assert.equal(await store.sessions.find("s1"), null)
    assert.notEqual(await store.sessions.find("s2"), null)
    assert.notEqual(await store.users.find("bob"), null)
  }
  let isOver = false
  const failures: unknown[] = []
  const asking = [one, other].map(async (store) => {
    while (!isOver) {
      await Promise.all([
        store.sessions.find("s2"),
        store.users.find("bob"),
        store.failures.count("alice", "device"),
      ]).catch((error) => {
        if (!(error instanceof Unavailable)) failures.push(error)
      })
      await pause(1)
    }
  })
  await runTool("pg_restore", ["--clean", "--if-exists", dump])
  isOver = true
  await Promise.all(asking)
  assert.deepEqual(failures, [])
  for (const store of [one, other]) {
    assert.notEqual(await store.sessions.find("s1"), null, "it was alive when it was dumped")
    assert.notEqual(await store.sessions.find("s2"), null)
    assert.equal(await store.users.find("bob"), null)
  }
  await one.sessions.end("s1", { window })
  assert.equal(await other.sessions.find("s1"), null)
})

test("createTransactionWatch() warns once of a transaction that stays open", async () => {
  const told: string[] = []
  const { look, openSeconds } = createTransactionWatch(
    (event, message) => void told.push(`${event} ${message}`),
  )
  // Nothing is open; then transactions that end; then one that does not.
  for (let at = 0; at < 1_000; at += 10) look({ snapshot: "10:10:", at })
  for (let at = 0; at < 1_000; at += 10) look({ snapshot: `${at + 20}:${at + 25}:`, at })
  assert.deepEqual(told, [])
  assert.equal(openSeconds(), 0)
  for (let at = 1_000; at <= 1_400; at += 10) look({ snapshot: `1010:${at + 25}:1010`, at })
  assert.equal(openSeconds(), 410)
  assert.equal(told.length, 1)
  assert.match(
    told[0] ?? "",
    /^store.transaction_open A transaction .* for 2 minutes.*store status/,
  )
  for (let at = 2_000; at <= 2_400; at += 10) look({ snapshot: `2000:${at + 25}:2000`, at })
  assert.equal(told.length, 2)
})

/** Runs a program that comes with PostgreSQL; this process goes on meanwhile. */
async function runTool(name: string, words: readonly string[]): Promise<void> {
  const [version = ""] = readdirSync("/usr/lib/postgresql")
  const program = join("/usr/lib/postgresql", version, "bin", name)
  await promisify(execFile)(program, ["-h", host, "-U", "postern", "-d", "postgres", ...words])
}
