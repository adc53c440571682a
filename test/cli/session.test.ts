// `postern session …` in the process of the test: in the running service, and without one.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleSession, startOptions } from "../store/sample_session.ts"
import { sampleUser } from "../store/sample_user.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"
import { run } from "./backup_places.ts"

/** A running service in which alice has two sessions and bob one, and what they are. */
async function placeOfSessions(t: TestContext) {
  const service = await createTestService(t)
  const { store, clock, log } = service
  const headers = { "user-agent": "Browser/1.0" }
  for (const [username, password] of [
    ["alice", "wonderland"],
    ["bob", "builder"],
    ["alice", "wonderland"],
  ] as const) {
    const json = { username, password }
    await service.call("POST", "/login", { json, headers, address: "192.0.2.7" })
    clock.advance(60)
  }
  log.takeAudit()
  const data = await openControlDirectory(t, { ...service, log: log.log })
  const [newer, older] = await store.sessions.list("alice")
  const [ofBob] = await store.sessions.list("bob")
  assert.ok(newer && older && ofBob)
  return { service, settings: { POSTERN_DATA_DIR: data }, newer, older, ofBob }
}

const head =
  "USERNAME  SESSION                 STARTED               LAST USED             " +
  "ENDS                  LOGIN  ADDRESS    CLIENT\n"

function line(username: string, sid: string, minute: number): string {
  const at = `2026-11-23T15:3${minute}:00Z`
  const ends = `2026-11-24T15:3${minute}:00Z`
  const agent = "Browser/1.0"
  return `${username.padEnd(8)}  ${sid}  ${at}  ${at}  ${ends}  pwd    192.0.2.7  ${agent}\n`
}

test("postern session list shows the sessions of all, in the order of their start", async (t) => {
  const { settings, newer, older, ofBob } = await placeOfSessions(t)
  assert.deepEqual(await run(["session", "list"], settings), {
    exitCode: 0,
    stdout:
      head + line("alice", older.sid, 0) + line("bob", ofBob.sid, 1) + line("alice", newer.sid, 2),
    stderr: "",
  })
})

test("postern session list NAME shows those of a user, the last used first", async (t) => {
  const { settings, newer, older } = await placeOfSessions(t)
  const { stdout } = await run(["session", "list", "Alice"], settings)
  assert.equal(stdout, head + line("alice", newer.sid, 2) + line("alice", older.sid, 0))
  const json = await run(["session", "list", "alice", "--json"], settings)
  assert.deepEqual([json.exitCode, json.stderr], [0, ""])
  const [first, ...others] = JSON.parse(json.stdout)
  assert.deepEqual(first, {
    ...{ sid: newer.sid, username: "alice", started_at: newer.startedAt },
    ...{ last_used_at: newer.lastUsedAt, idle_expires_at: newer.idleExpiresAt },
    ...{ expires_at: newer.expiresAt, amr: ["pwd"], address: "192.0.2.7" },
    user_agent: "Browser/1.0",
  })
  assert.equal(others.length, 1)
  assert.equal(json.stdout.split("\n").length, 5, "a record on each line")
})

test("postern session list leaves out expired sessions, and says when there are none", async (t) => {
  const { service, settings } = await placeOfSessions(t)
  service.clock.advance(8 * 86_400)
  assert.equal((await run(["session", "list"], settings)).stdout, "Nobody is logged in.\n")
  assert.equal((await run(["session", "list", "bob"], settings)).stdout, "Nobody is logged in.\n")
  assert.equal((await run(["session", "list", "--json"], settings)).stdout, "[\n\n]\n")
})

test("postern session list of an unknown user is refused", async (t) => {
  const { settings } = await placeOfSessions(t)
  for (const name of ["carol", "no name"]) {
    const { exitCode, stdout, stderr } = await run(["session", "list", name], settings)
    assert.deepEqual([exitCode, stdout], [1, ""])
    assert.match(
      stderr,
      /^postern: There is no user '.*'\nhint: `postern user list` shows the users\.\n$/,
    )
  }
})

test("postern session list reads many sessions without a service, and stops when its reader stops", async (t) => {
  const data = await setUp(join(temporaryDirectory(t), "data"))
  const store = await openJsonStore({ directory: data, disk: machineDisk, warn: assert.fail })
  await store.users.create(sampleUser("alice"))
  const now = Math.floor(Date.now() / 1000)
  const options = startOptions({ sessionsMax: 5000 })
  const times = { startedAt: now, expiresAt: now + 86_400, idleExpiresAt: now + 86_400 }
  const sids = Array.from({ length: 2500 }, (_, at) => `s${at}`)
  await Promise.all(sids.map((sid) => store.sessions.start(sampleSession(sid, times), options)))
  await store.close()
  const settings = { POSTERN_DATA_DIR: data }
  const all = await run(["session", "list", "--json"], settings)
  assert.deepEqual(
    JSON.parse(all.stdout).map(({ sid }: { sid: string }) => sid),
    sids,
  )
  const text = await run(["session", "list"], settings)
  assert.equal(text.stdout.split("\n").length, 2502, "one head")
  let printed = 0
  const gone = await run(["session", "list"], settings, (terminal) => ({
    ...terminal,
    print(_text, onFailure) {
      printed += 1
      onFailure?.(0)
    },
  }))
  assert.deepEqual([gone.exitCode, printed], [0, 1])
})

test("postern session end SID ends it, and is audited", async (t) => {
  const { service, settings, older } = await placeOfSessions(t)
  assert.deepEqual(await run(["session", "end", older.sid], settings), {
    exitCode: 0,
    stdout: "Ended a session of user 'alice'.\n",
    stderr: "",
  })
  assert.deepEqual(service.log.takeAudit(), [
    { event: "session.ended", user: "alice", session: older.sid, reason: "operator" },
  ])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
  assert.deepEqual(await run(["session", "end", older.sid], settings), {
    exitCode: 1,
    stdout: "",
    stderr:
      "postern: There is no such session\n" + "hint: `postern session list` shows the sessions.\n",
  })
  assert.deepEqual(service.log.takeAudit(), [])
})

test("postern session end takes a SID that begins with a dash", async (t) => {
  const data = await setUp(join(temporaryDirectory(t), "data"))
  const store = await openJsonStore({ directory: data, disk: machineDisk, warn: assert.fail })
  await store.users.create(sampleUser("alice"))
  const [sid, other] = ["-AAAAAAAAAAAAAAAAAAAAA", "--AAAAAAAAAAAAAAAAAAAA"]
  for (const one of [sid, other]) await store.sessions.start(sampleSession(one), startOptions())
  await store.close()
  const audit = join(temporaryDirectory(t), "audit.jsonl")
  const settings = { POSTERN_DATA_DIR: data, POSTERN_AUDIT_FILE: audit }
  for (const one of [sid, other]) {
    const { exitCode, stdout } = await run(["session", "end", one], settings)
    const here = `Written to '${data}', since no service runs there.\n`
    assert.deepEqual([exitCode, stdout], [0, `Ended a session of user 'alice'.\n${here}`])
  }
  assert.equal(readFileSync(audit, "utf8").split('"reason":"operator"').length, 3)
  // An option of as many letters is one.
  const words = ["session", "end", "--jwt-private-key-file", "/nowhere", sid]
  const mistaken = await run(words, settings)
  assert.equal(mistaken.exitCode, 78)
  assert.match(mistaken.stderr, /--jwt-private-key-file: The file '\/nowhere'/)
})
