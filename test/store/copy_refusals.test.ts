// What a copy of a whole store refuses: a place in which there is something, or that a service
// uses.

import assert from "node:assert/strict"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { OperatorError } from "../../src/errors.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
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
import { locationOfTests } from "./postgres/opened_database.ts"
import { emptySchema } from "./postgres/postgres_engine.ts"
import { sampleContent } from "./sample_content.ts"

const { skip, server, host } = await postgresForTests()
const disk = machineDisk

test("copyStore() refuses a database with any record in it, and leaves it", { skip }, async (t) => {
  const from = await directoryOf(t, sampleContent(3))
  for (const [table, statement] of [
    ["users", `insert into postern.users values ('alice', 'x', '{}', '{}', false, 1, 1)`],
    ["reserved names", "insert into postern.reserved_names values ('alice', 1)"],
    ["ended sessions", "insert into postern.ended_sessions values ('s1', 1)"],
    ["revoked tokens", "insert into postern.revoked_tokens values ('j1', 1, true)"],
    ["failed logins", "insert into postern.failed_logins values ('alice', 1, 1)"],
    ["keys", "insert into postern.key_set values (true, 1, 'x')"],
  ] as const) {
    await emptySchema(server ?? assert.fail())
    const plain = await openPlainDatabase(host)
    await plain.query(statement)
    const expected = refused(
      new RegExp(`^The tests' database is in use: it has rows in ${table}$`),
      75,
    )
    await assert.rejects(copy(from, databaseAt(host)), expected)
    const rows = await plain.query<{ count: number }>(
      "select count(*)::int as count from postern.users",
    )
    assert.deepEqual(rows, [{ count: table === "users" ? 1 : 0 }])
    await plain.close()
  }
})

test("copyStore() refuses a database that services use, on either side", { skip }, async (t) => {
  await emptySchema(server ?? assert.fail())
  const from = await directoryOf(t, sampleContent(3))
  const to = newDirectory(t)
  const plain = await openPlainDatabase(host)
  t.after(() => plain.close())
  await plain.query("set application_name = 'postern'")
  for (const isDryRun of [false, true]) {
    await assert.rejects(
      copy(from, databaseAt(host), { isDryRun }),
      refused(/^Services use the tests' database: it has 1 of their connections$/, 75),
    )
  }
  await assert.rejects(copy(databaseAt(host), to), refused(/^Services use the tests' database/, 75))
  await plain.query("set application_name = 'psql'")
  await plain.transaction(async (query) => {
    await query("insert into postern.ended_sessions values ('s1', 1)")
    const expected = refused(/^Another program holds tables of the tests' database$/, 75)
    await assert.rejects(copy(databaseAt(host), to), expected)
    await query("delete from postern.ended_sessions")
  })
  await copy(from, databaseAt(host))
})

test("copyStore() to a directory refuses one that is not empty or is half a copy", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  await copy(await directoryOf(t, sampleContent(3)), databaseAt(host))
  for (const name of [...files, "letter.txt", "audit.jsonl"]) {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, name), "text")
    const to = { directory, disk }
    const expected = refused(new RegExp(`^'.*' is in use: it holds '${name}'$`), 75)
    await assert.rejects(copy(databaseAt(host), to), expected)
    assert.deepEqual(readdirSync(directory), [name])
    assert.equal(readFileSync(join(directory, name), "utf8"), "text")
  }
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, "lost+found"))
  for (const name of ["audit.jsonl", ".store.json.AAAAAAAAAAAAAAAAAAAAAA.tmp", "control.sock"]) {
    writeFileSync(join(directory, name), "text")
  }
  await copy(databaseAt(host), { directory, disk, mayHold: ["audit.jsonl"] })
  const kept = ["audit.jsonl", "control.sock", "lost+found"]
  assert.deepEqual(readdirSync(directory).sort(), [...files, ...kept].sort())
  // What a copy leaves that is killed in its last instant.
  rmSync(join(directory, "store.json"))
  await assert.rejects(openJsonStore({ directory, disk, warn }), (error) => {
    assert.match((error as OperatorError).hint, /copy` was interrupted here, remove the files and/)
    return refused(/store\.json': it is missing/, 65)(error)
  })
})

test("copyStore() of a directory that a service uses, or without a store, is refused", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  const from = await directoryOf(t, sampleContent(3))
  const store = await openJsonStore({ ...from, warn })
  await assert.rejects(
    copy(from, databaseAt(host)),
    refused(/^Another process is using the data/, 75),
  )
  await store.close()
  const none = newDirectory(t)
  await assert.rejects(copy(none, databaseAt(host)), refused(/^Nothing is set up in '/, 69))
  await assert.rejects(
    copy(databaseAt(host), none),
    refused(/^Nothing is set up in the tests' data/, 69),
  )
})

test("copyStore() says which database does not answer", { skip }, async (t) => {
  const from = await directoryOf(t, sampleContent(3))
  const location = locationOfTests({ host: "127.0.0.1", port: 1 })
  const silent = { ...databaseAt(host), location }
  await assert.rejects(copy(from, silent), refused(/^The tests' database does not answer$/, 69))
  const to = newDirectory(t)
  await assert.rejects(copy(silent, to), refused(/^The tests' database does not answer$/, 69))
})
