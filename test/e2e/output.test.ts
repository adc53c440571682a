// What commands print arrives whole, or the exit code says that it did not (S-27): through pipes
// that are read slowly or not to their end, on full disks; and no service waits for its reader.

import assert from "node:assert/strict"
import { once } from "node:events"
import { closeSync, cpSync, existsSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleUser } from "../store/sample_user.ts"
import { spawnPostern, startPostern } from "../support/postern_process.ts"
import { setUp } from "../support/set_up.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const many = 10_000
const lost =
  "postern: The output can't be written (ENOSPC)\n" +
  "hint: The command did its work, but what it printed is not whole.\n"

/** A data directory with 10,000 users, which takes a second to make: each test uses a copy. */
let usersMade: Promise<string> | null = null

after(async () => {
  if (usersMade !== null) rmSync(join(await usersMade, ".."), { recursive: true })
})

/** A copy of that directory. */
async function manyUsers(t: TestContext): Promise<string> {
  usersMade ??= makeManyUsers()
  const directory = join(temporaryDirectory(t), "data")
  cpSync(await usersMade, directory, { recursive: true })
  return directory
}

async function makeManyUsers(): Promise<string> {
  const directory = await setUp(join(mkdtempSync(join(tmpdir(), "postern-test-")), "data"))
  const store = await openJsonStore({ directory, disk: machineDisk, warn: assert.fail })
  const numbers = Array.from({ length: many }, (_, index) => index)
  await Promise.all(numbers.map((number) => store.users.create(sampleUser(`user${number}`))))
  await store.close()
  return directory
}

/** A data directory without users. */
async function noUsers(t: TestContext): Promise<string> {
  const directory = join(temporaryDirectory(t), "data")
  await (await openJsonStore({ directory, disk: machineDisk, warn: assert.fail })).close()
  return directory
}

/** Runs a command line and reads its output as `read` does. */
async function run(
  words: string,
  directory: string,
  read: (output: NodeJS.ReadableStream) => Promise<string>,
) {
  const child = spawnPostern(words.split(" "), { POSTERN_DATA_DIR: directory })
  assert.ok(child.stdout !== null && child.stderr !== null)
  const [stdout, stderr, [exitCode]] = await Promise.all([
    read(child.stdout),
    wholly(child.stderr),
    once(child, "exit"),
  ])
  return { exitCode, stdout, stderr }
}

async function wholly(output: NodeJS.ReadableStream): Promise<string> {
  let text = ""
  for await (const chunk of output) text += chunk
  return text
}

async function slowly(output: NodeJS.ReadableStream): Promise<string> {
  let text = ""
  for await (const chunk of output) {
    text += chunk
    await wait(20)
  }
  return text
}

async function oneChunk(output: NodeJS.ReadableStream): Promise<string> {
  for await (const chunk of output) return String(chunk)
  return ""
}

/** Runs a command line whose outputs go to files. */
async function runInto(words: string, directory: string, paths: { out: string; err?: string }) {
  const out = openSync(paths.out, "w")
  const err = paths.err === undefined ? "pipe" : openSync(paths.err, "w")
  const settings = { POSTERN_DATA_DIR: directory }
  const child = spawnPostern(words.split(" "), settings, { stdio: ["ignore", out, err] })
  for (const descriptor of [out, err]) if (typeof descriptor === "number") closeSync(descriptor)
  const [stderr, [exitCode]] = await Promise.all([
    child.stderr === null ? "" : wholly(child.stderr),
    once(child, "exit"),
  ])
  return { exitCode, stderr }
}

test("postern user list is whole, quiet or a failure, with the service and without", async (t) => {
  const directory = await manyUsers(t)
  const judge = async () => {
    const whole = await run("user list", directory, slowly)
    assert.deepEqual([whole.exitCode, whole.stderr], [0, ""])
    const lines = whole.stdout.split("\n")
    assert.equal(lines.length, many + 2)
    assert.match(lines[many] ?? "", /^user\d+ +enabled /)
    assert.equal(lines.at(-1), "")

    const cut = await run("user list", directory, oneChunk)
    assert.deepEqual([cut.exitCode, cut.stderr], [0, ""])
    assert.match(cut.stdout, /^USERNAME /)

    assert.deepEqual(await runInto("user list", directory, { out: "/dev/full" }), {
      exitCode: 1,
      stderr: lost,
    })
  }
  await judge()
  const service = await startPostern(t, { POSTERN_DATA_DIR: directory })
  await judge()
  assert.equal(await service.stop(), 0)
})

for (const words of ["--help", "--version", "user list", "key list"]) {
  test(`postern ${words} into a full device fails, and says so`, {
    skip: existsSync("/dev/full") ? false : "there is no /dev/full",
  }, async (t) => {
    const directory = await noUsers(t)
    const full = await runInto(words, directory, { out: "/dev/full" })
    assert.deepEqual(full, { exitCode: 1, stderr: lost })
    const both = await runInto(words, directory, { out: "/dev/full", err: "/dev/full" })
    assert.equal(both.exitCode, 1)
  })
}

test("postern user list onto a disk that fills up meanwhile fails, and says so", {
  skip: noSmallDisk,
}, async (t) => {
  const directory = await manyUsers(t)
  const disk = mountSmallDisk(t, 128)
  const out = join(disk.path, "out")
  assert.deepEqual(await runInto("user list", directory, { out }), { exitCode: 1, stderr: lost })
  assert.equal(statSync(out).size, 128 * 1024)
})

test("an error message that can't be written leaves its command's exit code", async (t) => {
  const directory = await noUsers(t)
  const paths = { out: "/dev/null", err: "/dev/full" }
  assert.equal((await runInto("nonsense", directory, paths)).exitCode, 2)
  assert.equal((await runInto("user delete alice", directory, paths)).exitCode, 1)
})

/** A service whose log has more unread than the pipe takes: the rest waits in its process. */
async function startUnread(t: TestContext) {
  const service = await startPostern(t, { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") })
  service.process.stdout?.pause()
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${service.url}/livez`)))
  }
  return { ...service, ended: once(service.process, "exit") }
}

test("postern serve prints its last lines whole to a reader that is late", async (t) => {
  const service = await startUnread(t)
  const closed = once(service.process, "close")
  service.process.kill("SIGTERM")
  await wait(300)
  service.process.stdout?.resume()
  const [[exitCode]] = await Promise.all([service.ended, closed])
  assert.equal(exitCode, 0)
  assert.equal(service.output().match(/"path":"\/livez"/g)?.length, 2000)
  assert.ok(service.output().endsWith('"event":"service.stopped"}\n'))
})

test("postern serve ends soon though nobody reads its log", async (t) => {
  const service = await startUnread(t)
  const started = Date.now()
  service.process.kill("SIGTERM")
  const [exitCode] = await service.ended
  assert.equal(exitCode, 0)
  assert.ok(Date.now() - started < 5000, `${Date.now() - started} ms`)
})
