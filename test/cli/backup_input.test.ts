// Where `postern restore` reads from, and where it does not.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createFakeKeyboard } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { backedUp, run } from "./backup_places.ts"

test("postern restore follows a link to a file", async (t) => {
  const { file, settings } = await backedUp(t)
  const latest = join(temporaryDirectory(t), "latest")
  symlinkSync(file, latest)
  const ran = await run(["restore", latest, "--check"], settings)
  assert.deepEqual([ran.exitCode, ran.stderr], [0, ""])
})

test("postern restore refuses a file that is not a backup", async (t) => {
  const { file, settings } = await backedUp(t)
  const directory = temporaryDirectory(t)
  const pipe = join(directory, "pipe")
  execFileSync("mkfifo", [pipe])
  for (const path of [directory, pipe]) {
    assert.deepEqual(await run(["restore", path], settings), {
      exitCode: 1,
      stdout: "",
      stderr:
        `postern: '${path}' is no file\n` +
        "hint: Name the file of a backup, or pipe one: … | postern restore -\n",
    })
  }
  const missing = await run(["restore", `${file}.gone`], settings)
  assert.equal(missing.exitCode, 1)
  assert.match(
    missing.stderr,
    /^postern: The backup '.*\.gone' can't be read \(ENOENT\)\nhint: .* FILE/,
  )
  assert.ok(lstatSync(file).isFile())
})

test("postern restore - reads no terminal", async (t) => {
  const { data, settings } = await backedUp(t)
  const { input } = createFakeKeyboard()
  const ran = await run(["restore", "-"], settings, (terminal) => ({ ...terminal, input }))
  assert.deepEqual(ran, {
    exitCode: 2,
    stdout: "",
    stderr:
      "postern: Standard input is a terminal, and no backup\n" +
      "hint: Name a file, `postern restore FILE`, or pipe it: `age -d -i KEY FILE | postern restore -`.\n",
  })
  assert.equal(existsSync(data), false)
})

test("postern restore closes the backup, also after a failure", async (t) => {
  const { file, settings } = await backedUp(t)
  const text = readFileSync(file, "utf8")
  const encrypted = `age-encryption.org/v1\n${text}`
  const handles = () => readdirSync("/proc/self/fd").filter((one) => pathOf(one) === file)
  const more = "\n".repeat(1_000_000)
  for (const content of [
    text,
    `{}${more}`,
    text.replace('"version":1', '"version":2'),
    encrypted,
  ]) {
    writeFileSync(file, content + (content === text ? "" : more))
    await run(["restore", file, "--check"], settings)
    assert.deepEqual(handles(), [], content.slice(0, 40))
  }
})

/** What a descriptor leads to. The one that lists the others is closed meanwhile. */
function pathOf(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return null
  }
}
