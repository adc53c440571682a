// `postern status` in the process of the test: over what is there.

import assert from "node:assert/strict"
import { once } from "node:events"
import { chmodSync, chownSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { withoutSchema } from "../../store/copied_places.ts"
import { openControlDirectory } from "../../support/control_directory.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { freePorts } from "../../support/proxy_programs.ts"
import { setUp } from "../../support/set_up.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { databaseSettings, run } from "../backup_places.ts"
import { sampleAnswer } from "./sample_facts.ts"

const { skip, host } = await postgresForTests()
const notRoot = process.getuid?.() !== 0 && "only root gives files away"

interface Status {
  readonly ok: boolean
  readonly warnings: readonly {
    readonly code: string
    readonly text: string
    readonly hint: string
  }[]
  readonly service: object | null
  readonly store: Readonly<Record<string, unknown>>
  readonly users: number | null
  readonly audit: object | null
}

async function status(settings: Record<string, string>) {
  // Another Postern may have the port that is the default.
  const place = { POSTERN_PORT: String((await freePorts(1))[0]), ...settings }
  const { exitCode, stdout, stderr } = await run(["status", "--json"], place)
  assert.equal(stderr.replace(/^.* warn .*\n/gm, ""), "")
  const found: Status = JSON.parse(stdout)
  assert.equal(exitCode, found.ok ? 0 : 1)
  return { ...found, codes: found.warnings.map(({ code }) => code) }
}

/** A data directory that was backed up, without a service. */
async function backedUp(t: TestContext) {
  const data = await setUp(join(temporaryDirectory(t), "data"))
  const settings = { POSTERN_DATA_DIR: data }
  assert.equal((await run(["user", "add", "carol"], settings)).exitCode, 0)
  const file = join(temporaryDirectory(t), "b.json")
  assert.equal((await run(["backup", file], settings)).exitCode, 0)
  return { data, settings, file }
}

test("postern status asks the running service, and exits 0 when all is well", async (t) => {
  const { data: other } = await backedUp(t)
  const answer = sampleAnswer({ version: "0.1.0", auditFile: null })
  const data = await openControlDirectory(t, {}, { status: async () => answer })
  for (const name of ["store.json", "keys.json", "last_backup.json"]) {
    writeFileSync(join(data, name), readFileSync(join(other, name)), { mode: 0o600 })
  }
  chmodSync(data, 0o700)
  const settings = { POSTERN_DATA_DIR: data }
  const { exitCode, stdout, stderr } = await run(["status"], settings)
  assert.deepEqual([exitCode, stderr], [0, ""])
  assert.match(stdout, /^All is well\.\n\nservice {7}Postern 0\.1\.0, ready, since /)
  const found = await status(settings)
  assert.deepEqual([found.codes, found.users, found.audit], [[], 1234, null])
  assert.equal((found.store["last_backup"] as { users: number }).users, 1)
})

test("postern status counts what is in the files while no service runs", async (t) => {
  const { data, settings, file } = await backedUp(t)
  const before = readFileSync(join(data, "journal.0.jsonl"))
  const audit = join(temporaryDirectory(t), "audit.jsonl")
  writeFileSync(audit, "line\n")
  const found = await status({ ...settings, POSTERN_AUDIT_FILE: audit, POSTERN_SEED_USERS: "a:b" })
  assert.deepEqual(found.codes, ["not_running", "seed_users"])
  assert.deepEqual([found.service, found.users], [null, 1])
  assert.deepEqual(found.audit, { file: audit, bytes: 5 })
  assert.deepEqual([found.store["lock"], found.store["place"]], ["free", data])
  assert.equal((found.store["last_backup"] as { file: string }).file, file)
  assert.ok(readFileSync(join(data, "journal.0.jsonl")).equals(before), "only read")
})

test("postern status says what a start would say of damaged files", async (t) => {
  const { data, settings } = await backedUp(t)
  const path = join(data, "store.json")
  writeFileSync(path, readFileSync(path, "utf8").replace('"sequence"', '"sequenze"'))
  const { codes, warnings, users } = await status(settings)
  assert.deepEqual([codes, users], [["store_unreadable", "not_running"], null])
  assert.match(warnings[0]?.text ?? "", /^The store can't be read: '.*store\.json': line 1: /)
  assert.match(warnings[0]?.hint ?? "", /bring a backup back: `postern restore FILE`/)
})

test("postern status says what a start would say of the keys", async (t) => {
  const { data, settings } = await backedUp(t)
  const path = join(data, "keys.json")
  writeFileSync(path, "{}")
  const damaged = await status(settings)
  assert.deepEqual([damaged.codes, damaged.users], [["keys_unreadable", "not_running"], 1])
  assert.match(damaged.warnings[0]?.text ?? "", /^The key file '.*keys\.json' can't be used: /)
  rmSync(path)
  const { codes, warnings } = await status(settings)
  assert.deepEqual(codes, ["keys_unreadable", "not_running"])
  assert.equal(warnings[0]?.text, `'${path}' is missing`)
  assert.match(warnings[0]?.hint ?? "", /^Bring it back from a backup: /)
})

test("postern status names the files of another user", { skip: notRoot }, async (t) => {
  const { data, settings } = await backedUp(t)
  chownSync(join(data, "keys.json"), 65_534, 65_534)
  const { codes, warnings } = await status(settings)
  assert.deepEqual(codes, ["wrong_owner", "not_running"])
  assert.equal(warnings[0]?.text, `Not the service's own: '${join(data, "keys.json")}'`)
})

test("postern status of a path that is no directory says so, and has its JSON", async (t) => {
  const file = join(temporaryDirectory(t), "data")
  writeFileSync(file, "", { mode: 0o600 })
  const { codes, warnings } = await status({ POSTERN_DATA_DIR: file })
  assert.deepEqual(codes, ["store_unreadable", "not_reached"])
  assert.match(warnings[0]?.text ?? "", /^ENOTDIR: /)
})

test("postern status sees that another program has the port", async (t) => {
  const { settings } = await backedUp(t)
  const server = createServer((socket) => socket.end("no"))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const { codes, warnings } = await status({ ...settings, POSTERN_PORT: String(port) })
  assert.deepEqual(codes, ["port_taken", "not_running"])
  assert.equal(warnings[0]?.text, `Another program listens at http://127.0.0.1:${port}`)
})

test("postern status says where nothing is set up, and of which settings to be careful", async (t) => {
  const data = join(temporaryDirectory(t), "data")
  const settings = { POSTERN_DATA_DIR: data, POSTERN_HOST: "0.0.0.0" }
  const { codes, warnings, store } = await status(settings)
  assert.deepEqual(codes, ["not_set_up", "settings"])
  assert.match(warnings[1]?.text ?? "", /^POSTERN_ISSUER is not set/)
  assert.deepEqual([store["room_bytes"], store["bytes"]], [0, 0])
})

test("postern status sees what others may use", async (t) => {
  const { data, settings } = await backedUp(t)
  chmodSync(join(data, "keys.json"), 0o640)
  chmodSync(data, 0o755)
  const { warnings } = await status(settings)
  const { text = "" } = warnings.find(({ code }) => code === "open_to_others") ?? {}
  assert.equal(text, `Others may use '${data}', '${join(data, "keys.json")}'`)
})

test("postern status of a service of an older Postern says so", async (t) => {
  const data = await openControlDirectory(t, {})
  chmodSync(data, 0o700)
  const { codes, warnings } = await status({ POSTERN_DATA_DIR: data })
  assert.deepEqual(codes, ["not_set_up", "not_reached"])
  assert.match(warnings[1]?.text ?? "", /^The service is an older Postern/)
})

test("postern status of a service that can't be reached says why", async (t) => {
  const { data, settings } = await backedUp(t)
  const server = createServer((socket) => socket.destroy())
  server.listen(join(data, "control.sock"))
  await once(server, "listening")
  t.after(() => server.close())
  const { codes, warnings } = await status(settings)
  assert.deepEqual(codes, ["not_reached"])
  assert.match(warnings[0]?.text ?? "", /^The service of '.*' can't be reached: \w/)
})

test("postern status over PostgreSQL asks the database", { skip }, async (t) => {
  await withoutSchema(host)
  const settings = {
    ...databaseSettings,
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "own"),
  }
  const old = await status(settings)
  assert.deepEqual(old.codes, ["not_running", "schema_old", "not_durable"])
  for (const words of [["init"], ["user", "add", "carol"]]) {
    assert.equal((await run(words, settings)).exitCode, 0)
  }
  const found = await status({
    ...settings,
    POSTERN_STORE_SECRET_PREVIOUS: "9Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
  })
  assert.deepEqual(found.codes, ["not_running", "previous_secret", "not_durable"])
  assert.deepEqual([found.users, found.store["engine"]], [1, "postgresql"])
  const other = { POSTERN_STORE_SECRET: "7Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=" }
  const sealed = await status({ ...settings, ...other })
  assert.deepEqual(sealed.codes, ["keys_unreadable", "not_running", "not_durable"])
  const plain = await openPlainDatabase(host)
  await plain.query("delete from postern.key_set")
  await plain.close()
  const lost = await status(settings)
  assert.deepEqual(lost.codes, ["keys_unreadable", "not_running", "not_durable"])
  assert.match(lost.warnings[0]?.text ?? "", / has users, and no keys$/)
  await withoutSchema(host)
})

test("postern status over PostgreSQL says that nobody answers", async (t) => {
  const settings = { ...databaseSettings, POSTERN_DATA_DIR: join(temporaryDirectory(t), "own") }
  const { codes, warnings, store } = await status(settings)
  assert.deepEqual(codes, ["store_unreadable", "not_running"])
  assert.match(warnings[0]?.text ?? "", /^The database 'd' at 127\.0\.0\.1:1 does not answer$/)
  assert.equal(store["bytes"], null)
})

test("postern status with mistaken settings says which", async () => {
  const { exitCode, stderr } = await run(["status"], { POSTERN_PORT: "many" })
  assert.equal(exitCode, 78)
  assert.match(stderr, /POSTERN_PORT/)
})
