// The file of a backup: what it looks like, and that a changed one is told from a whole one.

import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import type { BackupOrigin, Content } from "../../../src/store/copying.ts"
import { encodeBackup } from "../../../src/store/json/backup_format.ts"
import { openBackup } from "../../../src/store/json/backup_reader.ts"
import { FileFault } from "../../../src/store/json/damage.ts"
import { tableNames } from "../../../src/store/records.ts"
import { sampleContent } from "../sample_content.ts"
import { start } from "../sample_session.ts"

const origin: BackupOrigin = { postern: "1.2.3", madeAt: start }

async function bytesOf(content: Content): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of encodeBackup(content, origin)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Bytes as they may arrive, in pieces of one length. */
async function* inPieces(bytes: Uint8Array, length = 65_536): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length)
}

/** All that a content has. */
async function allOf(content: Content): Promise<object> {
  const lists: Record<string, object[]> = {}
  for (const table of tableNames) {
    const list: object[] = []
    for await (const slice of content.read(table)) list.push(...slice)
    lists[table] = list
  }
  return { lists, keys: content.keys?.toString(), counts: await content.count() }
}

async function readAll(bytes: Uint8Array, length?: number): Promise<object> {
  const read = await openBackup(inPieces(bytes, length))
  return { origin: read.origin, ...(await allOf(read.content)) }
}

/** A text with the sum that it should have. */
function summed(text: string): Buffer {
  const body = text.replace(/,"sha256":"\w+"\}\n$/, "")
  const sum = createHash("sha256").update(body).digest("hex")
  return Buffer.from(`${body},"sha256":"${sum}"}\n`)
}

const fault = (place: string, message: string | RegExp, kind: FileFault["kind"] = "damaged") => {
  return (error: unknown) => {
    assert.ok(error instanceof FileFault, String(error))
    assert.deepEqual([error.place, error.kind], [place, kind])
    if (typeof message === "string") assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  }
}

for (const count of [0, 1, 2, 2345]) {
  test(`openBackup() gives what encodeBackup() was given, ${count} of each table`, async () => {
    const content = sampleContent(count)
    const bytes = await bytesOf(content)
    const expected = { origin, ...(await allOf(content)), keys: content.keys?.toString() }
    for (const length of count > 2 ? [4099, 65_536] : [1, 2, 7, 100, 65_536]) {
      assert.deepEqual(await readAll(bytes, length), expected, `pieces of ${length}`)
    }
  })
}

test("openBackup() reads a backup without keys", async () => {
  const bytes = await bytesOf({ ...sampleContent(1), keys: null })
  const { content } = await openBackup(inPieces(bytes))
  assert.equal(content.keys, null)
})

