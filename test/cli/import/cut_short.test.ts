// An import that is cut short goes on, and what happens to users between check and creation.

import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createUsers } from "../../../src/cli/import/create_users.ts"
import { createImportReport } from "../../../src/cli/import/import_report.ts"
import { Unavailable } from "../../../src/errors.ts"
import { sampleUser } from "../../store/sample_user.ts"
import { openControlDirectory } from "../../support/control_directory.ts"
import { createFakeTerminal } from "../../support/fake_terminal.ts"
import { createImportPlace, jsonLines } from "../../support/imported_files.ts"
import { createTestService } from "../../support/test_service.ts"

const hash = `$2b$04$${".".repeat(53)}`
const users = Array.from({ length: 1500 }, (_, at) => ({ name: `user${at}`, password_hash: hash }))

test("user import goes on after a failure in the middle", async (t) => {
  const { accounts, store } = await createTestService(t)
  const { importFile } = await createImportPlace(t, await openControlDirectory(t, { accounts }))
  const createAll = store.users.createAll.bind(store.users)
  let batches = 0
  store.users.createAll = async (given, options) => {
    if (!options.isTrial) batches += 1
    if (!options.isTrial && batches === 3) throw new Unavailable("The disk is full")
    return createAll(given, options)
  }
  const failed = await importFile(jsonLines(users))
  assert.equal(failed.exitCode, 69)
  const [, done = "0"] =
    /^postern: Imported ([\d,]+) of 1,500 users, then it was cut short: The disk is full\nhint: Run the same command again: it goes on with the others\.\n$/.exec(
      failed.stderr,
    ) ?? []
  const there = Number(done.replace(",", ""))
  assert.equal(await store.users.count(), 2 + there)
  assert.ok(there > 0)
  const again = await importFile(jsonLines(users))
  const rest = (1500 - there).toLocaleString("en")
  const text = `Imported ${rest} users.\n  ${rest} with the hash of another system, until their next login\n  ${done} there already, with the same hash\n`
  assert.deepEqual(again, { exitCode: 0, stdout: text, stderr: "" })
  assert.equal(await store.users.count(), 1502)
})

test("user import says when the service has stopped meanwhile", async (t) => {
  const { accounts, store } = await createTestService(t)
  const directory = await openControlDirectory(t, { accounts })
  const { importFile } = await createImportPlace(t, directory)
  store.users.createAll = async () => {
    rmSync(join(directory, "control.sock"))
    return users.map(() => "created")
  }
  const { exitCode, stderr } = await importFile(jsonLines(users.slice(0, 600)))
  assert.equal(exitCode, 69)
  assert.equal(
    stderr,
    "postern: The service has stopped\nhint: The log of the service says more.\n",
  )
})

test("user import reports users who were created since the check", async (t) => {
  const { accounts, store } = await createTestService(t)
  const { importFile } = await createImportPlace(t, await openControlDirectory(t, { accounts }))
  const createAll = store.users.createAll.bind(store.users)
  store.users.createAll = async (given, options) => {
    if (!options.isTrial) {
      const created = [sampleUser("user1", { passwordHash: hash }), sampleUser("user2")]
      await createAll(created, { isTrial: false })
    }
    return createAll(given, options)
  }
  const { exitCode, stdout, stderr } = await importFile(jsonLines(users.slice(0, 4)))
  assert.equal(stderr, "line 3: there is another user of this name\n")
  assert.equal(exitCode, 0)
  assert.match(
    stdout,
    /^Imported 2 users\.\n.*\n {2}1 there already, .*\n {2}1 left out: see above\n$/,
  )
})

test("createUsers() rethrows a bug", async () => {
  async function* read() {
    yield Buffer.from(JSON.stringify({ lines: [1], users: [{ name: "carol" }] }))
  }
  const place = { create: () => Promise.reject(new TypeError("a bug")) }
  const report = createImportReport(createFakeTerminal())
  await assert.rejects(createUsers({ read }, { place, report }), {
    name: "TypeError",
    message: "a bug",
  })
})
