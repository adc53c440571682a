// `postern restore`, in the process of the test: from a file and from a pipe, whole or not at all.

import assert from "node:assert/strict"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { hashOfServiceToken } from "../../src/token/service_token.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { type FakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { backedUp, databaseSettings, run } from "./backup_places.ts"

const made = "2026-11-23T15:30:00Z"
const ends =
  "Passwords, roles and signing keys are the backup's. " +
  "docs/backup.md says what a restore undoes. Start the service now.\n"
const held = "  2 users\n  2 sessions\n  1 account with failed logins\n"

async function opened(t: TestContext, directory: string) {
  const store = await openJsonStore({ directory, disk: machineDisk, warn: assert.fail })
  t.after(() => store.close())
  return store
}

test("postern restore FILE makes a data directory without the sessions of the past", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const audit = join(temporaryDirectory(t), "audit.jsonl")
  const ran = await run(["restore", file], { ...settings, POSTERN_AUDIT_FILE: audit })
  assert.deepEqual(ran, {
    exitCode: 0,
    stdout:
      `Restored to '${data}', as of ${made}:\n` +
      "  2 users\n  2 ended sessions\n  1 account with failed logins\n" +
      `Ended 2 sessions. Everybody has to log in again.\n${ends}`,
    stderr: "",
  })
  const [line = ""] = readFileSync(audit, "utf8").split("\n")
  const { time: _time, ...event } = JSON.parse(line)
  assert.deepEqual(event, { level: "audit", event: "store.restored", count: 2 })
  const {
    madeAt,
    file: from,
    users,
  } = JSON.parse(readFileSync(join(data, "last_backup.json"), "utf8"))
  assert.deepEqual([madeAt, from, users], [service.clock.now(), file, 2])
  const store = await opened(t, data)
  assert.deepEqual(
    (await store.users.list()).map(({ username, passwordHash }) => [username, passwordHash]),
    (await service.store.users.list()).map(({ username, passwordHash }) => [
      username,
      passwordHash,
    ]),
  )
  assert.deepEqual(await store.sessions.list("alice"), [])
  assert.deepEqual(await store.failures.find("bob"), await service.store.failures.find("bob"))
})

test("postern restore - reads a pipe, and can print JSON", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const bytes = readFileSync(file)
  const piped = (words: readonly string[]) =>
    run(words, settings, (terminal) => ({
      ...terminal,
      input: pipedInput(bytes.subarray(0, 100), bytes.subarray(100)),
    }))
  const { exitCode, stdout, stderr } = await piped(["restore", "-", "--json"])
  assert.deepEqual([exitCode, stderr], [0, ""])
  assert.deepEqual(JSON.parse(stdout), {
    ...{ place: data, sessions_that_ended: 2, made_at: service.clock.now(), postern: "1.2.3" },
    ...{ users: 2, sessions: 0, reserved_names: 0, ended_sessions: 2, revoked_tokens: 0 },
    ...{ failed_logins: 1, login_histories: 0, service_tokens: 0, service_tokens_revoked: 0 },
  })
  const note = JSON.parse(readFileSync(join(data, "last_backup.json"), "utf8"))
  assert.deepEqual([note.file, note.bytes], [null, bytes.byteLength])
})

test("postern restore --keep-sessions gives back all as it was", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const { exitCode, stdout } = await run(["restore", file, "--keep-sessions"], settings)
  assert.equal(exitCode, 0)
  const kept =
    "Sessions, links, cookies and service tokens of that time work again: `postern store revive` ends them.\n"
  assert.equal(stdout, `Restored to '${data}', as of ${made}:\n${held}${kept}${ends}`)
  const store = await opened(t, data)
  assert.deepEqual(await store.users.list(), await service.store.users.list())
  const sessions = await service.store.sessions.list("alice")
  assert.deepEqual(await store.sessions.list("alice"), sessions)
  const keys = await store.keys.read()
  assert.deepEqual(keys?.bytes, (await service.store.keys.read())?.bytes)
})

