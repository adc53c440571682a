// The keys in the database: sealed under a secret, bound to their issuer and their place.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { OperatorError } from "../../../src/errors.ts"
import type { Database } from "../../../src/store/postgres/database.ts"
import { PostgresKeys } from "../../../src/store/postgres/key_document.ts"
import { View } from "../../../src/store/postgres/view.ts"
import { start } from "../sample_session.ts"
import { ScriptedDatabase } from "./scripted_database.ts"

interface Row {
  readonly version: number
  readonly sealed: Buffer
}

/** The table of the keys: at most one row. */
class KeyTable {
  row: Row | null = null

  readonly query: Database["query"] = async <R>(text: string, values: readonly unknown[] = []) => {
    const [version, sealed, before = 0] = values as [number, Buffer, number?]
    if (text.startsWith("select")) return (this.row === null ? [] : [this.row]) as R[]
    if ((this.row?.version ?? 0) !== before) return []
    this.row = { version, sealed }
    return [{}] as R[]
  }
}

const secret = Buffer.alloc(32, "one")
const other = Buffer.alloc(32, "another")
const document = Buffer.from('{"keys":["private"]}')

function keysIn(table: Pick<KeyTable, "query">, members: object = {}): PostgresKeys {
  const database = { query: table.query, change: table.query } as Database
  const view = new View(database, { clock: { now: () => start }, stalenessSeconds: 0 })
  const options = { place: "the database 'x'", issuer: "https://a.example", secret, ...members }
  return new PostgresKeys(database, view, options)
}

function assertUnopened(keys: PostgresKeys): Promise<void> {
  return assert.rejects(
    keys.read(),
    (error) =>
      error instanceof OperatorError &&
      error.message ===
        "The keys in the database 'x' can't be opened with this secret and issuer" &&
      /POSTERN_STORE_SECRET_PREVIOUS/.test(error.hint),
  )
}

test("replace() seals: the row has nothing of the document, and never the same bytes", async () => {
  const table = new KeyTable()
  const version = await keysIn(table).replace(document, { ifVersion: null })
  assert.equal(version, table.row?.version)
  const row = table.row ?? assert.fail()
  const first = row.sealed
  assert.equal(first.includes("private"), false)
  assert.equal(first.byteLength, 1 + 12 + document.byteLength + 16)
  table.row = null
  await keysIn(table).replace(document, { ifVersion: null })
  assert.notDeepEqual(table.row, row)
  assert.deepEqual((await keysIn(table).read())?.bytes, document)
})

test("read() opens nothing of another secret, issuer, version or content", async () => {
  const table = new KeyTable()
  await keysIn(table).replace(document, { ifVersion: null })
  const row = table.row ?? assert.fail()
  await assertUnopened(keysIn(table, { secret: other }))
  await assertUnopened(keysIn(table, { issuer: "https://b.example" }))
  table.row = { ...row, version: row.version + 1 }
  await assertUnopened(keysIn(table))
  for (const index of [0, 1, 13, row.sealed.byteLength - 1]) {
    const sealed = Buffer.from(row.sealed)
    sealed[index] = (sealed[index] ?? 0) ^ 1
    table.row = { ...row, sealed }
    await assertUnopened(keysIn(table))
  }
  for (const length of [0, 1, 28]) {
    table.row = { ...row, sealed: row.sealed.subarray(0, length) }
    await assertUnopened(keysIn(table))
  }
  table.row = row
  assert.deepEqual(await keysIn(table).read(), { bytes: document, version: row.version })
})

test("read() with the previous secret seals the document again, once", async () => {
  const table = new KeyTable()
  const first = await keysIn(table).replace(document, { ifVersion: null })
  const changed = { secret: other, previousSecret: secret }
  const both = await Promise.all([keysIn(table, changed).read(), keysIn(table, changed).read()])
  const { version } = table.row ?? assert.fail()
  assert.notEqual(version, first)
  for (const read of both) assert.deepEqual(read, { bytes: document, version })
  assert.deepEqual((await keysIn(table, { secret: other }).read())?.version, version)
  await assertUnopened(keysIn(table))
})

test("replace() gives no version that may have been given before a dump was restored", async () => {
  const table = new KeyTable()
  const dumped = await keysIn(table).replace(document, { ifVersion: null })
  const row = table.row
  const next = async () => keysIn(table).replace(document, { ifVersion: dumped })
  const versions = new Set<number | null>()
  for (let round = 0; round < 5; round += 1) {
    versions.add(await next())
    table.row = row
  }
  // Two of five are equal once in 100,000 times.
  assert.equal(versions.size, 5)
})

test("keys.version() sends one query for all calls of a moment, and another one for later calls", async () => {
  const database = new ScriptedDatabase()
  const keys = keysIn({ query: database.query })
  const first = [keys.version(), keys.version(), keys.version()]
  await turn()
  assert.equal(database.reads.length, 1)
  // The key may have been made since that question was sent.
  const later = keys.version()
  await turn()
  assert.equal(database.reads.length, 2)
  database.reads[0]?.answer([{ version: 1 }])
  database.reads[1]?.answer([{ version: 2 }])
  assert.deepEqual(await Promise.all(first), [1, 1, 1])
  assert.equal(await later, 2)
  const failing = [keys.version(), keys.version()]
  await turn()
  database.reads[2]?.fail(new Error("gone"))
  const ends = await Promise.allSettled(failing)
  assert.deepEqual(
    ends.map(({ status }) => status),
    ["rejected", "rejected"],
  )
})
