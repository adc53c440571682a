// Directories and files that Postern may not write, may not read, or that are somebody else's
// (S-04, S-07): the start is refused in a sentence that names them, and they stay as they are. Most
// of it is done as another user than root, whom no mode keeps out.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { openAndClose, usedDirectory } from "../store/json/used_directory.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { bundleWriter } from "./writer_process.ts"

const isRoot = process.geteuid?.() === 0
const notRoot = isRoot ? false : "it takes root to give files away"
/** Anybody but root. */
const somebody = 65_534

interface Row {
  readonly what: string
  /** The name that gets the mode; the directory itself by default. */
  readonly name?: string
  readonly mode: number
  readonly refusal: RegExp
}

const rows: readonly Row[] = [
  {
    what: "a directory that can't be written",
    mode: 0o500,
    refusal: /The data directory can't be written: '.*\/lock\.json' \(EACCES\)/,
  },
  {
    what: "a directory that can't be listed",
    mode: 0o300,
    refusal: /The data directory '.*' can't be used: EACCES: permission denied, scandir/,
  },
  {
    what: "a directory that can't be entered",
    mode: 0o600,
    refusal: /The data directory '.*' can't be used: EACCES: permission denied, lstat/,
  },
  ...["store.json", "journal.0.jsonl", "journal.1.jsonl"].map((name) => ({
    what: `a ${name} that can't be read`,
    name,
    mode: 0o200,
    refusal: new RegExp(`can't be used: EACCES: permission denied, open '.*/${name}'`),
  })),
  ...["journal.0.jsonl", "journal.1.jsonl"].map((name) => ({
    what: `a ${name} that can't be written`,
    name,
    mode: 0o400,
    refusal: new RegExp(`can't be used: EACCES: permission denied, open '.*/${name}'`),
  })),
]

for (const { what, name = ".", mode, refusal } of rows) {
  test(`a start refuses ${what}, and leaves it`, async (t) => {
    const directory = await somebodysDirectory(t)
    const before = everything(directory)
    chmodSync(join(directory, name), mode)
    const output = openAsSomebody(t, directory)
    assert.match(output, refusal)
    assert.doesNotMatch(output, /ready/)
    assert.equal(lstatSync(join(directory, name)).mode & 0o777, mode)
    chmodSync(join(directory, name), name === "." ? 0o700 : 0o600)
    assert.deepEqual(everything(directory), before)
  })
}

test("a start makes its directory nowhere that it may not", async (t) => {
  const parent = await somebodysDirectory(t)
  chmodSync(parent, 0o500)
  const output = openAsSomebody(t, join(parent, "data"))
  chmodSync(parent, 0o700)
  assert.match(output, /The data directory '.*\/data' can't be used: EACCES: .* mkdir/)
})

test("a start refuses a read-only file system, and works when it is none", {
  skip: noSmallDisk,
}, async (t) => {
  const disk = mountSmallDisk(t, 256)
  const directory = join(disk.path, "data")
  assert.deepEqual(await openAndClose(directory), [])
  const before = everything(directory)
  disk.setReadOnly(true)
  await assert.rejects(openAndClose(directory), {
    name: "OperatorError",
    message: `The data directory can't be written: '${directory}/lock.json' (EROFS)`,
    hint: "The file system is read-only. Mount it for writing, or set POSTERN_DATA_DIR to a path on another.",
    exitCode: 69,
  })
  await assert.rejects(openAndClose(join(disk.path, "other")), {
    name: "OperatorError",
    message: /'.*\/other' can't be used: EROFS: read-only file system, mkdir/,
    exitCode: 69,
  })
  assert.deepEqual(everything(directory), before)
  disk.setReadOnly(false)
  assert.deepEqual(await openAndClose(directory), [])
})

for (const name of [".", "store.json", "journal.0.jsonl", "journal.1.jsonl"]) {
  test(`a start refuses files of another user, and leaves them: ${name}`, {
    skip: notRoot,
  }, async (t) => {
    const directory = await usedDirectory(t)
    const path = join(directory, name)
    chownSync(path, somebody, somebody)
    chmodSync(path, 0o777)
    const before = everything(directory)
    await assert.rejects(openJsonStore({ directory, disk: machineDisk, warn: assert.fail }), {
      name: "OperatorError",
      message: `'${name === "." ? directory : path}' belongs to user ${somebody}, not to 0`,
      hint: `Run postern as user ${somebody}, or give it the files: chown -R 0 DIRECTORY`,
      exitCode: 65,
    })
    assert.deepEqual(everything(directory), before)
    assert.equal(lstatSync(path).mode & 0o777, 0o777)
  })
}

/** A store of somebody who is not root. */
async function somebodysDirectory(t: TestContext): Promise<string> {
  const parent = temporaryDirectory(t)
  const directory = join(parent, "data")
  mkdirSync(directory)
  await openAndClose(directory)
  for (const path of [
    parent,
    directory,
    ...readdirSync(directory).map((name) => join(directory, name)),
  ]) {
    if (isRoot) chownSync(path, somebody, somebody)
  }
  return directory
}

/** What a process of theirs prints that opens the store; it ends by itself when it can't. */
function openAsSomebody(t: TestContext, directory: string): string {
  const script = bundleWriter(t)
  chmodSync(join(script, ".."), 0o755)
  const who = isRoot ? { uid: somebody, gid: somebody } : {}
  const options = { ...who, cwd: "/", env: { NODE_V8_COVERAGE: "" }, timeout: 20_000 }
  const { stdout, stderr } = spawnSync(process.execPath, [script, directory, "3000"], options)
  return `${stdout}${stderr}`
}

/** Names, kinds, owners and modes. */
function everything(directory: string): readonly string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const { mode, uid, size } = lstatSync(join(directory, name))
      return `${name} ${mode.toString(8)} ${uid} ${size}`
    })
}
