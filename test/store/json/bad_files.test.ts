// Text that is no store's: the start is refused, names the file and the place, and leaves every
// byte as it was.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { crc32 } from "node:zlib"
import { sumText } from "../../../src/store/json/checksum.ts"
import { encodeEntry } from "../../../src/store/json/journal_format.ts"
import { sampleUser } from "../sample_user.ts"
import { assertRefused, journals, names, usedDirectory } from "./used_directory.ts"

type Edit = (text: string) => string | Buffer

const forAll: readonly (readonly [name: string, edit: Edit, store: RegExp, journal: RegExp])[] = [
  ["empty", () => "", /line 1: it is empty/, /line 1: it is not the first line of a journal/],
  ["NULs", (text) => Buffer.alloc(text.length), /line 1: it is not JSON/, /line 1: it is not the/],
  ["[]", () => "[]", /line 1: it is not a JSON object/, /line 1: it is not the first line/],
  ["null", () => "null", /line 1: it is not a JSON object/, /line 1: it is not the first line/],
  ["{}", () => "{}", /line 1: it is not a file of the format 'postern-store'/, /line 1: it is not/],
  ["not UTF-8", (text) => Buffer.from(`${text}\xff\n`, "latin1"), /not JSON/, /line \d+: its sum/],
  [
    "an earlier version",
    (text) => text.replace(/"version":\d/, '"version":0'),
    /line 1: its version is not \d, the one written here/,
    /line 1: it is not the first line of a journal of version 1/,
  ],
  [
    "another format",
    replaced('"postern-', '"eastern-'),
    /line 1: it is not a file of the format/,
    /line 1: it is not the first line/,
  ],
  [
    "another file's text",
    () => "root:x:0:0:root:/root:/bin/sh\n",
    /line 1: it is not JSON text/,
    /line 1: it is not the first line/,
  ],
]

for (const [what, edit, store, journal] of forAll) {
  for (const name of names) {
    test(`openJsonStore() refuses a ${name} that is damaged: ${what}`, async (t) => {
      const directory = await usedDirectory(t)
      change(directory, name, edit)
      await assertRefused(directory, name, name === "store.json" ? store : journal)
    })
  }
}

const hash = "$argon2id$v=19$m=19456,t=2,p=1$"

