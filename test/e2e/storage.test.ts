// The store among real processes and on a disk that is really full.

import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { askService } from "../../src/admin/socket.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { roundsOf } from "../races/tally.ts"
import { nameOf } from "../store/json/opened_store.ts"
import { numbered } from "../store/sample_user.ts"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import {
  acknowledgedIn,
  bundleWriter,
  launchWriter,
  printed,
  startWriter,
} from "./writer_process.ts"

const bytesBetweenSnapshots = 1_000_000
const storeFiles = ["journal.0.jsonl", "journal.1.jsonl", "store.json"]
const known = process.allowedNodeEnvironmentFlags
const permissionOptions = known.has("--permission")
  ? ["--permission", ...(known.has("--allow-net") ? ["--allow-net"] : [])]
  : ["--experimental-permission"]
const processesAtATime = 8
const rounds = roundsOf(1)
const password = "korrekt pferd batterie 9"

test("of eight processes that start at once, one at most owns the store", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  for (let round = 1; round <= rounds; round += 1) {
    const writers = Array.from({ length: processesAtATime }, () =>
      launchWriter(t, { script, directory, bytesBetweenSnapshots }),
    )
    const refused = writers.map(async (writer) => {
      await once(writer.process, "exit")
      return writer
    })
    // Those that are refused end by themselves; the owner writes until it is killed.
    const isOwner = (lines: readonly string[]) => lines.includes("ready")
    await Promise.all(
      writers.map((writer, index) => Promise.race([printed(writer, "ready"), refused[index]])),
    )
    const owners = writers.filter((writer) => isOwner(writer.lines()))
    assert.equal(owners.length, 1, `round ${round}: ${owners.length} owners`)
    for (const writer of writers) {
      if (isOwner(writer.lines())) continue
      assert.equal(writer.process.exitCode, 1)
      assert.match(writer.lines().join("\n"), /Another process is using the data directory/)
    }
    await owners[0]?.kill()
    const store = await open(directory)
    for (const [username, change] of acknowledgedIn(owners[0]?.lines() ?? [])) {
      const found = Number((await store.users.find(username))?.claims["number"] ?? 0)
      assert.ok(found >= change, `round ${round}: ${username} ${change} ${found}`)
    }
    await store.close()
  }
})

test("a second service is refused with exit code 75, and the first goes on", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  const settings = { POSTERN_DATA_DIR: directory, POSTERN_PORT: "0" }
  const first = await startPostern(t, settings)
  const { exitCode, stderr } = await runPostern(["serve"], settings)
  assert.equal(exitCode, 75)
  assert.match(stderr, /Another process is using the data directory '.*'\nhint: Stop it first/)
  const added = await runPostern(["user", "add", "carol"], settings, `${password}\n`)
  assert.equal(added.exitCode, 0, added.stderr)
  assert.equal(await logIn(first.url, "carol"), 200)
})

test("the lock of a process that was killed is taken at once, and nothing of it stays", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  const writer = await startWriter(t, { script, directory, bytesBetweenSnapshots })
  await writer.kill()
  const left = readdirSync(directory).filter((name) => name.endsWith(".sock"))
  assert.equal(left.length, 1)
  let looks = 0
  const list = (path: string) => {
    looks += 1
    return machineDisk.list(path)
  }
  const store = await openJsonStore({
    directory,
    disk: { ...machineDisk, list },
    warn: assert.fail,
  })
  // Once for the lock, once for what else was left behind.
  assert.equal(looks, 2)
  await store.close()
  assert.deepEqual(readdirSync(directory).sort(), storeFiles)
})

test("the lock of a process that is stopped is respected", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  const writer = await startWriter(t, { script, directory, bytesBetweenSnapshots })
  writer.process.kill("SIGSTOP")
  await assert.rejects(open(directory), {
    name: "OperatorError",
    message: `Another process is using the data directory '${directory}'`,
    exitCode: 75,
  })
  const before = acknowledgedIn(writer.lines())
  writer.process.kill("SIGCONT")
  const lines = writer.lines().length
  await printed(writer, `user0 ${(before.get("user0") ?? 0) + 5}`)
  assert.ok(writer.lines().length > lines)
  assert.deepEqual(writer.others(), [])
  await writer.kill()
})

