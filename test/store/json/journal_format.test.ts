import assert from "node:assert/strict"
import { test } from "node:test"
import { crc32 } from "node:zlib"
import { FileFault } from "../../../src/store/json/damage.ts"
import {
  encodeEntry,
  encodeHeader,
  headerLength,
  type JournalEntry,
  readJournal,
} from "../../../src/store/json/journal_format.ts"
import { sampleFactors } from "../sample_factors.ts"
import { sampleSession } from "../sample_session.ts"
import { sampleUser } from "../sample_user.ts"

const factors = sampleFactors({ recoveryCodes: [] })

const entries: readonly JournalEntry[] = [
  { sequence: 8, changes: [["users", "alice", sampleUser("alice")]] },
  { sequence: 9, changes: [["users", "bob", sampleUser("bob", { disabled: true, factors })]] },
  {
    sequence: 10,
    changes: [
      ["users", "alice", null],
      ["reservedNames", "alice", { username: "alice", deletedAt: 1_795_447_900, isReleased: true }],
      ["sessions", "s1", sampleSession("s1")],
      ["sessions", "s2", null],
      ["endedSessions", "s2", { sid: "s2", tokensExpireAt: 1_795_448_900 }],
      ["failedLogins", "bob", { username: "bob", strangers: 69, devices: 1 }],
      ["revokedTokens", "j1", { jti: "j1", expiresAt: 1_795_448_900, isListed: true }],
    ],
  },
  { sequence: 11, changes: [] },
]
const lines = entries.map(encodeEntry)
const header = encodeHeader(7)
const journal = Buffer.concat([header, ...lines])

test("encodeHeader() and encodeEntry() write the format's lines", () => {
  const first = '{"format":"postern-journal","version":1,"after":"0000000000000041"}\n'
  assert.equal(encodeHeader(41).toString(), first)
  assert.equal(headerLength, first.length)
  assert.equal(encodeHeader(Number.MAX_SAFE_INTEGER).byteLength, headerLength)
  const change = ["reservedNames", "bob", null] as const
  assert.equal(
    encodeEntry({ sequence: 42, changes: [change] }).toString(),
    '{"sequence":42,"changes":[["reservedNames","bob",null]],"sum":"2587759c"}\n',
  )
})

test("readJournal() gives what was written", () => {
  const reading = readJournal(journal)
  assert.deepEqual(reading, { after: 7, entries, length: journal.byteLength, tornBytes: 0 })
  assert.deepEqual(readJournal(header), {
    after: 7,
    entries: [],
    length: headerLength,
    tornBytes: 0,
  })
})

test("readJournal() of any prefix gives a prefix of the history, or damage of line 1", () => {
  for (let length = 0; length <= journal.byteLength; length += 1) {
    const prefix = journal.subarray(0, length)
    if (length < headerLength) {
      assert.throws(
        () => readJournal(prefix),
        { name: "FileFault", place: "line 1", message: notAHeader },
        `${length} bytes`,
      )
      continue
    }
    let whole = headerLength
    const expected = entries.filter((_, index) => {
      const end = Buffer.concat([header, ...lines.slice(0, index + 1)]).byteLength
      if (end <= length) whole = end
      return end <= length
    })
    const { tornBytes, ...reading } = readJournal(prefix)
    assert.deepEqual(reading, { after: 7, entries: expected, length: whole }, `${length} bytes`)
    assert.equal(tornBytes, length - whole)
  }
})

test("readJournal() with any bit flipped gives damage or the same history", () => {
  let sameHistory = 0
  for (let at = 0; at < journal.byteLength; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Buffer.from(journal)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at)
      const place = `bit ${bit} of byte ${at}`
      try {
        assert.deepEqual(readJournal(flipped).entries, entries, place)
        sameHistory += 1
      } catch (error) {
        assert.ok(error instanceof FileFault, `${place}: ${error}`)
      }
    }
  }
  assert.ok(sameHistory < 64, "only digits of the first line may differ")
})

test("readJournal() with a byte missing or doubled before the last entry gives damage", () => {
  const lastLine = journal.byteLength - (lines.at(-1)?.byteLength ?? 0)
  for (let at = 1; at < lastLine; at += 1) {
    for (const next of [at + 1, at - 1]) {
      const changed = Buffer.concat([journal.subarray(0, at), journal.subarray(next)])
      // Of another version, where the digit of the version is doubled.
      const name = /^(FileFault|NewerStore)$/
      assert.throws(() => readJournal(changed), { name }, `${at}, then ${next}`)
    }
  }
})

test("readJournal() keeps the entries before a header that was renewed, whole or in part", () => {
  for (const after of [8, 11, 17, 4711]) {
    const renewed = Buffer.concat([encodeHeader(after), ...lines])
    assert.deepEqual(readJournal(renewed), readJournal(journal), `after ${after}`)
  }
})

const notAHeader = "it is not the first line of a journal"
const noSum = "its sum does not fit its text"
const second = lines[1] ?? Buffer.alloc(0)

/** An entry of any text, with the sum that fits it. */
function entryOf(text: string): Buffer {
  const { sequence, changes } = JSON.parse(text)
  return encodeEntry({ sequence, changes })
}