const forStore: readonly (readonly [name: string, edit: Edit, place: RegExp])[] = [
  [
    "a user twice",
    (text) => text.replace(/(\{"username":"alice".*\},)/, "$1\n$1"),
    /users, record 2: 'alice' stands twice/,
  ],
  [
    "an unknown hash format",
    replaced(hash, "$2b$12$"),
    /users, record 1: 'passwordHash' is missing or not valid/,
  ],
  ["a hash that is empty", (text) => text.replace(/"\$argon2id[^"]*"/, '""'), /'passwordHash' is/],
  [
    "an extra member of a record",
    replaced('"roles"', '"email":"a@b","roles"'),
    /users, record 1: 'email' is no member of such a record/,
  ],
  [
    "an own member __proto__",
    replaced('"roles"', '"__proto__":{},"roles"'),
    /users, record 1: '__proto__' is no member/,
  ],
  ["a member missing", replaced('"disabled":false,', ""), /'disabled' is missing or not valid/],
  ["roles that are no texts", replaced('["reader"]', "[7]"), /'roles' is missing or not valid/],
  ["an instant that is none", replaced('"createdAt":1795447800', '"createdAt":-1'), /'createdAt'/],
  ["a name with a blank", replaced('"alice"', '"ali ce"'), /users, record 1: 'username' is/],
  ["a name of 255", replaced('"alice"', `"${"a".repeat(255)}"`), /users, record 1: 'username' is/],
  [
    "a record that is none",
    replaced('"users":[\n', '"users":[\nnull,\n'),
    /users, record 1: a record is not an object/,
  ],
  [
    "a table missing",
    (text) => text.replace(/,\n"reservedNames":\[[^\]]*\]/, ""),
    /reservedNames: the list is missing/,
  ],
  [
    "a table that is no list",
    (text) => text.replace(/"reservedNames":\[[^\]]*\]/, '"reservedNames":{}'),
    /reservedNames: the list is missing/,
  ],
  [
    "a table of a later version",
    replaced(',\n"users"', ',"devices":[],\n"users"'),
    /'devices': it is no member of a store/,
  ],
  ...(["sessions", "endedSessions", "revokedTokens"] as const).map(
    (table) =>
      [
        `no ${table}`,
        (text: string) => text.replace(new RegExp(`,\n"${table}":\\[[^\\]]*\\]`), ""),
        new RegExp(`${table}: the list is missing`),
      ] as const,
  ),
  [
    "a session with an extra member",
    replaced('"rotations"', '"token":"ptr_x","rotations"'),
    /sessions, record 1: 'token' is no member of such a record/,
  ],
  ["a session without its user", replaced('"sid":"s1","username":"alice"', '"sid":"s1"'), /'user/],
  ["a rotation that is no number", replaced('"rotations":0', '"rotations":"0"'), /'rotations' is/],
  [
    "a negative end",
    (text) => text.replace(/("expiresAt":)\d/, "$1-1"),
    /'expiresAt' is missing or/,
  ],
  ["a user agent without end", replaced("Browser", "B".repeat(300)), /sessions, .*'userAgent' is/],
  [
    "a session twice",
    (text) => text.replace(/(\{"sid":"s1".*\})/, "$1,\n$1"),
    /sessions, record 2: 's1' stands twice/,
  ],
  [
    "a sid with a blank",
    replaced('"sid":"s2"', '"sid":"s 2"'),
    /endedSessions, record 1: 'sid' is/,
  ],
  ["a jti that is none", replaced('"jti":"j1"', '"jti":""'), /revokedTokens, record 1: 'jti' is/],
  ["claims that are none", replaced('"claims":{}', '"claims":[]'), /users, .*'claims' is missing/],
  ["no sequence", (text) => text.replace(/,"sequence":\d+/, ""), /line 1: its 'sequence' is/],
  [
    "a sequence that is none",
    (text) => text.replace(/"sequence":\d+/, '"sequence":1.5'),
    /line 1: its 'sequence' is missing or not valid/,
  ],
  [
    "a sequence before the journals",
    (text) => summedAnew(text.replace(/"sequence":\d+/, '"sequence":0')),
    /entries after number 0, the snapshot's, are missing/,
  ],
  [
    "a sequence after the journals",
    (text) => summedAnew(text.replace(/"sequence":\d+/, '"sequence":999')),
    /entries after number 999, the snapshot's, are missing/,
  ],
  ["a role that somebody edited", replaced('["reader"]', '["admin"]'), /'sum': it does not fit/],
  ["a letter of a hash changed", replaced("$AAAA", "$BAAA"), /'sum': it does not fit the text/],
  [
    "a sum changed",
    (text) => text.replace(/("sum":")\w/, "$1x"),
    /'sum': it does not fit the text/,
  ],
  ["no sum", (text) => text.replace(/,"sum":"\w+"/, ""), /'sum': it does not fit the text/],
  ["a line end more", (text) => `${text}\n`, /'sum': it does not fit the text, which was damaged/],
  ["a comma missing between records", (text) => text.replace("},\n", "}\n"), /not JSON text from/],
  [
    "a record cut short",
    (text) => text.replace(/("username":"alice","pass).*/, "$1"),
    /line 3: it is not JSON text from there on/,
  ],
]

for (const [what, edit, place] of forStore) {
  test(`openJsonStore() refuses a store.json with ${what}`, async (t) => {
    const directory = await usedDirectory(t)
    change(directory, "store.json", edit)
    await assertRefused(directory, /sequence (be|af)/.test(what) ? /journal/ : "store.json", place)
  })
}

test("openJsonStore() refuses a store.json cut off anywhere", async (t) => {
  const directory = await usedDirectory(t)
  const whole = readFileSync(join(directory, "store.json"))
  for (let length = 0; length < whole.byteLength - 1; length += 13) {
    writeFileSync(join(directory, "store.json"), whole.subarray(0, length))
    await assertRefused(directory, "store.json", length === 0 ? /is empty/ : /not JSON text from/)
  }
})

test("openJsonStore() refuses a journal cut off in its first line", async (t) => {
  const directory = await usedDirectory(t)
  for (const name of journals) {
    const whole = readFileSync(join(directory, name))
    for (const length of [0, 1, 30, 64]) {
      writeFileSync(join(directory, name), whole.subarray(0, length))
      await assertRefused(directory, name, /line 1: it is not the first line/)
    }
    writeFileSync(join(directory, name), whole)
  }
})

/** What a later version may write, each with the sum that fits. */
const newer: readonly (readonly [what: string, name: string, edit: Edit, place: RegExp])[] = [
  ...names.map(
    (name) =>
      [
        `a later version in ${name}`,
        name,
        (text: string) => text.replace(/"version":\d/, '"version":9'),
        /line 1: its version is 9, and this one reads up to \d$/,
      ] as const,
  ),
  [
    "a later version of another layout",
    "store.json",
    () => '{"format":"postern-store","version":12}\nusers.0 users.1\n',
    /line 1: its version is 12, and this one reads up to 4$/,
  ],
  [
    "a table more",
    "store.json",
    (text) => summedAnew(text.replace(',\n"users"', ',"devices":[],\n"users"')),
    /'devices': it is no member of a store$/,
  ],
  [
    "a member more of a record",
    "store.json",
    (text) => summedAnew(text.replace('"roles"', '"email":"a@b","roles"')),
    /users, record 1: 'email' is no member of such a record$/,
  ],
  [
    "another hash",
    "store.json",
    (text) => summedAnew(text.replace(hash, "$2b$12$")),
    /users, record 1: 'passwordHash' is missing or not valid$/,
  ],
  ["an entry of another table", journals[0], ofEntry(["devices", "x", {}]), /no such table$/],
  [
    "an entry with another hash",
    journals[0],
    ofEntry(["users", "x", sampleUser("x", { passwordHash: "plain" })]),
    /line 2: 'passwordHash' is missing or not valid$/,
  ],
  [
    "an entry with a member more",
    journals[0],
    ofEntry(["users", "x", { ...sampleUser("x"), email: "a@b" }]),
    /line 2: 'email' is no member of such a record$/,
  ],
]

for (const [what, name, edit, place] of newer) {
  test(`openJsonStore() calls newer, not damaged: ${what}`, async (t) => {
    const directory = await usedDirectory(t)
    change(directory, name, edit)
    const hint =
      /^Nothing was changed\. Start the newer Postern again, or restore the backup from before the upgrade, all/
    await assertRefused(directory, name, place, hint)
    await assertRefused(directory, name, /^The store was written by a newer Postern: /, hint)
  })
}

test("openJsonStore() calls damaged what says it is newer nowhere, and whose sum does not fit", async (t) => {
  const directory = await usedDirectory(t)
  change(directory, "store.json", replaced('"roles"', '"email":"a@b","roles"'))
  await assertRefused(directory, "store.json", /^The store can't be read: /)
})

/** A journal of one entry, whatever that changes. */
function ofEntry(change: readonly unknown[]): Edit {
  const entry = { sequence: 1, changes: [change] } as unknown as Parameters<typeof encodeEntry>[0]
  return (text) => Buffer.from(`${text.split("\n")[0]}\n${encodeEntry(entry)}`)
}

/** A store.json with the sum that its text has. */
function summedAnew(text: string): string {
  const body = text.replace(/,"sum":"\w+"\}\n$/, "")
  return `${body}${sumText(crc32(body))}\n`
}

function replaced(text: string, other: string): Edit {
  return (whole) => {
    assert.ok(whole.includes(text), text)
    return whole.replace(text, () => other)
  }
}

function change(directory: string, name: string, edit: Edit): void {
  const path = join(directory, name)
  const before = readFileSync(path, "utf8")
  const after = edit(before)
  assert.notEqual(after.toString(), before)
  writeFileSync(path, after)
}