test("a file that can't grow makes writes fail, and loses no acknowledged one", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  const limited = { script, directory, bytesBetweenSnapshots, fileBlocksMax: 60 }
  const writer = await startWriter(t, limited)
  const [exitCode] = (await once(writer.process, "close")) as [number | null]
  // Its writers gave up, one after the other; it was not ended by SIGXFSZ.
  assert.equal(exitCode, 0)
  const failed = writer.others()
  assert.equal(failed.length, 6, failed.join("\n"))
  for (const line of failed) assert.match(line, /^unavailable user\d \d+: Error: EFBIG/)
  const acknowledged = acknowledgedIn(writer.lines())
  assert.equal(acknowledged.size, 6)

  // Nothing that failed is there, not even torn; and with room again it goes on.
  const store = await open(directory)
  for (const [username, change] of acknowledged) {
    assert.equal((await store.users.find(username))?.claims["number"], change, username)
    await store.users.change(username, numbered(change + 1))
  }
  await store.close()
  const again = await open(directory)
  for (const [username, change] of acknowledged) {
    assert.equal((await again.users.find(username))?.claims["number"], change + 1, username)
  }
  await again.close()
})

// Of util-linux: what it does, nothing else on a user's machine can without being root.
const noPrlimit = spawnSync("prlimit", ["--version"]).status === 0 ? false : "prlimit is not there"
const fullDisk = "a service on a full disk says so, keeps its sessions, and goes on with room"

test(fullDisk, { skip: noPrlimit }, async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  const service = await startPostern(t, { POSTERN_DATA_DIR: directory })
  const add = (username: string) =>
    askService(directory, { command: "user.add", username, password })
  assert.equal((await add("carol"))?.ok, true)
  const { body: given } = await postLogin(service.url, "carol", password)
  limitFiles(service.process, String(statSync(join(directory, "journal.0.jsonl")).size + 100))
  for (const username of ["dave", "erin"]) {
    assert.deepEqual(await add(username), {
      ok: false,
      code: "temporarily_unavailable",
      msg: "The change could not be stored",
    })
  }
  assert.match(service.output(), /"event":"control\.failed"[^\n]*EFBIG/)
  // Nobody learns from the answer which names there are.
  assert.equal(await logIn(service.url, "dave"), 503)
  // A session that can't be stored is not started, moved on or ended; what there is goes on.
  const unavailable = { error: "temporarily_unavailable", msg: "The change could not be stored" }
  const refused = await postLogin(service.url, "carol", password)
  assert.deepEqual(refused, { status: 503, body: unavailable })
  for (const path of ["/refresh", "/logout"]) {
    const answer = await call(service.url, "POST", path, { token: given["refresh_token"] })
    assert.deepEqual([answer.status, answer.body], [503, unavailable], path)
  }
  assert.equal((await getProtected(service.url, given["access_token"])).status, 200)
  limitFiles(service.process, "unlimited")
  assert.equal((await add("erin"))?.ok, true)
  const moved = await call(service.url, "POST", "/refresh", { token: given["refresh_token"] })
  assert.equal(moved.status, 200)
  assert.equal(await service.stop("SIGKILL"), null)
  const store = await open(directory)
  assert.deepEqual((await store.users.list()).map(nameOf), ["carol", "erin"])
  await store.close()
})

test("Node's permission model, which forbids fsync, keeps no snapshot from being taken", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  const nodeOptions = [
    ...permissionOptions,
    `--allow-fs-read=${script}`,
    `--allow-fs-read=${directory}`,
    `--allow-fs-write=${directory}`,
    "--disable-warning=SecurityWarning",
    "--disable-warning=ExperimentalWarning",
  ]
  const small = { script, directory, bytesBetweenSnapshots: 3000, nodeOptions }
  const writer = await startWriter(t, small)
  await printed(writer, "user0 60")
  await writer.kill()
  assert.deepEqual(writer.others(), [])
  const snapshot = JSON.parse(readFileSync(join(directory, "store.json"), "utf8"))
  assert.ok(snapshot.sequence > 100, `snapshot of entry ${snapshot.sequence}`)
})

test("a disk that is full from the start keeps a store that is empty and whole", async (t) => {
  const script = bundleWriter(t)
  const directory = temporaryDirectory(t)
  const small = { script, directory, bytesBetweenSnapshots, fileBlocksMax: 2 }
  // Two blocks hold some of the first entries, but not the write of all six that is made of them.
  const writer = await startWriter(t, small)
  await once(writer.process, "close")
  assert.equal(writer.others().length, 6, writer.others().join("\n"))
  const store = await open(directory)
  assert.equal(await store.users.count(), 0)
  await store.close()
})

async function open(directory: string): Promise<Store> {
  const warn = (event: string, message: string) => assert.fail(`${event}: ${message}`)
  return openJsonStore({ directory, disk: machineDisk, warn })
}

/** Sets how large a process's files may grow (setrlimit(2)); what it may ask for stays unlimited. */
function limitFiles({ pid }: ChildProcess, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`])
}

async function logIn(url: string, username: string): Promise<number> {
  return (await postLogin(url, username, password)).status
}
