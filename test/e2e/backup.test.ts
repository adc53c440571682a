// Backups and restores by real processes: under load, killed, over a terminal, and after
// everything was lost.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { roundsOf } from "../races/tally.ts"
import { sampleUser } from "../store/sample_user.ts"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { runPostern, spawnPostern, startPostern } from "../support/postern_process.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const password = "korrekt-pferd-batterie"
const rounds = roundsOf(2)
const manyUsers = 8_000

function placeOf(t: TestContext) {
  const data = join(temporaryDirectory(t), "data")
  const backups = temporaryDirectory(t)
  return { data, backups, file: join(backups, "b.json"), settings: { POSTERN_DATA_DIR: data } }
}

/** Makes a data directory with many users. */
async function fill(data: string): Promise<void> {
  await setUp(data)
  const store = await openJsonStore({ directory: data, disk: machineDisk, warn: assert.fail })
  const numbers = Array.from({ length: manyUsers }, (_, at) => at)
  await Promise.all(numbers.map((at) => store.users.create(sampleUser(`user-${at}`))))
  await store.close()
}

test("all is lost, and comes back from a backup that was made while the service ran", async (t) => {
  const { data, file, settings } = placeOf(t)
  const seeds = { POSTERN_SEED_USERS: "alice:wonderland,bob:builder" }
  const service = await startPostern(t, { ...settings, ...seeds })
  const { body: first } = await postLogin(service.url, "alice", "wonderland")
  const made = await runPostern(["backup", file], settings)
  assert.deepEqual([made.exitCode, made.stderr], [0, ""])
  assert.match(
    made.stdout,
    /^Wrote \d+ bytes to '.*', and read it back\. .*\n {2}2 users\n {2}1 session\n/,
  )
  assert.match(service.output(), /"event":"store\.backed_up"\}\n/)
  await postLogin(service.url, "bob", "builder")
  assert.equal(await service.stop(), 0)

  rmSync(data, { recursive: true })
  const restored = await runPostern(["restore", file], settings)
  assert.deepEqual([restored.exitCode, restored.stderr], [0, ""])
  assert.match(restored.stdout, /\nEnded 1 session\. Everybody has to log in again\.\n/)
  const again = await startPostern(t, settings)
  assert.equal((await getProtected(again.url, first["access_token"])).status, 401)
  const json = { refresh_token: first["refresh_token"] }
  assert.equal((await call(again.url, "POST", "/refresh", { json })).status, 401)
  for (const [name, known] of [
    ["alice", "wonderland"],
    ["bob", "builder"],
  ] as const) {
    const { status, body } = await postLogin(again.url, name, known)
    assert.equal(status, 200)
    assert.equal((await getProtected(again.url, body["access_token"])).status, 200)
  }
  assert.equal(await again.stop(), 0)
})

test("a backup with --keep-sessions logs nobody out", async (t) => {
  const { data, file, settings } = placeOf(t)
  const service = await startPostern(t, { ...settings, POSTERN_SEED_USERS: "alice:wonderland" })
  const { body: tokens } = await postLogin(service.url, "alice", "wonderland")
  assert.equal(await service.stop(), 0)
  assert.equal((await runPostern(["backup", file], settings)).exitCode, 0)
  rmSync(data, { recursive: true })
  const words = ["restore", "-", "--keep-sessions"]
  const restored = await runPostern(words, settings, readFileSync(file, "utf8"))
  assert.equal(restored.exitCode, 0, restored.stderr)
  const again = await startPostern(t, settings)
  const json = { refresh_token: tokens["refresh_token"] }
  assert.equal((await call(again.url, "POST", "/refresh", { json })).status, 200)
  assert.equal(await again.stop(), 0)
})

