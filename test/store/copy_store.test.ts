// Copies of whole stores between a data directory and PostgreSQL: every record, both ways, all or
// nothing.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { Content } from "../../src/store/copying.ts"
import { copyFromDirectory } from "../../src/store/json/copied_store.ts"
import { type TableName, tableNames } from "../../src/store/records.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import {
  copy,
  databaseAt,
  directoryOf,
  files,
  newDirectory,
  refused,
  warn,
  withoutSchema,
} from "./copied_places.ts"
import { openOn } from "./postgres/postgres_engine.ts"
import { sampleContent } from "./sample_content.ts"
import { windowAt } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const { skip, server, host } = await postgresForTests()
const count = 2345

test("copyStore() to PostgreSQL and back gives the same files, byte for byte", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  const content = sampleContent(count)
  const from = await directoryOf(t, content)
  const to = newDirectory(t)
  const there = await copy(from, databaseAt(host))
  const back = await copy(databaseAt(host), to)
  assert.equal(back.checksum, there.checksum)
  assert.match(back.checksum, /^[0-9a-f]{64}$/)
  const counts = Object.fromEntries(tableNames.map((table) => [table, count]))
  assert.deepEqual([there.counts, back.counts], [counts, counts])
  assert.deepEqual(readdirSync(to.directory).sort(), files)
  for (const name of files) {
    const [given, copied] = [from, to].map(({ directory }) => readFileSync(join(directory, name)))
    assert.ok(copied?.equals(given ?? Buffer.alloc(0)), name)
  }
  await copyFromDirectory({ ...to, warn }).read(async (found) => {
    assert.deepEqual(await recordsOf(found), await recordsOf(content))
    assert.deepEqual(found.keys, content.keys)
  })
})

test("copyStore() fills every column of every table that has records", { skip }, async (t) => {
  await withoutSchema(host)
  await copy(await directoryOf(t, sampleContent(30)), databaseAt(host))
  const plain = await openPlainDatabase(host)
  t.after(() => plain.close())
  const columns = await plain.query<{ table: string; column: string }>(
    `select table_name::text as table, column_name::text as column
    from information_schema.columns where table_schema = 'postern' order by 1, 2`,
  )
  // What an engine keeps for itself: a new store begins with its own.
  const own = ["changes", "decoy_failed_logins", "facts", "migrations"]
  const empty: string[] = []
  for (const { table, column } of columns.filter((one) => !own.includes(one.table))) {
    const filled = `select 1 from postern.${table} where ${column} is not null limit 1`
    if ((await plain.query(filled)).length === 0) empty.push(`${table}.${column}`)
  }
  assert.ok(columns.length > 40)
  assert.deepEqual(empty, [])
})

test("copyStore() leaves a store in PostgreSQL that goes on", { skip }, async (t) => {
  await withoutSchema(host)
  const content = sampleContent(20)
  await copy(await directoryOf(t, content), databaseAt(host))
  const store = await openOn(server ?? assert.fail())
  t.after(() => store.close())
  const { sessions, users } = await recordsOf(content)
  for (const user of users as readonly { username: string }[]) {
    assert.deepEqual(await store.users.find(user.username), user)
    const own = (sessions as { username: string }[]).filter((s) => s.username === user.username)
    assert.deepEqual(await store.sessions.list(user.username), own)
  }
  assert.deepEqual(await store.keys.read(), { bytes: content.keys, version: 1 })
  assert.equal(await store.users.create(sampleUser("gone-user-0000001")), "reserved")
  assert.equal(await store.users.create(sampleUser("gone-user-0000002")), "created")
  assert.equal(await store.users.seed([sampleUser("new")]), "in_use")
  const last = Math.max(...(sessions as { lastUsedAt: number }[]).map((s) => s.lastUsedAt))
  assert.equal(await store.sessions.lastUse(), last)
  assert.equal(await store.sessions.isTokenRevoked("juser-0000003"), true)
  assert.ok((await store.users.delete("user-0000004", windowAt())) !== null)
})

