// `postern backup`, in the process of the test: of a running service and without one, to a file and
// to a pipe.

import assert from "node:assert/strict"
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { databaseSettings, giving, placeOfCarol, placeOfService, run } from "./backup_places.ts"

test("postern backup FILE writes all that the running service has, and is audited", async (t) => {
  const { service, data, backups, settings, file } = await placeOfService(t)
  const ran = await run(["backup", file], settings)
  assert.deepEqual(ran, {
    exitCode: 0,
    stdout:
      `Wrote ${lstatSync(file).size} bytes to '${file}', and read it back. ` +
      "It holds, as of 2026-11-23T15:30:00Z:\n" +
      "  2 users\n  1 session\n  the keys: keep it as secret as the data directory\n",
    stderr: "",
  })
  assert.deepEqual(service.log.takeAudit(), [{ event: "store.backed_up" }])
  assert.deepEqual(readdirSync(backups), ["monday.json"])
  assert.equal(lstatSync(file).mode & 0o777, 0o600)
  const { users, sessions, keys } = JSON.parse(readFileSync(file, "utf8"))
  assert.deepEqual(users, await service.store.users.list())
  assert.deepEqual(sessions, await service.store.sessions.list("alice"))
  assert.equal(keys, (await service.store.keys.read())?.bytes.toString())
  const { format, version, ...note } = JSON.parse(
    readFileSync(join(data, "last_backup.json"), "utf8"),
  )
  const bytes = lstatSync(file).size
  assert.deepEqual([format, version], ["postern-last-backup", 1])
  assert.deepEqual(note, { madeAt: 1_795_447_800, file, bytes, users: 2 })
})

test("postern backup FILE without keys.json says so, and exits 1", async (t) => {
  const { service, settings, file } = await placeOfService(t)
  rmSync(join(service.directory, "keys.json"))
  const { exitCode, stdout, stderr } = await run(["backup", file], settings)
  assert.equal(exitCode, 1)
  assert.match(stdout, / {2}2 users\n {2}1 session\n {2}no keys\n$/)
  assert.match(stderr, /^The data directory has no keys\.json, so this backup has no keys\. Bring /)
  assert.equal(JSON.parse(readFileSync(file, "utf8")).keys, null)
})

test("postern backup FILE opens the data directory itself while no service runs", async (t) => {
  const { backups, settings, file } = await placeOfCarol(t)
  const audit = join(temporaryDirectory(t), "audit.jsonl")
  const ran = await run(["backup", file, "--json"], { ...settings, POSTERN_AUDIT_FILE: audit })
  assert.deepEqual([ran.exitCode, ran.stderr], [0, ""])
  const { made_at, ...rest } = JSON.parse(ran.stdout)
  assert.ok(Number.isSafeInteger(made_at))
  const none = { reserved_names: 0, ended_sessions: 0, revoked_tokens: 0 }
  assert.deepEqual(rest, {
    ...{ file, postern: "0.1.0", bytes: lstatSync(file).size, users: 1, sessions: 0, ...none },
    ...{ failed_logins: 0, login_histories: 0, service_tokens: 0, keys: true },
  })
  assert.deepEqual(readdirSync(backups), ["monday.json"])
  assert.match(readFileSync(audit, "utf8"), /^\{.*"event":"store\.backed_up"\}\n$/)
})

test("postern backup - writes the same to a pipe, and its report to standard error", async (t) => {
  const { service, data, settings, file } = await placeOfService(t)
  await run(["backup", file], settings)
  const piped = await run(["backup", "-"], settings)
  assert.equal(piped.exitCode, 0)
  assert.equal(piped.stdout, readFileSync(file, "utf8"))
  assert.match(piped.stderr, /^Wrote \d+ bytes to the pipe\. It holds, as of 2026-/)
  assert.equal(JSON.parse(readFileSync(join(data, "last_backup.json"), "utf8")).file, null)
  const json = await run(["backup", "-", "--json"], settings)
  assert.equal(json.stdout, piped.stdout)
  assert.equal(JSON.parse(json.stderr).file, null)
  assert.equal(service.log.takeAudit().length, 3)
})

test("postern backup - writes nothing to a terminal", async (t) => {
  const { service, settings } = await placeOfService(t)
  const ran = await run(["backup", "-"], settings, (terminal) => ({
    ...terminal,
    printsToTerminal: true,
  }))
  assert.deepEqual(ran, {
    exitCode: 2,
    stdout: "",
    stderr:
      "postern: A backup is not shown on a terminal: it holds keys and hashes\n" +
      "hint: Name a file, `postern backup FILE`, or pipe it: `postern backup - | age -r KEY > FILE`.\n",
  })
  assert.deepEqual(service.log.takeAudit(), [])
})

