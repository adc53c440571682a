// Text that is no store's: the start is refused, names the file and the place, and leaves every
// byte as it was.

import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { sampleFactors } from "../sample_factors.ts"
import { change, type Edit, replaced, summedAnew } from "./edited_files.ts"
import { assertRefused, journals, names, usedDirectory } from "./used_directory.ts"

const forAll: readonly (readonly [name: string, edit: Edit, store: RegExp, journal: RegExp])[] = [
  [
    "empty",
    () => "",
    /line 1: it is not a snapshot/,
    /line 1: it is not the first line of a journal/,
  ],
  [
    "NULs",
    (text) => Buffer.alloc(text.length),
    /line 1: it is not a snapshot/,
    /line 1: it is not the/,
  ],
  ["[]", () => "[]", /line 1: it is not a snapshot/, /line 1: it is not the first line/],
  ["null", () => "null", /line 1: it is not a snapshot/, /line 1: it is not the first line/],
  ["{}", () => "{}", /line 1: it is not a snapshot/, /line 1: it is not/],
  [
    "not UTF-8",
    (text) => Buffer.from(`${text}\xff\n`, "latin1"),
    /there is text after/,
    /line \d+: its sum/,
  ],
  [
    "another format",
    replaced('"postern-', '"eastern-'),
    /line 1: it is not the first line of a snapshot/,
    /line 1: it is not the first line/,
  ],
  [
    "a byte order mark",
    (text) => `\ufeff${text}`,
    /line 1: it is not the first line of a snapshot/,
    /line 1: it is not the first line/,
  ],
  [
    "CRLF",
    (text) => text.replaceAll("\n", "\r\n"),
    /line 1: it is not the first line of a snapshot/,
    /line 1: it is not the first line/,
  ],
  [
    "other blanks, as of jq",
    (text) => text.replace('{"format":', '{ "format": '),
    /line 1: it is not the first line of a snapshot/,
    /line 1: it is not the first line/,
  ],
  [
    "another file's text",
    () => "root:x:0:0:root:/root:/bin/sh\n",
    /line 1: it is not the first line of a snapshot/,
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
    /line 4: users: 'alice' is there twice/,
  ],
  [
    "an unknown hash format",
    replaced(hash, "$1$"),
    /line 3: users: 'passwordHash' is missing or not valid/,
  ],
  ["a hash that is empty", (text) => text.replace(/"\$argon2id[^"]*"/, '""'), /'passwordHash' is/],
  [
    "an extra member of a record",
    replaced('"roles"', '"email":"a@b","roles"'),
    /line 3: users: 'email' is no member of such a record/,
  ],
  [
    "an own member __proto__",
    replaced('"roles"', '"__proto__":{},"roles"'),
    /line 3: users: '__proto__' is no member/,
  ],
  ["a member missing", replaced('"disabled":false,', ""), /'disabled' is missing or not valid/],
  ["roles that are no texts", replaced('["reader"]', "[7]"), /'roles' is missing or not valid/],
  ["an instant that is none", replaced('"createdAt":1795447800', '"createdAt":-1'), /'createdAt'/],
  ["a name with a blank", replaced('"alice"', '"ali ce"'), /line 3: users: 'username' is/],
  ["a name of 255", replaced('"alice"', `"${"a".repeat(255)}"`), /line 3: users: 'username' is/],
  [
    "a record that is none",
    replaced('"users":[\n', '"users":[\nnull,\n'),
    /line 3: it does not continue the list of 'users'/,
  ],
  [
    "a table missing",
    (text) => text.replace(/,\n"reservedNames":\[[^\]]*\]/, ""),
    /line \d+: the list 'reservedNames' must begin here/,
  ],
  [
    "a table that is no list",
    (text) => text.replace(/"reservedNames":\[[^\]]*\]/, '"reservedNames":{}'),
    /line \d+: the list 'reservedNames' must begin here/,
  ],
  [
    "a table of a later version",
    replaced(',\n"users"', ',"devices":[],\n"users"'),
    /line 1: it is not the first line of a snapshot/,
  ],
  ...(["sessions", "endedSessions", "revokedTokens"] as const).map(
    (table) =>
      [
        `no ${table}`,
        (text: string) => text.replace(new RegExp(`,\n"${table}":\\[(?:\n(?!\\]).*)*\n?\\]`), ""),
        new RegExp(`line \\d+: the list '${table}' must begin here`),
      ] as const,
  ),
  [
    "a session with an extra member",
    replaced('"rotations"', '"token":"ptr_x","rotations"'),
    /line \d+: sessions: 'token' is no member of such a record/,
  ],
  ["a session without its user", replaced('"sid":"s1","username":"alice"', '"sid":"s1"'), /'user/],
  ["a rotation that is no number", replaced('"rotations":0', '"rotations":"0"'), /'rotations' is/],
  [
    "a negative end",
    (text) => text.replace(/("expiresAt":)\d/, "$1-1"),
    /'expiresAt' is missing or/,
  ],
  ["a user agent without end", replaced("Browser", "B".repeat(300)), /sessions: 'userAgent' is/],
  [
    "a session twice",
    (text) => text.replace(/(\{"sid":"s1".*\})/, "$1,\n$1"),
    /line \d+: sessions: 's1' is there twice/,
  ],
  [
    "a sid with a blank",
    replaced('"sid":"s2"', '"sid":"s 2"'),
    /line \d+: endedSessions: 'sid' is/,
  ],
  ["a jti that is none", replaced('"jti":"j1"', '"jti":""'), /line \d+: revokedTokens: 'jti' is/],
  [
    "claims nested without end",
    replaced('"claims":{}', `"claims":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    /line 4: users: it is nested too deep/,
  ],
  [
    "a number without end",
    replaced('"createdAt":1795447800', '"createdAt":1e999'),
    /line 3: users: 'createdAt'/,
  ],
  ...[
    '{"at":1,"address":"","userAgent":"","more":1}',
    '{"at":-1,"address":"","userAgent":""}',
    '{"at":1,"address":7,"userAgent":""}',
    '{"at":1,"address":""}',
    '"login"',
  ].map(
    (use) =>
      [
        `a session whose use before is ${use}`,
        replaced('"usedBefore":null', `"usedBefore":${use}`),
        /sessions: 'usedBefore' is missing or not valid/,
      ] as const,
  ),
  ...["{}", "[]", '"none"', JSON.stringify({ ...sampleFactors(), failures: -1 })].map(
    (factors) =>
      [
        `a user whose factors are ${factors.slice(0, 40)}`,
        replaced('"factors":null', `"factors":${factors}`),
        /line 3: users: 'factors' is missing or not valid$/,
      ] as const,
  ),
  [
    "a user without factors, and without null",
    replaced(',"factors":null', ""),
    /line 3: users: 'factors' is missing or not valid$/,
  ],
  [
    "a login by what is no list",
    replaced('"amr":["pwd"]', '"amr":"pwd"'),
    /line \d+: sessions: 'amr' is missing or not valid$/,
  ],
  [
    "a factor that was shown at no instant",
    replaced('"factorAt":null', '"factorAt":-1'),
    /line \d+: sessions: 'factorAt' is missing or not valid$/,
  ],
  [
    "a line twice",
    (text) => text.replace(/("reservedNames":\[\n)/, "$1$1"),
    /line \d+: it does not continue the list of 'reserved/,
  ],
  ["claims that are none", replaced('"claims":{}', '"claims":[]'), /users: 'claims' is missing/],
  [
    "no sequence",
    (text) => text.replace(/,"sequence":\d+/, ""),
    /line 1: it is not the first line/,
  ],
  [
    "a sequence that is none",
    (text) => text.replace(/"sequence":\d+/, '"sequence":1.5'),
    /line 1: it is not the first line/,
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
  [
    "a role that somebody edited",
    replaced('["reader"]', '["admin"]'),
    /line \d+: the sum does not fit/,
  ],
  [
    "a letter of a hash changed",
    replaced("$AAAA", "$BAAA"),
    /line \d+: the sum does not fit the text above/,
  ],
  [
    "a sum changed",
    (text) => text.replace(/("sum":")\w/, "$1x"),
    /line \d+: the sum does not fit the text above/,
  ],
  [
    "no sum",
    (text) => text.replace(/,"sum":"\w+"/, ""),
    /line \d+: it does not continue the list of 'serviceT/,
  ],
  ["a line end more", (text) => `${text}\n`, /line \d+: there is text after this line/],
  [
    "a comma missing between records",
    (text) => text.replace("},\n", "}\n"),
    /line 4: it does not continue/,
  ],
  [
    "a record cut short",
    (text) => text.replace(/("username":"alice","pass).*/, "$1"),
    /line 3: it is not JSON text/,
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
    await assertRefused(
      directory,
      "store.json",
      /line \d+: (it is not a snapshot|the file is cut off here)$/,
    )
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