test("copyStore() reads keys that the previous secret sealed, and no others", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  await copy(
    await directoryOf(t, sampleContent(3)),
    databaseAt(host, { secret: Buffer.alloc(32, "old") }),
  )
  const to = () => newDirectory(t)
  const previousSecret = Buffer.alloc(32, "old")
  assert.ok((await copy(databaseAt(host, { previousSecret }), to())).hasKeys)
  const [other, wrong] = [{ issuer: "https://other.example", previousSecret }, {}]
  for (const changes of [other, wrong]) {
    const place = to()
    const expected = refused(/^The keys in tests' database can't be opened with this secret/, 78)
    await assert.rejects(copy(databaseAt(host, changes), place), expected)
    assert.throws(() => readdirSync(place.directory), { code: "ENOENT" })
  }
})

test("copyStore() with isDryRun counts, and writes nothing", { skip }, async (t) => {
  await withoutSchema(host)
  const from = await directoryOf(t, sampleContent(12))
  const dry = await copy(from, databaseAt(host), { isDryRun: true })
  assert.equal(dry.counts.sessions, 12)
  const plain = await openPlainDatabase(host)
  const schemas = await plain.query("select 1 from pg_namespace where nspname = 'postern'")
  assert.deepEqual(schemas, [])
  await plain.close()
  assert.equal((await copy(from, databaseAt(host))).checksum, dry.checksum)
  const to = newDirectory(t)
  assert.equal((await copy(databaseAt(host), to, { isDryRun: true })).checksum, dry.checksum)
  assert.throws(() => readdirSync(to.directory), { code: "ENOENT" })
  await assert.rejects(
    copy(from, databaseAt(host), { isDryRun: true }),
    refused(/is in use: it has/, 75),
  )
})

test("copyStore() keeps services from changing the database that it reads", { skip }, async (t) => {
  await withoutSchema(host)
  await copy(await directoryOf(t, sampleContent(1500)), databaseAt(host))
  const store = await openOn(server ?? assert.fail())
  t.after(() => store.close())
  const to = newDirectory(t)
  let isChanged = false
  let asked = 0
  let created: Promise<unknown> | null = null
  const report = await copy(databaseAt(host), to, {
    isInterrupted() {
      asked += 1
      created ??= store.users.create(sampleUser("late")).then(() => {
        isChanged = true
      })
      assert.equal(isChanged, false)
      return false
    },
  })
  assert.ok(asked > 5)
  assert.equal(report.counts.users, 1500)
  await created
  assert.equal(isChanged, true)
})

test("copyStore() that is interrupted leaves nothing, on either side", { skip }, async (t) => {
  await withoutSchema(host)
  const from = await directoryOf(t, sampleContent(1500))
  for (const stopAt of [1, 5, 9, 14, 23]) {
    const until = () => {
      let asked = 0
      return () => {
        asked += 1
        return asked === stopAt
      }
    }
    await assert.rejects(
      copy(from, databaseAt(host), { isInterrupted: until() }),
      refused(/^Interr/, 1),
    )
  }
  await copy(from, databaseAt(host))
  const to = newDirectory(t)
  for (const stopAt of [1, 9, 14, 23]) {
    let asked = 0
    const isInterrupted = () => {
      asked += 1
      return asked === stopAt
    }
    await assert.rejects(copy(databaseAt(host), to, { isInterrupted }), refused(/^Interrupted/, 1))
    assert.deepEqual(readdirSync(to.directory), [])
  }
  await copy(databaseAt(host), to)
  assert.deepEqual(readdirSync(to.directory).sort(), files)
})

async function recordsOf(content: Content): Promise<Record<TableName, object[]>> {
  const records = {} as Record<TableName, object[]>
  for (const table of tableNames) {
    records[table] = []
    for await (const slice of content.read(table)) records[table].push(...slice)
  }
  return records
}