test("postern backup - fails when the pipe is not read to its end", async (t) => {
  const { data, settings } = await placeOfService(t)
  const ran = await run(["backup", "-"], settings, (terminal) => ({
    ...terminal,
    print: (_text, onFailure) => onFailure?.(0),
  }))
  assert.deepEqual(ran, {
    exitCode: 1,
    stdout: "",
    stderr:
      "postern: The backup was not read to its end, or the disk is full\n" +
      "hint: What was written is not whole: throw it away.\n",
  })
  assert.ok(!readdirSync(data).includes("last_backup.json"))
})

test("postern backup leaves nothing when the service ends in the middle", async (t) => {
  async function* pieces() {
    yield Buffer.from("{}")
    throw new Unavailable("made by a test")
  }
  const { data, backups, settings, file } = await placeOfService(t, giving(pieces))
  assert.deepEqual(await run(["backup", file], settings), {
    exitCode: 69,
    stdout: "",
    stderr:
      `postern: The service of '${data}' gave only a part: The answer was cut off\n` +
      "hint: Its log says more. Did it stop? Try again.\n",
  })
  assert.deepEqual(readdirSync(backups), [])
})

test("postern backup removes a file that can't be read back", async (t) => {
  async function* pieces() {
    yield Buffer.from('{"format":"postern-backup","version":1,\n')
  }
  const { backups, settings, file } = await placeOfService(t, giving(pieces))
  assert.deepEqual(await run(["backup", file], settings), {
    exitCode: 1,
    stdout: "",
    stderr:
      `postern: What was read back from '${file}' differs from what was written\n` +
      "hint: No backup was made. Check the disk, and the system's own log: dmesg.\n",
  })
  assert.deepEqual(readdirSync(backups), [])
})

test("postern backup that is interrupted leaves nothing", async (t) => {
  async function* pieces() {
    yield Buffer.from("{}")
    process.emit("SIGINT")
    for (;;) {
      yield Buffer.from("\n")
      await new Promise(setImmediate)
    }
  }
  const { backups, settings, file } = await placeOfService(t, giving(pieces))
  assert.deepEqual(await run(["backup", file], settings), {
    exitCode: 1,
    stdout: "",
    stderr: "postern: Interrupted\nhint: No backup was made.\n",
  })
  assert.deepEqual(readdirSync(backups), [])
})

test("postern backup prints the refusal of the service", async (t) => {
  const backup = async () => {
    throw new Unavailable("The keys could not be read")
  }
  const { settings, file } = await placeOfService(t, { backup })
  const { exitCode, stderr } = await run(["backup", file], settings)
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: The keys could not be read\nhint: Nothing was changed\. /)
})

test("postern backup succeeds when it can't be noted for postern status", async (t) => {
  const { data, settings, file } = await placeOfService(t)
  mkdirSync(join(data, "last_backup.json"))
  const { exitCode, stdout, stderr } = await run(["backup", file], settings)
  assert.equal(exitCode, 0)
  assert.match(stdout, /^Wrote /)
  assert.match(stderr, /^The backup is whole, but `postern status` won't know of it: Error: EISDIR/)
})

test("postern backup shows on a terminal how far it is", async (t) => {
  const { settings, file } = await placeOfService(t)
  const ran = await run(["backup", file], settings, (terminal) => ({
    ...terminal,
    showsProgress: true,
  }))
  assert.match(ran.stderr, /^\rWritten \d+ bytes\r +\r$/)
})

test("postern backup of a store in PostgreSQL says that pg_dump is the way", async (t) => {
  const file = join(temporaryDirectory(t), "monday.json")
  assert.deepEqual(await run(["backup", file], databaseSettings), {
    exitCode: 1,
    stdout: "",
    stderr:
      "postern: The store is in PostgreSQL, which has backups of its own\n" +
      "hint: Use pg_dump: docs/postgres.md has the command. After a restore, " +
      "`postern store revive` ends what the dump gave back.\n",
  })
})

test("postern backup where nothing is set up is refused", async (t) => {
  const settings = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  const file = join(temporaryDirectory(t), "monday.json")
  const { exitCode, stderr } = await run(["backup", file], settings)
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: Nothing is set up in '/)
})