test("postern restore revokes service tokens, and --keep-sessions gives them back", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const { token } = await service.serviceTokens.create({ name: "ci", roles: "" })
  const given = (await service.store.backup({ postern: "1", madeAt: 1 })) ?? assert.fail()
  const chunks: Uint8Array[] = []
  for await (const chunk of given.chunks) chunks.push(chunk)
  writeFileSync(file, Buffer.concat(chunks))
  const restored = await run(["restore", file], settings)
  const said = "\nRevoked 1 service token. `postern token create` makes others.\n"
  assert.ok(restored.stdout.includes(said), restored.stdout)
  const hash = hashOfServiceToken(token) ?? ""
  const emptied = await opened(t, data)
  assert.equal(await emptied.serviceTokens.findByHash(hash), null)
  const other = { POSTERN_DATA_DIR: `${data}.kept` }
  const kept = await run(["restore", file, "--keep-sessions"], { ...settings, ...other })
  assert.ok(!kept.stdout.includes("Revoked"), kept.stdout)
  const store = await opened(t, other.POSTERN_DATA_DIR)
  assert.equal((await store.serviceTokens.findByHash(hash))?.name, "ci")
})

test("postern restore says that one session ended", async (t) => {
  const { service, data, settings } = await backedUp(t)
  const [first] = await service.store.sessions.list("alice")
  await service.store.users.delete("bob", {
    ...{ at: service.clock.now(), steadyAt: 0, accessTtlSeconds: 900, graceSeconds: 30 },
  })
  const window = { at: service.clock.now(), steadyAt: 0, accessTtlSeconds: 900, graceSeconds: 30 }
  await service.store.sessions.end(first?.sid ?? "", { window })
  const given = await service.store.backup({ postern: "1.2.3", madeAt: service.clock.now() })
  const input = given?.chunks as unknown as FakeTerminal["input"]
  const ran = await run(["restore", "-"], settings, (terminal) => ({ ...terminal, input }))
  assert.match(ran.stdout, /\nEnded 1 session\. Everybody/)
  assert.ok(existsSync(data))
})

test("postern restore --check only reads", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const checked = await run(["restore", file, "--check"], settings)
  assert.deepEqual(checked, {
    exitCode: 0,
    stdout: `The backup '${file}' is whole. Postern 1.2.3 made it. It holds, as of ${made}:\n${held}`,
    stderr: "",
  })
  const json = await run(["restore", file, "--check", "--json"], settings)
  const { made_at, sessions, postern } = JSON.parse(json.stdout)
  assert.deepEqual([made_at, sessions, postern], [service.clock.now(), 2, "1.2.3"])
  const spoiled = join(temporaryDirectory(t), "spoiled.json")
  writeFileSync(spoiled, readFileSync(file, "utf8").replace("alice", "mallo"))
  const refused = await run(["restore", spoiled, "--check"], settings)
  assert.deepEqual([refused.exitCode, refused.stdout], [65, ""])
  assert.equal(existsSync(data), false)
})

test("postern restore of a damaged backup restores nothing, from a file and from a pipe", async (t) => {
  const { file, data, settings } = await backedUp(t)
  const text = readFileSync(file, "utf8")
  writeFileSync(file, text.replace('"disabled":false', '"disabled":true '))
  const expected = (place: string) => ({
    exitCode: 65,
    stdout: "",
    stderr:
      `postern: The backup ${place} can't be read: line ${text.split("\n").length - 1}: ` +
      "the sum does not fit the text before it\n" +
      "hint: Nothing was restored. Take another backup: this one is damaged, or was cut short.\n",
  })
  assert.deepEqual(await run(["restore", file], settings), expected(`'${file}'`))
  assert.equal(existsSync(data), false)
  const input = pipedInput(readFileSync(file))
  const piped = await run(["restore", "-"], settings, (terminal) => ({ ...terminal, input }))
  assert.deepEqual(piped, expected("on standard input"))
  assert.deepEqual(readdirSync(data), [])
})