test("backups under load are whole, and the service answers meanwhile", async (t) => {
  const { data, backups, settings } = placeOf(t)
  await fill(data)
  const added = await runPostern(["user", "add", "alice"], settings, password)
  assert.equal(added.exitCode, 0, added.stderr)
  const service = await startPostern(t, settings)
  let isOver = false
  let asked = 0
  const asking = (async () => {
    for (; !isOver; asked += 1) {
      const { status } = await postLogin(service.url, "alice", password)
      assert.equal(status, 200)
    }
  })()
  const files = [1, 2, 3].map((number) => join(backups, `${number}.json`))
  const all = await Promise.all(files.map((file) => runPostern(["backup", file], settings)))
  isOver = true
  await asking
  assert.ok(asked > 0)
  for (const { exitCode, stderr } of all) assert.deepEqual([exitCode, stderr], [0, ""])
  for (const file of files) {
    const checked = await runPostern(["restore", file, "--check"], settings)
    assert.match(checked.stdout, /is whole\. .*\n {2}8,001 users\n/)
  }
  assert.equal(await service.stop(), 0)
})

test(`a backup that is killed ${rounds} times leaves no file of its name, or a whole one`, async (t) => {
  const { data, backups, file, settings } = placeOf(t)
  await fill(data)
  const service = await startPostern(t, settings)
  for (let round = 1; round <= rounds; round += 1) {
    const child = spawnPostern(["backup", file, "--force"], settings)
    const ended = once(child, "close")
    while (readdirSync(backups).every((name) => !name.endsWith(".tmp"))) {
      if (child.exitCode !== null) break
      await wait(2)
    }
    await wait(Math.random() * 60)
    child.kill("SIGKILL")
    await ended
    if (!existsSync(file)) continue
    assert.equal((await runPostern(["restore", file, "--check"], settings)).exitCode, 0)
  }
  for (const name of readdirSync(backups)) {
    assert.equal(lstatSync(join(backups, name)).mode & 0o777, 0o600, name)
  }
  assert.equal((await runPostern(["backup", file, "--force"], settings)).exitCode, 0)
  assert.equal(await service.stop(), 0)
})

test("a backup of a service that is killed fails, and says that it is not whole", async (t) => {
  const { data, settings } = placeOf(t)
  await fill(data)
  const service = await startPostern(t, settings)
  const child = spawnPostern(["backup", "-"], settings)
  let stderr = ""
  child.stderr?.on("data", (chunk) => {
    stderr += chunk
  })
  const ended = once(child, "close")
  // Nobody reads on, so most of it has not left the service.
  await once(child.stdout ?? assert.fail(), "readable")
  await service.stop("SIGKILL")
  child.stdout?.resume()
  assert.deepEqual(await ended, [69, null])
  assert.match(stderr, /^postern: The service of '.*' gave only a part: /)
})

test(`a restore that is killed ${rounds} times leaves nothing, or what no start takes, or all`, async (t) => {
  const { data, file, settings } = placeOf(t)
  await fill(data)
  assert.equal((await runPostern(["backup", file], settings)).exitCode, 0)
  const seen = new Set<number | null>()
  for (let round = 1; round <= rounds; round += 1) {
    rmSync(data, { recursive: true })
    const child = spawnPostern(["restore", file], settings)
    const ended = once(child, "close")
    while (!existsSync(data) && child.exitCode === null) await wait(2)
    await wait((round / rounds) * 900)
    child.kill("SIGKILL")
    await ended
    const { exitCode, stdout } = await runPostern(["user", "list"], settings)
    seen.add(exitCode)
    if (exitCode === 0) assert.equal(stdout.split("\n").length, manyUsers + 2)
    else assert.ok(exitCode === 69 || exitCode === 65, String(exitCode))
    if (exitCode !== 69) continue
    assert.equal((await runPostern(["restore", file], settings)).exitCode, 0, "once more")
  }
  assert.ok(seen.size > 0)
})

const script = spawnSync("script", ["--version"]).status === 0

test("no backup is shown on a terminal", { skip: !script && "no script(1) here" }, async (t) => {
  const { settings, data } = placeOf(t)
  await setUp(data)
  const child = spawnPostern([], settings)
  const [node = "", ...words] = child.spawnargs
  child.kill("SIGKILL")
  const command = [node, ...words, "backup", "-"].map((word) => `'${word}'`).join(" ")
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    encoding: "utf8",
    env: {
      ...process.env,
      ...settings,
      NODE_PATH: join(import.meta.dirname, "../../node_modules"),
    },
  })
  assert.equal(status, 2)
  assert.match(stdout, /A backup is not shown on a terminal: it holds keys and hashes/)
  assert.doesNotMatch(stdout, /postern-private-keys/)
})