const damaged: readonly (readonly [name: string, text: Buffer, line: number, why: string])[] = [
  ["empty", Buffer.alloc(0), 1, notAHeader],
  ["NULs", Buffer.alloc(900), 1, notAHeader],
  ["an array", Buffer.from("[]\n"), 1, notAHeader],
  ["a version that is text", edited('"version":1', '"version":"2"'), 1, notAHeader],
  ["another format", edited("postern-journal", "pastern-journal"), 1, notAHeader],
  ["a blank more in the first line", edited('{"format"', '{ "format"'), 1, notAHeader],
  ["an unsafe number", edited("0000000000000007", "9999999999999999"), 1, notAHeader],
  ["an empty line", Buffer.concat([header, Buffer.from("\n"), ...lines]), 2, noSum],
  ["the first entry missing", Buffer.concat([header, ...lines.slice(1)]), 2, misplaced(8, 9)],
  ["one missing between", Buffer.concat([header, ...lines.toSpliced(1, 1)]), 3, misplaced(9, 10)],
  ["one twice", Buffer.concat([header, ...lines.toSpliced(1, 0, second)]), 4, misplaced(10, 9)],
  ["two in the wrong order", Buffer.concat([header, ...lines.toReversed()]), 2, misplaced(8, 11)],
  ["NULs between", Buffer.concat([header, Buffer.alloc(20), ...lines]), 2, noSum],
  ["an edited member", edited('"disabled":true', '"disabled":null'), 3, noSum],
  [
    "no line end but something else",
    Buffer.concat([journal.subarray(0, -1), Buffer.from("\v")]),
    5,
    "its line end is damaged",
  ],
]

/** Whole, and nothing that this version writes. */
const newer: readonly (readonly [name: string, text: Buffer, line: number, why: string])[] = [
  ...["2", "12", "999999999"].map(
    (version) =>
      [
        `version ${version}`,
        edited('"version":1', `"version":${version}`),
        1,
        ahead(Number(version)),
      ] as const,
  ),
  [
    "another first line",
    Buffer.from('{"format":"postern-journal","version":3,"x":\n'),
    1,
    ahead(3),
  ],
  [
    "changes that are no list",
    whole('{"sequence":8,"changes":7}'),
    2,
    "its changes are not a list",
  ],
  [
    "a number that is none",
    whole('{"sequence":"8","changes":[]}'),
    2,
    "its sequence is not a number",
  ],
  [
    "a change that is no triple",
    whole('{"sequence":8,"changes":[[]]}'),
    2,
    "a change is not a triple",
  ],
  [
    "an unknown table",
    whole('{"sequence":8,"changes":[["__proto__","a",null]]}'),
    2,
    "there is no such table",
  ],
  [
    "a key that is no text",
    whole('{"sequence":8,"changes":[["users",1,null]]}'),
    2,
    "a key is not text",
  ],
  [
    "a record of another key",
    whole(JSON.stringify({ sequence: 8, changes: [["users", "bob", sampleUser("alice")]] })),
    2,
    "a record is not of its key",
  ],
]

for (const [name, text, line, message] of damaged) {
  test(`readJournal() of damage: ${name}`, () => {
    assert.throws(() => readJournal(text), {
      name: "FileFault",
      kind: "damaged",
      place: `line ${line}`,
      message,
    })
  })
}

for (const [name, text, line, message] of newer) {
  test(`readJournal() of a later version: ${name}`, () => {
    assert.throws(() => readJournal(text), {
      name: "FileFault",
      kind: "newer",
      place: `line ${line}`,
      message,
    })
  })
}

test("readJournal() of an unreleased version says so", () => {
  const why = "it has version 0 of the format 'postern-journal', which was never released"
  const fault = { name: "FileFault", kind: "unreleased", place: "line 1", message: why }
  assert.throws(() => readJournal(edited('"version":1', '"version":0')), fault)
})

test("readJournal() of a text that has its sum but is no JSON does not quote it", () => {
  const body = '{"sequence":8,"passwordHash":"secret'
  const sum = crc32(body).toString(16).padStart(8, "0")
  const text = Buffer.concat([header, Buffer.from(`${body},"sum":"${sum}"}\n`)])
  const message = "it is not JSON text"
  assert.throws(() => readJournal(text), {
    name: "FileFault",
    kind: "newer",
    place: "line 2",
    message,
  })
})

test("readJournal() drops a hole that a write of several blocks left at the end", () => {
  for (const hole of [1, 2, 5000]) {
    const text = Buffer.concat([journal.subarray(0, -1), Buffer.alloc(hole)])
    const { entries: found, tornBytes } = readJournal(text)
    assert.deepEqual(found, entries.slice(0, -1), `${hole} bytes`)
    assert.equal(tornBytes, (lines.at(-1)?.byteLength ?? 0) - 1 + hole)
  }
})

function edited(text: string, other: string): Buffer {
  const before = journal.toString()
  assert.ok(before.includes(text))
  return Buffer.from(before.replace(text, other))
}

function whole(text: string): Buffer {
  return Buffer.concat([header, entryOf(text)])
}

function ahead(version: number): string {
  return `its version is ${version}, and this Postern reads version 1`
}

function misplaced(expected: number, found: number): string {
  return `entry ${expected} belongs here, not ${found}`
}