test("postern restore of a backup with keys that can't be used restores nothing", async (t) => {
  const { service, data, settings } = await backedUp(t)
  await service.store.keys.replace(Buffer.from("{}"), {
    ifVersion: await service.store.keys.version(),
  })
  for (const words of [[], ["--keep-sessions"]]) {
    const given = await service.store.backup({ postern: "1.2.3", madeAt: 7 })
    const input = given?.chunks as unknown as FakeTerminal["input"]
    const ran = await run(["restore", "-", ...words], settings, (terminal) => ({
      ...terminal,
      input,
    }))
    assert.equal(ran.exitCode, 65)
    assert.match(ran.stderr, /^postern: The key file 'on standard input' can't be used: /)
    assert.equal(existsSync(data), false)
  }
})

test("postern restore --keep-sessions takes a backup without keys", async (t) => {
  const { service, file, data, settings } = await backedUp(t)
  const text = readFileSync(file, "utf8").replace(/^"keys":.*$/m, '"keys":null,')
  const { createHash } = await import("node:crypto")
  const body = text.slice(0, text.lastIndexOf(',"sha256"'))
  const sum = createHash("sha256").update(body).digest("hex")
  writeFileSync(file, `${body},"sha256":"${sum}"}\n`)
  const ran = await run(["restore", file, "--keep-sessions"], settings)
  assert.equal(ran.exitCode, 0, ran.stderr)
  assert.match(ran.stderr, /^.* warn {2}keys\.missing /)
  assert.equal((await (await opened(t, data)).users.list()).length, 2)
  assert.ok(service)
})

test("postern restore refuses a directory that is not empty", async (t) => {
  const { file, data, settings } = await backedUp(t)
  assert.equal((await run(["restore", file], settings)).exitCode, 0)
  const before = readFileSync(join(data, "store.json"))
  const { exitCode, stdout, stderr } = await run(["restore", file], settings)
  assert.deepEqual([exitCode, stdout], [75, ""])
  assert.match(stderr, /^postern: '.*' is in use: it holds '.*store\.json/)
  assert.match(
    stderr,
    /\nhint: Name a directory that is empty, or not there yet\. Nothing was changed\.\n$/,
  )
  assert.ok(readFileSync(join(data, "store.json")).equals(before))
})

test("postern restore is refused while a service runs", async (t) => {
  const { file } = await backedUp(t)
  const data = await openControlDirectory(t, {})
  assert.deepEqual(await run(["restore", file], { POSTERN_DATA_DIR: data }), {
    exitCode: 75,
    stdout: "",
    stderr:
      `postern: A service is using the data directory '${data}'\n` +
      "hint: Nothing was changed. Stop it first, and move its directory away.\n",
  })
  assert.deepEqual(readdirSync(data), ["control.sock"])
})

test("postern restore takes a backup and an audit file that are in the directory", async (t) => {
  const { file, data, settings } = await backedUp(t)
  mkdirSync(data, { mode: 0o700 })
  const [own, audit] = [join(data, "monday.json"), join(data, "audit.jsonl")]
  copyFileSync(file, own)
  writeFileSync(audit, "")
  const ran = await run(["restore", own], { ...settings, POSTERN_AUDIT_FILE: audit })
  assert.equal(ran.exitCode, 0, ran.stderr)
  assert.match(readFileSync(audit, "utf8"), /"event":"store\.restored"/)
})

test("postern restore shows on a terminal how far it is", async (t) => {
  const { file, settings } = await backedUp(t)
  const ran = await run(["restore", file, "--check"], settings, (terminal) => ({
    ...terminal,
    showsProgress: true,
  }))
  assert.match(ran.stderr, /^\rCopied 2 of 5 records\r +\r$/)
})

test("postern restore over PostgreSQL says what to do", async (t) => {
  const { file } = await backedUp(t)
  assert.deepEqual(await run(["restore", file], databaseSettings), {
    exitCode: 1,
    stdout: "",
    stderr:
      "postern: The store is in PostgreSQL, where pg_restore restores a dump\n" +
      "hint: To put a backup file there, restore it to a data directory, without POSTERN_STORE, " +
      "and copy that: `postern store copy`.\n",
  })
})
