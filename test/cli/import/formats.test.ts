// What lines of each format say, and how a format is recognised.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createLineReader, type FormatName } from "../../../src/cli/import/formats.ts"
import { OperatorError } from "../../../src/errors.ts"

/** Reads lines one after the other. */
function read(lines: readonly string[], format: FormatName | null = null) {
  const readLine = createLineReader(format)
  return lines.map(readLine)
}

const carol = { members: { name: "carol", password_hash: "$2b$12$x" } }

/** Files of which the first line shows the format, and what is read. */
const files: readonly (readonly [
  name: string,
  lines: readonly string[],
  read: readonly unknown[],
])[] = [
  ["JSON Lines", ['{"name":"carol","password_hash":"$2b$12$x"}', ""], [carol, null]],
  ["JSON Lines after blank lines", [" ", "{}"], [null, { members: {} }]],
  ["CSV", ["name,password_hash", "carol,$2b$12$x", ""], [null, carol, null]],
  ["CSV with other names", ["Password_Hash, USERNAME", "$2b$12$x,carol"], [null, carol]],
  ["htpasswd", ["carol:$2b$12$x", "# comment", ""], [carol, null, null]],
  ["htpasswd after a comment", ["# comment", "carol:$2b$12$x"], [null, carol]],
  ["shadow", ["carol:$2b$12$x:19000:0:99999:7:::"], [carol]],
]

for (const [name, lines, expected] of files) {
  test(`createLineReader() recognises ${name}`, () => {
    assert.deepEqual(read(lines), expected)
  })
}

/** First lines of no format. */
const unclear: readonly (readonly [line: string, message: string, hint: string])[] = [
  [
    "[",
    "The file is a JSON array, not JSON Lines",
    "Put each user on a line: jq -c '.[]' users.json.",
  ],
  [
    '[{"name":"carol"}]',
    "The file is a JSON array, not JSON Lines",
    "Put each user on a line: jq -c '.[]' users.json.",
  ],
  [
    "carol,$2b$12$x",
    "The format of the file is not clear",
    "The first line of CSV must name the cells: name,password_hash. Or add --format.",
  ],
  [
    "hunter2",
    "The format of the file is not clear",
    "The first line of CSV must name the cells: name,password_hash. Or add --format.",
  ],
]

for (const [line, message, hint] of unclear) {
  test(`createLineReader() refuses a file that begins with ${line}`, () => {
    assert.throws(() => read([line]), { name: "OperatorError", message, hint, exitCode: 1 })
  })
}

const noObject = { fault: "the line is not one JSON object, or has a member twice" }

test("createLineReader() of JSON Lines", () => {
  const rows: readonly (readonly [line: string, reading: unknown])[] = [
    ['{"username":"carol"}', { members: { name: "carol" } }],
    ['{"username":"carol","name":"dora"}', { members: { username: "carol", name: "dora" } }],
    ['{"name":"a","name":"b"}', noObject],
    ['{"name":"a"', noObject],
    ['{"name":"a"} {}', noObject],
    ["[]", noObject],
    ["null", noObject],
    ['"carol"', noObject],
    ["carol:$2b$12$x", noObject],
    ['{"__proto__":{"name":"a"}}', { members: JSON.parse('{"__proto__":{"name":"a"}}') }],
  ]
  for (const [line, reading] of rows) assert.deepEqual(read([line], "jsonl"), [reading], line)
})

test("createLineReader() of htpasswd", () => {
  const rows: readonly (readonly [line: string, reading: unknown])[] = [
    ["carol:", { members: { name: "carol", password_hash: null } }],
    ["carol: ", { members: { name: "carol", password_hash: null } }],
    ["carol:$2b$12$x:a comment", carol],
    ["carol:scrypt:1:2:3$a$b", { members: { name: "carol", password_hash: "scrypt:1:2:3$a$b" } }],
    ["carol", { fault: "the line has no ':' between name and hash" }],
    [":$2b$12$x", { members: { name: "", password_hash: "$2b$12$x" } }],
  ]
  for (const [line, reading] of rows) assert.deepEqual(read([line], "htpasswd"), [reading], line)
})

const header = "name,password_hash,roles,claims,disabled,created_at,tokens_not_before,salt"

test("createLineReader() of CSV makes members of cells", () => {
  const rows: readonly (readonly [line: string, members: object])[] = [
    ["carol,,,,,,,", { name: "carol", password_hash: null }],
    [",h,,,,,,", { password_hash: "h" }],
    ["c,h,a b  c,,,,,", { name: "c", password_hash: "h", roles: ["a", "b", "c"] }],
    ['c,h,,"{""a"":[1,2]}",,,,', { name: "c", password_hash: "h", claims: { a: [1, 2] } }],
    ["c,h,,,TRUE,,,", { name: "c", password_hash: "h", disabled: true }],
    ["c,h,,,f,,,", { name: "c", password_hash: "h", disabled: false }],
    ["c,h,,,maybe,,,", { name: "c", password_hash: "h", disabled: "maybe" }],
    ["c,h,,,,12,0,", { name: "c", password_hash: "h", created_at: 12, tokens_not_before: 0 }],
    [
      "c,h,,,,soon,-1,",
      { name: "c", password_hash: "h", created_at: "soon", tokens_not_before: "-1" },
    ],
    ["c,h,,,,,,cw==", { name: "c", password_hash: "h", salt: "cw==" }],
    ["'=c,h,,,,,,", { name: "=c", password_hash: "h" }],
  ]
  for (const [line, members] of rows) {
    assert.deepEqual(read([header, line], "csv"), [null, { members }], line)
  }
})

test("createLineReader() of CSV says what is wrong with a line", () => {
  const rows: readonly (readonly [line: string, fault: string])[] = [
    ["c,h", "the line has 2 cells, and the first line 8"],
    ['c,"h', "a quote does not end in the line"],
    ["c,h,,{,,,,", "'claims' is not JSON"],
  ]
  for (const [line, fault] of rows) {
    assert.deepEqual(read([header, line], "csv"), [null, { fault }], line)
  }
})

test("createLineReader() of CSV refuses a first line that does not name the cells", () => {
  for (const line of [
    "carol,$2b$12$x",
    "name,hash",
    "name,password",
    "name,password_hash,role",
    "name,username,password_hash",
    "name,password_hash,roles,roles",
    "password_hash",
    'name,"password_hash',
  ]) {
    assert.throws(
      () => read([line], "csv"),
      (error) => {
        assert.ok(error instanceof OperatorError)
        assert.equal(error.message, "The first line of the CSV file does not name its cells")
        assert.match(
          error.hint,
          /^It needs name,password_hash and may have, each once: roles, claims, /,
        )
        return error.exitCode === 1
      },
      line,
    )
  }
})
