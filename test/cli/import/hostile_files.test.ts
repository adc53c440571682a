// Files that are no files of users, or that were made to harm: each is refused, nothing is
// imported, and nothing of it is printed.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createImportPlace, jsonLines } from "../../support/imported_files.ts"

const bcrypt = `$2b$04$${".".repeat(53)}`
const good = jsonLines([{ name: "carol", password_hash: bcrypt }])
/** What must not be printed. */
const canary = "korrekt-pferd-batterie"

function lineWith(members: object): string {
  return jsonLines([{ name: "dora", password_hash: bcrypt, ...members }])
}

const argon2 = (parameters: string) =>
  `$argon2id$v=19$${parameters}$${"A".repeat(22)}$${"A".repeat(43)}`

/** Lines behind a good one, and what is said about the second line. */
const hostile: readonly (readonly [name: string, line: string | Buffer, fault: RegExp])[] = [
  [
    "a line of 10 MB",
    `{"name":"${canary.repeat(500_000)}"}\n`,
    /the line has more than 65536 bytes/,
  ],
  ["a name of 60 KB", lineWith({ name: "x".repeat(60_000) }), /That can't be a username/],
  ["a hash of 60 KB", lineWith({ password_hash: "$2b$".repeat(15_000) }), /damaged/],
  ["NUL", `{"name":"${canary}\0"}\n`, /the character U\+0000/],
  ["an escaped NUL", lineWith({ name: `${canary}\0` }), /That can't be a username/],
  ["escape sequences", `\u001b[2J${canary}\n`, /the character U\+001B/],
  ["bytes that are not UTF-8", Buffer.from(`{"name":"${canary}\xff"}\n`, "latin1"), /not UTF-8/],
  [
    "deep claims",
    `{"name":"dora","password_hash":"${bcrypt}","claims":${'{"a":'.repeat(9000)}1${"}".repeat(9000)}}\n`,
    // By the room that is left on the stack.
    /nested too deep|1024 bytes together/,
  ],
  [
    "a password in the place of a hash",
    lineWith({ password_hash: canary }),
    /no hash that is known/,
  ],
  ["a password in the place of a name", lineWith({ name: `${canary} ` }), /.*/],
  ["swapped members", lineWith({ name: bcrypt, password_hash: canary }), /no hash that is known/],
  ["a member of all objects", `{"__proto__":{"name":"${canary}"}}\n`, /a member that is none of/],
  ["a member that stands twice", `{"name":"a","name":"${canary}"}\n`, /has a member twice/],
  [
    "4 TiB of memory",
    lineWith({ password_hash: argon2("m=4294967295,t=1,p=1") }),
    /takes 4194304 MiB/,
  ],
  [
    "passes without end",
    lineWith({ password_hash: argon2("m=64,t=4294967295,p=1") }),
    /takes \d+\.\d s/,
  ],
  ["bcrypt of cost 31", lineWith({ password_hash: bcrypt.replace("04", "31") }), /takes \d+\.\d s/],
  [
    "rounds without end",
    lineWith({ password_hash: `$6$rounds=999999999$a$${".".repeat(86)}` }),
    /takes \d+\.\d s/,
  ],
  [
    "iterations without end",
    lineWith({ password_hash: `$pbkdf2-sha512$i=2147483647$AAAA$${"A".repeat(86)}` }),
    /takes \d+\.\d s/,
  ],
  [
    "a huge N",
    lineWith({ password_hash: `$scrypt$ln=30,r=8,p=1$AAAA$${"A".repeat(43)}` }),
    /takes 1048577 MiB/,
  ],
  [
    "much parallel work",
    lineWith({ password_hash: `$scrypt$ln=10,r=8,p=16777216$AAAA$${"A".repeat(43)}` }),
    /takes \d+ MiB/,
  ],
]

for (const [name, line, fault] of hostile) {
  test(`user import refuses ${name}`, async (t) => {
    const { importFile, run } = await createImportPlace(t)
    const file = Buffer.concat([Buffer.from(good), Buffer.from(line)])
    const { exitCode, stdout, stderr } = await importFile(file)
    if (name.includes("in the place of a name")) {
      // Nobody can tell: it is imported, and not printed.
      assert.deepEqual([exitCode, stderr], [0, ""])
    } else {
      assert.deepEqual([exitCode, stdout], [1, ""])
      assert.match(stderr.split("\n")[0] ?? "", new RegExp(`^line 2: .*${fault.source}`))
      assert.match(stderr, /\npostern: 1 line can't be taken, so nothing was imported\n/)
      assert.match((await run(["list"])).stdout, /^There are no users/)
    }
    assert.equal(`${stdout}${stderr}`.includes(canary), false)
    assert.equal(stderr.includes(bcrypt), false)
  })
}

/** Files that are of no format. */
const unclear: readonly (readonly [name: string, content: string | Buffer])[] = [
  ["a JSON array", `[${good}]`],
  ["plain text", `${canary}\n`],
  ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0])],
  ["UTF-16", Buffer.from(good, "utf16le")],
  ["one long line", canary.repeat(500_000)],
  ["zeros", Buffer.alloc(1_000_000)],
]

for (const [name, content] of unclear) {
  test(`user import refuses a file that is ${name}`, async (t) => {
    const { importFile, run } = await createImportPlace(t)
    for (const options of [[], ["--skip-bad"]]) {
      const { exitCode, stdout, stderr } = await importFile(content, ...options)
      assert.equal(`${stdout}${stderr}`.includes(canary), false)
      assert.match(stderr, /^postern: |^line 1: /)
      if (options.length === 0) assert.deepEqual([exitCode, stdout], [1, ""])
      else assert.match(stdout, /^$|^Imported 0 users\.\n/)
    }
    assert.match((await run(["list"])).stdout, /^There are no users/)
  })
}

test("user import takes a byte order mark, CRLF and quotes", async (t) => {
  const { importFile } = await createImportPlace(t)
  const csv = `\ufeff"name","password_hash","claims"\r\n"carol","${bcrypt}","{""a"":""b,\\""c""}"\r\n`
  const { exitCode, stderr } = await importFile(csv)
  assert.deepEqual([exitCode, stderr], [0, ""])
})

test("user import measures few hashes, for any number of costs in a file", async (t) => {
  const { importFile } = await createImportPlace(t)
  const users = Array.from({ length: 2000 }, (_, at) => ({
    name: `user${at}`,
    password_hash: `$pbkdf2-sha256$i=${1000 + at * 50}$AAAA$${"A".repeat(43)}`,
  }))
  const { exitCode, stdout } = await importFile(jsonLines(users))
  assert.equal(exitCode, 0)
  assert.match(stdout, /^Imported 2,000 users\.\n/)
})
