// `postern user import`, over a directory and over a running service.

import assert from "node:assert/strict"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openControlDirectory } from "../../support/control_directory.ts"
import { createFakeTerminal } from "../../support/fake_terminal.ts"
import {
  createImportPlace,
  type ImportPlace,
  jsonLines,
  ran,
} from "../../support/imported_files.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { createTestService } from "../../support/test_service.ts"
import { firebase } from "../../vectors/legacy_hashes.ts"

const bcrypt = "$2b$04$15icfOwTwStexrtWOUEUku13Rd/xorDSLVWiRHDPdGIjcUCTFmWEe"
const werkzeug = "pbkdf2:sha1:1000$stB5xpJv$38136c06d5ace71059d19ef0338127203d2a7789"
const own = `$argon2id$v=19$m=19456,t=2,p=1$${"B".repeat(21)}A$${"B".repeat(42)}A`
const carol = { name: "carol", password_hash: bcrypt, roles: ["admin"], claims: { team: "a" } }
const dora = { name: "Dora", password_hash: werkzeug, disabled: true }
const erin = { username: "erin", password_hash: null }
const frank = { name: "frank", password_hash: own, created_at: 1_700_000_000 }
const nothing = "so nothing was imported"
const advice =
  "hint: Correct the file, or add --skip-bad. A user without a hash gets a password by a link: leave the hash empty, and then `postern user reset NAME`.\n"

const places: Readonly<Record<string, (t: TestContext) => Promise<ImportPlace>>> = {
  "while no service runs": (t) => createImportPlace(t),
  "while the service runs": async (t) => {
    const { accounts } = await createTestService(t)
    for (const name of ["alice", "bob"]) {
      await accounts.delete(name)
      await accounts.release(name)
    }
    return createImportPlace(t, await openControlDirectory(t, { accounts }))
  },
}

for (const [state, open] of Object.entries(places)) {
  test(`user import takes users over ${state}, and again finds them there`, async (t) => {
    const { importFile, run } = await open(t)
    const file = jsonLines([carol, dora, erin, frank])
    const kept = "  2 with the hash of another system, until their next login\n"
    const without = "  1 without a password: `postern user reset NAME` makes a link\n"
    const tried = await importFile(file, "--dry-run")
    const end = "Nothing was written.\n"
    const would = `Would import 4 users.\n${kept}${without}${end}`
    assert.deepEqual(tried, { exitCode: 0, stdout: would, stderr: "" })
    assert.match((await run(["list"])).stdout, /^There are no users/)
    const done = await importFile(file)
    const imported = `Imported 4 users.\n${kept}${without}`
    assert.deepEqual(done, { exitCode: 0, stdout: imported, stderr: "" })
    const again = await importFile(file)
    const there = "Imported 0 users.\n  4 there already, with the same hash\n"
    assert.deepEqual(again, { exitCode: 0, stdout: there, stderr: "" })
    const { stdout } = await run(["list", "--json"])
    const states = (JSON.parse(stdout) as Record<string, unknown>[]).map(
      ({ username, state, roles, claims }) => ({ username, state, roles, claims }),
    )
    assert.deepEqual(states, [
      { username: "carol", state: "enabled", roles: ["admin"], claims: { team: "a" } },
      { username: "dora", state: "disabled", roles: [], claims: {} },
      { username: "erin", state: "enabled", roles: [], claims: {} },
      { username: "frank", state: "enabled", roles: [], claims: {} },
    ])
  })

  test(`user import reports each bad line ${state}, and imports nothing or the others`, async (t) => {
    const { importFile, run } = await open(t)
    await importFile(jsonLines([carol, { name: "gone", password_hash: null }]))
    await run(["delete", "gone"])
    const file = jsonLines([
      { ...carol, password_hash: own },
      { name: "gone", password_hash: bcrypt },
      dora,
      { name: "dora", password_hash: bcrypt },
      { name: "hunter2", password_hash: "hunter2" },
      { name: "a b", password_hash: bcrypt },
      { name: "root", password_hash: bcrypt },
      { name: "weak", password_hash: "$apr1$36hYThiT$xYnboW12WfnMP4ECBQf4G." },
    ])
    const faults = [
      "line 1: there is another user of this name",
      "line 2: the name was a user's who was deleted: `postern user release NAME` frees it",
      "line 4: line 3 has the same name",
      "line 5: this is no hash that is known here; a password in plain text is not taken",
      "line 6: That can't be a username: it needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, not - first, and not only dots",
      "line 7: nobody can register the name 'root': is this your own user?",
      "line 8: an MD5 hash (apr1) can't be taken over, since it is guessed too quickly",
      "",
    ].join("\n")
    const refused = `${faults}postern: 6 lines can't be taken, ${nothing}\n${advice}`
    assert.deepEqual(await importFile(file), { exitCode: 1, stdout: "", stderr: refused })
    assert.deepEqual(await importFile(file, "--dry-run"), {
      exitCode: 1,
      stdout: "",
      stderr: refused,
    })
    const done = await importFile(file, "--skip-bad")
    const counts =
      "  2 with the hash of another system, until their next login\n  6 left out: see above\n"
    assert.deepEqual(done, { exitCode: 0, stdout: `Imported 2 users.\n${counts}`, stderr: faults })
    const names = (await run(["list"])).stdout.split("\n").map((line) => line.split(" ")[0])
    assert.deepEqual(names, ["USERNAME", "carol", "dora", "root", ""])
  })
}

