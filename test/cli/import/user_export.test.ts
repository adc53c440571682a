// `postern user export`: what it writes, where it does not, and that it can be imported again.

import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import type { Factors } from "../../../src/domain/factors.ts"
import { noPasswordHash } from "../../../src/password/phc.ts"
import { sampleUser } from "../../store/sample_user.ts"
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

const bcrypt = `$2b$04$${".".repeat(53)}`
const users = [
  {
    ...{
      name: "=cmd|calc!a1",
      password_hash: bcrypt,
      roles: ["a", "b"],
      claims: { team: 'a,"b"' },
    },
    ...{ disabled: false, created_at: 1_700_000_000, tokens_not_before: 0 },
  },
  {
    ...{ name: "'erin", password_hash: null, roles: [], claims: {} },
    ...{ disabled: true, created_at: 1_700_000_001, tokens_not_before: 1_700_000_002 },
  },
]

async function filled(t: TestContext): Promise<ImportPlace> {
  const place = await createImportPlace(t)
  assert.equal(
    (await place.importFile(jsonLines(users).replace("=cmd|calc!a1", "=cmd"))).stderr,
    "",
  )
  return place
}

const exported = jsonLines(users).replace("=cmd|calc!a1", "=cmd")

test("user export prints JSON Lines with all that an import takes", async (t) => {
  const { run } = await filled(t)
  for (const words of [["export"], ["export", "-"], ["export", "--format", "jsonl"]]) {
    const { exitCode, stdout, stderr } = await run(words)
    assert.deepEqual([exitCode, stderr], [0, ""])
    assert.deepEqual(stdout.split("\n").sort(), exported.split("\n").sort())
  }
})

test("user export prints CSV, in which no cell is a formula", async (t) => {
  const { run } = await filled(t)
  const { stdout } = await run(["export", "--format", "csv"])
  assert.deepEqual(stdout.split("\n").sort(), [
    "",
    "''erin,,,{},true,1700000001,1700000002",
    `'=cmd,${bcrypt},a b,"{""team"":""a,\\""b\\""""}",false,1700000000,0`,
    "name,password_hash,roles,claims,disabled,created_at,tokens_not_before",
  ])
})

for (const format of ["jsonl", "csv"]) {
  test(`user export --format ${format} can be imported elsewhere, and exported the same`, async (t) => {
    const { run } = await filled(t)
    const path = join(temporaryDirectory(t), "users")
    const { stdout, stderr } = await run(["export", path, "--format", format])
    assert.deepEqual([stdout, stderr], [`Exported 2 users to '${path}'.\n`, ""])
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const elsewhere = await createImportPlace(t)
    const done = await elsewhere.run(["import", path])
    assert.equal(done.exitCode, 0, done.stderr)
    const again = await elsewhere.run(["export", "--format", format])
    assert.deepEqual(again.stdout.split("\n").sort(), readFileSync(path, "utf8").split("\n").sort())
  })
}

test("user export asks a running service, in slices", async (t) => {
  const { longAnswers, store } = await createTestService(t)
  const { run } = await createImportPlace(t, await openControlDirectory(t, { longAnswers }))
  const many = Array.from({ length: 1300 }, (_, at) => sampleUser(`user${at}`))
  await store.users.createAll(many.slice(0, 700), { isTrial: false })
  await store.users.createAll(many.slice(700), { isTrial: false })
  const { stdout, exitCode } = await run(["export"])
  assert.equal(exitCode, 0)
  const names = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).name)
  assert.deepEqual([names.length, new Set(names).size], [1302, 1302])
})

const factors: Factors = {
  handle: "h",
  totp: { id: "t", sealedSecret: "secret-of-an-app", createdAt: 1, lastUsedAt: null, lastStep: 0 },
  pendingTotp: null,
  recoveryCodes: [],
  passkeys: [],
  failures: 0,
  tickets: [],
  trusted: [],
}

test("user export leaves second factors out and says so", async (t) => {
  const { longAnswers, store } = await createTestService(t)
  const { run } = await createImportPlace(t, await openControlDirectory(t, { longAnswers }))
  await store.users.create(sampleUser("carol", { factors, passwordHash: noPasswordHash }))
  const { stdout, stderr } = await run(["export"])
  assert.equal(stdout.includes("secret"), false)
  assert.equal(
    stderr,
    "Second factors are not exported (users who have some: 1). Where they are imported, they log in by password alone until they set one up.\n",
  )
})

test("user export prints no hash to a terminal, and to no file that is there", async (t) => {
  const { directory, run } = await filled(t)
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory })
  const { exitCode, stdout, stderr } = await ran({ ...terminal, printsToTerminal: true }, [
    "export",
  ])
  assert.deepEqual([exitCode, stdout], [2, ""])
  assert.equal(
    stderr,
    "postern: Password hashes are not printed to a terminal\nhint: Name a FILE, or send the output into one: `postern user export > users.jsonl`.\n",
  )
  const path = join(directory, "store.json")
  const there = await run(["export", path])
  assert.deepEqual(there, {
    exitCode: 1,
    stdout: "",
    stderr: `postern: '${path}' is there already\nhint: Name a file that is not there yet. Nothing was written.\n`,
  })
})

test("user export refuses formats that it does not have, and says where it can't write", async (t) => {
  const { run } = await filled(t)
  for (const format of ["htpasswd", "toString"]) {
    assert.deepEqual(await run(["export", "--format", format]), {
      exitCode: 2,
      stdout: "",
      stderr: "postern: There is no such format\nhint: Use jsonl or csv.\n",
    })
  }
  const missing = await run(["export", "/nowhere/at/all"])
  assert.match(
    missing.stderr,
    /^postern: The users can't be written to '\/nowhere\/at\/all' \(ENOENT\)\n/,
  )
})

test("user export waits for a slow reader", async (t) => {
  const { directory } = await filled(t)
  let flushed = 0
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory })
  const flush = async () => {
    flushed += 1
  }
  assert.equal((await ran({ ...terminal, flush }, ["export"])).exitCode, 0)
  assert.equal(flushed, 2)
})

test("user export leaves nothing behind when it fails", async (t) => {
  const { longAnswers, store } = await createTestService(t)
  const { run } = await createImportPlace(t, await openControlDirectory(t, { longAnswers }))
  store.users.slices = async function* () {
    yield [sampleUser("carol")]
    throw new TypeError("a bug")
  }
  const directory = temporaryDirectory(t)
  const { exitCode, stderr } = await run(["export", join(directory, "users")])
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: The service of '.*' gave only a part: /)
  assert.deepEqual(readdirSync(directory), [])
})
