// store.json: one JSON document, a record a line, written in slices.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { readSnapshot, snapshotName, writeSnapshot } from "../../../src/store/json/snapshot.ts"
import { apply, emptyTables, type Tables } from "../../../src/store/json/tables.ts"
import { tableNames } from "../../../src/store/records.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { pendingTotp, sampleFactors, samplePasskey } from "../sample_factors.ts"
import { sampleSession } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"

/** Texts that could break a line. */
const claims = { text: '\n\r\u2028\u2029"\\\ud83d\ude00', list: [["]"], {}] }

function tablesOf(users: number): Tables {
  const tables = emptyTables()
  for (let index = 0; index < users; index += 1) {
    apply(tables, ["users", `u${index}`, sampleUser(`u${index}`, { claims })])
    const passkeys = [samplePasskey("p1", { name: claims.text })]
    const factors = sampleFactors({ handle: `h${index}`, pendingTotp, passkeys })
    apply(tables, ["users", `f${index}`, sampleUser(`f${index}`, { factors })])
  }
  apply(tables, ["sessions", "s1", sampleSession("s1", { userAgent: "a\n],\n\u0085" })])
  return tables
}

test("writeSnapshot() writes one JSON document with a record on each line", async (t) => {
  const path = join(temporaryDirectory(t), snapshotName)
  for (const users of [0, 1, 2, 1001]) {
    const tables = tablesOf(users)
    const bytes = await writeSnapshot(path, 42, tables, machineDisk)
    const text = readFileSync(path, "utf8")
    assert.equal(Buffer.byteLength(text), bytes)
    const { format, version, sequence, sum, ...lists } = JSON.parse(text)
    assert.deepEqual(
      { format, version, sequence },
      { format: "postern-snapshot", version: 1, sequence: 42 },
    )
    assert.match(sum, /^[0-9a-f]{8}$/)
    assert.deepEqual(Object.keys(lists), tableNames)
    for (const name of tableNames) assert.deepEqual(lists[name], [...tables[name].values()])
    const records = text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .slice(1)
    assert.deepEqual(
      records.map((line) => JSON.parse(line.replace(/,$/, ""))),
      tableNames.flatMap((name) => [...tables[name].values()] as object[]),
    )
    assert.deepEqual(readSnapshot(readFileSync(path)), { sequence: 42, tables, bytes })
  }
})

test("grep finds a user's line in store.json", async (t) => {
  const path = join(temporaryDirectory(t), snapshotName)
  await writeSnapshot(path, 1, tablesOf(20), machineDisk)
  const found = execFileSync("grep", ['^{"username":"u7"', path], { encoding: "utf8" })
  assert.deepEqual(JSON.parse(found.replace(/,\n$/, "")), sampleUser("u7", { claims }))
})

test("writeSnapshot() writes the tables as they were at the call", async (t) => {
  const path = join(temporaryDirectory(t), snapshotName)
  const tables = tablesOf(3)
  const expected = structuredClone(tables)
  const writing = writeSnapshot(path, 1, tables, machineDisk)
  tables.users.clear()
  await writing
  assert.deepEqual(readSnapshot(readFileSync(path)).tables, expected)
})