test("user import --skip-bad without one good line exits 1 and changes nothing", async (t) => {
  const { run } = await createImportPlace(t)
  const faults = "line 1: 'name' must be text\nline 2: 'name' must be text\n"
  const failed = {
    ...{ exitCode: 1, stdout: "" },
    stderr: `${faults}postern: Not one line can be taken (2 lines)\nhint: Nothing was changed. Is the file of another format? docs/import.md shows the formats.\n`,
  }
  const text = `{"password_hash":"${bcrypt}"}\n{"password_hash":"${bcrypt}"}\n`
  for (const options of [["--skip-bad"], ["--skip-bad", "--json"], ["--skip-bad", "--dry-run"]]) {
    assert.deepEqual(await run(["import", "-", ...options], text), failed)
  }
  const carol = `{"name":"carol","password_hash":"${bcrypt}"}\n`
  assert.equal((await run(["import", "-"], carol)).exitCode, 0)
  // A user who is there already was taken before.
  assert.equal((await run(["import", "-", "--skip-bad"], carol + text)).exitCode, 0)
})

test("user import reads standard input, CSV and htpasswd, and prints JSON", async (t) => {
  const { run } = await createImportPlace(t)
  const csv = `name,password_hash,roles\r\ncarol,${bcrypt},a b\r\n`
  assert.equal(
    (await run(["import", "-", "--json"], csv)).stdout,
    report({ imported: 1, good: 1, other_hashes: 1 }),
  )
  const htpasswd = `# people\ndora:${bcrypt}\nerin:\n`
  const words = ["import", "-", "--json", "--format", "htpasswd"]
  assert.equal(
    (await run(words, htpasswd)).stdout,
    report({ imported: 2, good: 2, other_hashes: 1, without_password: 1 }),
  )
  assert.equal(
    (await run([...words, "--dry-run", "--skip-bad"], `${htpasswd}frank:\n:x\n`)).stdout,
    report({ dry_run: true, good: 1, same: 2, bad: 1, without_password: 1 }),
  )
})

function report(counts: object): string {
  const none = { dry_run: false, imported: 0, good: 0, same: 0, bad: 0 }
  const record = { ...none, other_hashes: 0, without_password: 0, ...counts }
  return `${JSON.stringify(record)}\n`
}

test("user import takes Firebase's hashes by the parameters of the project", async (t) => {
  const { importFile, directory } = await createImportPlace(t)
  const config = join(directory, "hash_config.txt")
  writeFileSync(config, firebase.parameters)
  const { hash, salt } = firebase
  const file = jsonLines([{ name: "carol", password_hash: hash, salt }])
  const without = await importFile(file)
  assert.match(
    without.stderr,
    /^line 1: there is a salt: --firebase-hash-config must name Firebase's parameters\n/,
  )
  const done = await importFile(file, "--firebase-hash-config", config)
  assert.match(done.stdout, /^Imported 1 user\.\n {2}1 with the hash of another system/)
  const mixed = jsonLines([
    { name: "dora", password_hash: null, salt },
    { name: "erin", password_hash: bcrypt },
    { name: "frank", password_hash: "AAAA", salt },
  ])
  const rest = await importFile(mixed, "--firebase-hash-config", config)
  assert.match(rest.stderr, /^line 3: this is no hash that is known here/)
})

/** Calls that are refused before a line is read. */
const mistakes: readonly (readonly [
  words: readonly string[],
  message: string,
  hint: string,
  exitCode: number,
])[] = [
  [
    ["import"],
    "user import: wrong arguments",
    "Usage: postern user import FILE. `postern help user import` says more.",
    2,
  ],
  [["import", "f", "--format", "xml"], "There is no such format", "Use jsonl, csv, htpasswd.", 2],
  [
    ["import", "/nowhere/at/all"],
    "The file '/nowhere/at/all' can't be read (ENOENT)",
    "The path, or a directory on the way to it, is not there. Check FILE.",
    1,
  ],
  [
    ["import", "/"],
    "The file '/' can't be read (EISDIR)",
    "A directory is there instead of a file. Docker makes one where a file to mount is missing. Check FILE.",
    1,
  ],
  [
    ["import", "f", "--firebase-hash-config", "/nowhere/at/all"],
    "The file '/nowhere/at/all' can't be read",
    "Put what Firebase shows as password hash parameters into a file: docs/import.md.",
    2,
  ],
  [
    ["import", "f", "--firebase-hash-config", "/dev/null"],
    "The file '/dev/null' can't be read",
    "Put what Firebase shows as password hash parameters into a file: docs/import.md.",
    2,
  ],
  [
    ["import", "-"],
    "There are no users in the file",
    "Nothing was changed. docs/import.md shows the formats.",
    1,
  ],
]

for (const [words, message, hint, exitCode] of mistakes) {
  test(`user ${words.join(" ")} is refused`, async (t) => {
    const { run } = await createImportPlace(t)
    const stderr = `postern: ${message}\nhint: ${hint}\n`
    assert.deepEqual(await run(words), { exitCode, stdout: "", stderr })
  })
}

test("user import refuses a Firebase file that names no parameters", async (t) => {
  const { run, directory } = await createImportPlace(t)
  const config = join(directory, "hash_config.txt")
  writeFileSync(config, "rounds: 8")
  const { stderr } = await run(["import", "f", "--firebase-hash-config", config])
  assert.match(stderr, /does not name Firebase's parameters\n/)
})

test("user import makes nothing where nothing is set up", async (t) => {
  const parent = temporaryDirectory(t)
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: join(parent, "missing") })
  const { exitCode, stderr } = await ran(terminal, ["import", "-"])
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: Nothing is set up in /)
  assert.deepEqual(readdirSync(parent), [])
})

test("user import leaves no file of its own behind", async (t) => {
  const { importFile, directory } = await createImportPlace(t)
  const before = readdirSync(directory)
  await importFile(jsonLines([carol]))
  assert.deepEqual(readdirSync(directory), before)
})
