// docs/backup.md against what is there: its files and events, its commands, and its pipes to age.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { journalNames } from "../../src/store/json/journal.ts"
import { keysFileName } from "../../src/store/json/keys_file.ts"
import { snapshotName } from "../../src/store/json/snapshot.ts"
import { postLogin } from "../support/http_client.ts"
import { blocksOf, isAsShown, readPage, runSteps, stepsOf, tableOf } from "../support/page.ts"
import { bundlePostern, runPostern, startPostern } from "../support/postern_process.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const page = readPage("docs/backup.md")
const password = "korrekt-pferd-batterie"

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url))

let program: readonly string[] = []
before((t) => {
  program = bundlePostern(t as TestContext)
})

test("docs/backup.md names each file and each event as it is", () => {
  const table = tableOf(page, "File")
    .map(([file]) => file)
    .join()
  for (const name of [snapshotName, ...journalNames, keysFileName]) {
    assert.ok(table.includes(`\`${name}\``), name)
  }
  for (const [event, file] of [
    ["store.displaced", "src/store/json/held_files.ts"],
    ["store.backed_up", "src/service/long_answers.ts"],
  ] as const) {
    const source = readPage(file).text
    assert.ok(page.text.includes(`\`${event}\``) && source.includes(`"${event}"`), event)
  }
})

test("docs/backup.md: its commands print what it shows, and bring the users back", async (t) => {
  const directory = temporaryDirectory(t)
  const settings = { POSTERN_DATA_DIR: join(directory, "data") }
  const seeded = { ...settings, POSTERN_SEED_USERS: "alice:wonderland,bob:builder" }
  const service = await startPostern(t, seeded, ["serve"], program)
  const { body: tokens } = await postLogin(service.url, "alice", "wonderland")
  const steps = stepsOf(page)
  const lost = steps.findIndex(({ command }) => command.startsWith("mv "))
  assert.ok(lost > 1 && steps.length > lost + 1)
  const shell = { directory, host: service.url, program, settings, password }
  const run = async (some: typeof steps) => {
    const printed = await runSteps(some, shell)
    for (const [index, { command, shown }] of some.entries()) {
      assert.ok(isAsShown(printed[index] ?? "", shown), `${command}\n${printed[index]}`)
    }
    rmSync(join(directory, ".bin"), { recursive: true })
  }
  await run(steps.slice(0, lost))
  const file = join(directory, "monday.json")
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(await service.stop(), 0)
  await run(steps.slice(lost))
  const again = await startPostern(t, settings, ["serve"], program)
  assert.equal((await postLogin(again.url, "bob", "builder")).status, 200)
  const headers = { Authorization: `Bearer ${tokens["access_token"]}` }
  assert.equal((await fetch(`${again.url}/me`, { headers })).status, 401)
  assert.equal(await again.stop(), 0)
})

test("docs/backup.md: jq takes keys.json out of a backup, byte by byte", async (t) => {
  const directory = temporaryDirectory(t)
  const data = await setUp(join(directory, "data"))
  const file = join(directory, "monday.json")
  const settings = { POSTERN_DATA_DIR: data }
  assert.equal((await runPostern(["backup", file], settings)).exitCode, 0)
  const [, line = ""] = /`(jq [^`]*)`/.exec(page.text) ?? []
  execFileSync("sh", ["-c", line], { cwd: directory })
  const taken = readFileSync(join(directory, keysFileName))
  assert.ok(taken.equals(readFileSync(join(data, keysFileName))))
})

const age = spawnSync("age", ["--version"]).status === 0

test("docs/backup.md: its pipes encrypt a backup, and restore it", {
  skip: !age && "no age here",
}, async (t) => {
  const directory = temporaryDirectory(t)
  const data = await setUp(join(directory, "data"))
  const words = [process.execPath, ...program].map((word) => `'${word}'`).join(" ")
  const key = execFileSync("age-keygen", { encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] })
  writeFileSync(join(directory, "key.txt"), key)
  const [recipient = ""] = /age1\w+/.exec(key) ?? []
  const shell = (line: string) => {
    const script = line
      .replace(
        /docker compose (?:exec|run --rm) -T postern postern|docker compose run --rm -T postern/,
        words,
      )
      .replace("age1…", recipient)
    const env = { ...process.env, POSTERN_DATA_DIR: data, NODE_PATH: modules }
    return spawnSync("bash", ["-c", script], { cwd: directory, env, encoding: "utf8" })
  }
  const line = blocksOf(page, "sh").find((block) => /^docker .*\| age -r/.test(block)) ?? ""
  const made = shell(line)
  assert.match(made.stderr, /^Wrote \d+ bytes to the pipe\. /)
  const before = readFileSync(join(data, snapshotName))
  const encrypted = readFileSync(join(directory, "monday.json.age"))
  assert.equal(encrypted.toString("latin1", 0, 21), "age-encryption.org/v1")
  assert.ok(!encrypted.includes("postern-private-keys"))
  rmSync(data, { recursive: true })
  const [, back = ""] = /`(age -d [^`]*)`/.exec(page.text) ?? []
  const restored = shell(back)
  assert.deepEqual([restored.status, restored.stderr], [0, ""])
  assert.match(restored.stdout, /^Restored to '/)
  assert.ok(readFileSync(join(data, snapshotName)).equals(before))
  assert.equal(readdirSync(directory).length, 3)
})
