// docs/backup.md against what is there: its files and events, and its way to copy and restore.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { lstatSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { exitCodes } from "../../src/errors.ts"
import { journalNames } from "../../src/store/json/journal.ts"
import { keysFileName } from "../../src/store/json/keys_file.ts"
import { snapshotName } from "../../src/store/json/snapshot.ts"
import { postLogin } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs/backup.md"), "utf8")
const files = [snapshotName, ...journalNames, keysFileName]
const password = "korrekt-pferd-batterie"

/** The lines of shell under a heading, of its first block without Docker. */
function shellOf(heading: string): readonly string[] {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`))
  const block = /```console\n([\s\S]*?)```/.exec(section)?.[1] ?? ""
  return [...block.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line)
}

/** Runs lines in a directory, `npm` as the project's own; gives what the last one printed. */
function runShell(lines: readonly string[], cwd: string): string {
  const main = `'${process.execPath}' --import tsx '${join(root, "src/main.ts")}'`
  const script = lines.join("\n").replaceAll("npm run --silent postern --", main)
  const env = { PATH: process.env["PATH"], POSTERN_LOG_LEVEL: "warn" }
  const { status, stdout, stderr } = spawnSync("sh", ["-e", "-c", script], {
    cwd,
    env,
    encoding: "utf8",
  })
  assert.deepEqual([status, stderr], [0, ""], script)
  return stdout
}

test("docs/backup.md names each file, each exit code and each event as it is", () => {
  const table = [...page.matchAll(/^\| (`.+`) \|/gm)].slice(0, 3).join()
  for (const name of files) {
    assert.ok(table.includes(`\`${name}\``), name)
    for (const heading of ["Copy while it runs", "Restore"]) {
      assert.ok(shellOf(heading).join(" ").includes(name), `${heading}: ${name}`)
    }
  }
  assert.ok(page.includes(`exits with ${exitCodes.damagedData},`))
  const source = readFileSync(join(root, "src/store/json/held_files.ts"), "utf8")
  assert.ok(page.includes("`store.displaced`") && source.includes('"store.displaced"'))
})

test("docs/backup.md: a copy that was made while the service runs is whole, and restores", async (t) => {
  const cwd = workingDirectory(t)
  const settings = { POSTERN_DATA_DIR: join(cwd, "data") }
  const service = await startPostern(t, { ...settings, POSTERN_SEED_USERS: "alice:wonderland" })
  // tsx is looked for from where a command is typed.
  const listed = runShell(shellOf("Copy while it runs"), cwd)
  assert.match(listed, /^USERNAME [\s\S]*\nalice /)
  assert.deepEqual(readdirSync(join(cwd, "backup")).sort(), [...files].sort())
  for (const name of files) assert.equal(lstatSync(join(cwd, "backup", name)).mode & 0o777, 0o600)
  const added = await runPostern(["user", "add", "dora"], settings, password)
  assert.equal(added.exitCode, 0, added.stderr)
  assert.equal((await postLogin(service.url, "dora", password)).status, 200)
  assert.equal(await service.stop(), 0)

  const lines = shellOf("Restore")
  assert.equal(lines.at(-1), "npm start")
  runShell(lines.slice(0, -1), cwd)
  const again = await startPostern(t, settings)
  assert.equal((await postLogin(again.url, "alice", "wonderland")).status, 200)
  assert.equal((await postLogin(again.url, "dora", password)).status, 401)
  assert.equal(await again.stop(), 0)
})

test("docs/backup.md: what the container unpacks is what was copied", (t) => {
  const cwd = workingDirectory(t)
  runShell([`mkdir backup data && cd backup && touch ${files.join(" ")}`], cwd)
  const line = /^\$ (tar .*)$/m.exec(page)?.[1] ?? ""
  const [pack = "", unpack = ""] = line.split(/ \| docker run .* --entrypoint /)
  execFileSync(
    "sh",
    ["-c", `${pack} | ${unpack.replace("tar postern", "tar").replace("/data", "data")}`],
    { cwd },
  )
  assert.deepEqual(readdirSync(join(cwd, "data")).sort(), [...files].sort())
})

function workingDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t)
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  return directory
}