test("encodeBackup() makes one JSON document with a record on each line", async () => {
  const content = sampleContent(2, { reservedNames: 0 })
  const text = (await bytesOf(content)).toString()
  const { format, version, postern, time, records, keys, sha256, ...lists } = JSON.parse(text)
  assert.deepEqual([format, version, postern], ["postern-backup", 1, "1.2.3"])
  assert.equal(time, "2026-11-23T15:30:00Z")
  assert.deepEqual(records, await content.count())
  assert.equal(keys, Buffer.from(content.keys ?? []).toString())
  assert.equal(sha256, createHash("sha256").update(text.slice(0, -78)).digest("hex"))
  assert.deepEqual(Object.keys(lists), tableNames)
  assert.deepEqual({ ...lists }, ((await allOf(content)) as { lists: object }).lists)
  const lines = text.split("\n")
  assert.equal(
    lines[0],
    '{"format":"postern-backup","version":1,"postern":"1.2.3","time":"2026-11-23T15:30:00Z",',
  )
  assert.equal(lines.filter((line) => /^\{"(username|sid|jti)":/.test(line)).length, 12)
})

test("openBackup() refuses a change of any byte, and its message has nothing of the text", async () => {
  const bytes = await bytesOf(sampleContent(1))
  for (let at = 0; at < bytes.byteLength; at += 1) {
    for (const change of [1, 0x80, (bytes[at] ?? 0) ^ 0x0a]) {
      if (change === 0) continue
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ change
      await assert.rejects(readAll(changed), (error) => {
        assert.ok(error instanceof FileFault, `byte ${at}: ${error}`)
        return !/argon2|ABCD|bytes that nobody/.test(error.message)
      })
    }
  }
})

test("openBackup() refuses a backup that is cut off anywhere or has text after its end", async () => {
  const bytes = await bytesOf(sampleContent(1))
  for (let length = 0; length < bytes.byteLength; length += 1) {
    await assert.rejects(readAll(bytes.subarray(0, length)), FileFault, `length ${length}`)
  }
  await assert.rejects(
    readAll(bytes.subarray(0, 200)),
    fault("line 2", "the backup is cut off here"),
  )
  for (const more of ["\n", " ", "}", bytes.toString()]) {
    const longer = Buffer.concat([bytes, Buffer.from(more)])
    await assert.rejects(readAll(longer), fault("line 27", /^the sum does not fit/), more)
  }
})

test("openBackup() refuses swapped lines and repeated lines", async () => {
  const lines = (await bytesOf(sampleContent(2))).toString().split("\n")
  for (let at = 1; at < lines.length - 1; at += 1) {
    const [one = "", other = ""] = [lines[at - 1], lines[at]]
    for (const instead of [[other, one], [one], [one, one, other]]) {
      const changed = lines.toSpliced(at - 1, 2, ...instead)
      await assert.rejects(readAll(Buffer.from(changed.join("\n"))), FileFault, `line ${at}`)
    }
  }
})

/** Texts with a right sum that no Postern of this version wrote. */
const others: readonly (readonly [
  name: string,
  change: (text: string) => string,
  place: string,
  message: RegExp,
  kind: FileFault["kind"],
])[] = [
  [
    "another version",
    (text) => text.replace('"version":1', '"version":2'),
    "line 1",
    /^its version is 2, and this Postern reads version 1$/,
    "newer",
  ],
  [
    "version 0",
    (text) => text.replace('"version":1', '"version":0'),
    "line 1",
    /never released$/,
    "unreleased",
  ],
  [
    "another format",
    (text) => text.replace("postern-backup", "postern-other"),
    "line 1",
    /^it is not a Postern backup$/,
    "damaged",
  ],
  [
    "no version of Postern",
    (text) => text.replace('"postern":"1.2.3"', '"postern":7'),
    "line 1",
    /^it does not say when/,
    "newer",
  ],
  [
    "no time",
    (text) => text.replace(/"time":"[^"]+"/, '"time":"soon"'),
    "line 1",
    /^it does not say when/,
    "newer",
  ],
  [
    "a time that is a number",
    (text) => text.replace(/"time":"[^"]+"/, '"time":7'),
    "line 1",
    /^it does not say when/,
    "newer",
  ],
  [
    "more than a head",
    (text) => text.replace('"postern":', "postern:"),
    "line 1",
    /^it is not JSON text$/,
    "newer",
  ],
  [
    "no counts",
    (text) => text.replace('"records":', '"rows":'),
    "line 2",
    /^'records' must stand here$/,
    "newer",
  ],
  [
    "counts of other tables",
    (text) => text.replace('"users":1,', '"users":1,"groups":1,'),
    "line 2",
    /^it does not say how many/,
    "newer",
  ],
  [
    "counts that are no numbers",
    (text) => text.replace('"users":1,', '"users":"1",'),
    "line 2",
    /^it does not say how many/,
    "newer",
  ],
  [
    "counts that are a list",
    (text) => text.replace(/"records":.*,$/m, '"records":[],'),
    "line 2",
    /^it does not say how many/,
    "newer",
  ],
  [
    "keys that are no text",
    (text) => text.replace(/"keys":.*,$/m, '"keys":{},'),
    "line 3",
    /^the keys are not text$/,
    "newer",
  ],
  [
    "another table",
    (text) => text.replace('"users":[', '"people":['),
    "line 4",
    /^the list 'users' must begin here$/,
    "newer",
  ],
  [
    "a record with another member",
    (text) => text.replace('"disabled":', '"off":true,"disabled":'),
    "line 5",
    /^'off' is no member of such a record$/,
    "newer",
  ],
  [
    "more records than counted",
    (text) => text.replace('"users":1,', '"users":0,'),
    "line 5",
    /^the list 'users' must end here, after 0 records$/,
    "newer",
  ],
  [
    "fewer records than counted",
    (text) => text.replace('"users":1,', '"users":2,'),
    "line 5",
    /^it is not JSON text$/,
    "newer",
  ],
]

for (const [name, change, place, message, kind] of others) {
  test(`openBackup() of a backup with ${name}: ${kind}`, async () => {
    const text = (await bytesOf(sampleContent(1))).toString()
    const changed = summed(change(text))
    assert.notEqual(changed.toString(), text)
    await assert.rejects(readAll(changed), fault(place, message, kind))
  })
}

test("openBackup() reads no endless line, and no more of what is no backup", async () => {
  const text = (await bytesOf(sampleContent(1))).toString()
  const long = text.replace('"keys":"', `"keys":"${"x".repeat(5 * 1024 * 1024)}`)
  await assert.rejects(readAll(Buffer.from(long)), fault("line 3", "the line is too long"))
  async function* endless(): AsyncIterable<Uint8Array> {
    for (;;) yield Buffer.from("y\n".repeat(1000))
  }
  await assert.rejects(openBackup(endless()), fault("line 1", "it is not a Postern backup"))
})

test("openBackup() refuses to read tables out of their order", async () => {
  const { content } = await openBackup(inPieces(await bytesOf(sampleContent(1))))
  assert.throws(() => content.read("sessions"), { message: /are read in their order$/ })
})
