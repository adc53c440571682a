// Where `postern backup` writes a file, and where it does not.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { placeOfCarol, placeOfService, run } from "./backup_places.ts"

test("postern backup FILE replaces no file, unless --force says so", async (t) => {
  const { backups, settings, file } = await placeOfService(t)
  writeFileSync(file, "of yesterday")
  assert.deepEqual(await run(["backup", file], settings), {
    exitCode: 1,
    stdout: "",
    stderr:
      `postern: There is a file '${file}' already\n` +
      "hint: Choose another name, or replace the file with --force.\n",
  })
  assert.equal(readFileSync(file, "utf8"), "of yesterday")
  assert.equal((await run(["backup", file, "--force"], settings)).exitCode, 0)
  assert.equal(JSON.parse(readFileSync(file, "utf8")).format, "postern-backup")
  assert.equal(lstatSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(backups), ["monday.json"])
})

/** What may be at a path in the place of a file. */
const noFiles: readonly (readonly [what: string, make: (path: string, t: TestContext) => void])[] =
  [
    ["a directory", (path) => mkdirSync(path)],
    ["a link to a file", (path, t) => symlinkSync(join(temporaryDirectory(t), "secret"), path)],
    ["a link to a directory", (path, t) => symlinkSync(temporaryDirectory(t), path)],
    ["a pipe", (path) => void execFileSync("mkfifo", [path])],
  ]

for (const [what, make] of noFiles) {
  test(`postern backup refuses ${what}, with --force, too`, async (t) => {
    const { settings, file } = await placeOfService(t)
    make(file, t)
    for (const words of [[], ["--force"]]) {
      assert.deepEqual(await run(["backup", file, ...words], settings), {
        exitCode: 1,
        stdout: "",
        stderr:
          `postern: '${file}' is no file\n` +
          "hint: Name a file that is not there yet, or pipe the backup: postern backup - | …\n",
      })
    }
    const found = lstatSync(file)
    if (found.isSymbolicLink()) assert.throws(() => readFileSync(readlinkSync(file)))
    else assert.ok(found.isDirectory() || found.isFIFO())
  })
}

test("postern backup goes into no file of the service, whether it is there or not", async (t) => {
  const { data, settings } = await placeOfCarol(t)
  const audit = join(temporaryDirectory(t), "audit.jsonl")
  writeFileSync(audit, "")
  const linked = join(temporaryDirectory(t), "link")
  symlinkSync(data, linked)
  const names = ["store.json", "keys.json", "lock.json", "control.sock", "last_backup.json"]
  const paths = [...names.map((name) => join(data, name)), join(linked, "store.json"), audit]
  const before = readFileSync(join(data, "store.json"))
  for (const path of paths) {
    const given = { ...settings, POSTERN_AUDIT_FILE: audit }
    assert.deepEqual(await run(["backup", path, "--force"], given), {
      exitCode: 2,
      stdout: "",
      stderr:
        `postern: '${path}' is a file of the service\n` +
        "hint: Give the backup a name of its own.\n",
    })
  }
  assert.ok(readFileSync(join(data, "store.json")).equals(before))
  const own = join(data, "monday.json")
  assert.equal((await run(["backup", own], settings)).exitCode, 0)
  assert.equal((await run(["user", "list"], settings)).exitCode, 0)
})

test("postern backup names the path that can't be written", async (t) => {
  const { settings, file } = await placeOfService(t)
  writeFileSync(file, "")
  for (const [path, code] of [
    [`${file}/monday.json`, "ENOTDIR"],
    [join(file, "../missing/monday.json"), "ENOENT"],
  ] as const) {
    const { exitCode, stdout, stderr } = await run(["backup", path], settings)
    assert.deepEqual([exitCode, stdout], [1, ""])
    assert.match(
      stderr,
      /^postern: The backup can't be written to '.*monday\.json' \(E\w+\)\nhint: /,
    )
    assert.ok(stderr.includes(`(${code})`), stderr)
  }
})

test("postern backup on a full disk leaves nothing", { skip: noSmallDisk }, async (t) => {
  const { settings } = await placeOfService(t)
  const small = mountSmallDisk(t, 64)
  const file = join(small.path, "monday.json")
  small.fill()
  const { exitCode, stderr } = await run(["backup", file], settings)
  assert.deepEqual([exitCode, readdirSync(small.path)], [69, ["filler"]])
  assert.match(
    stderr,
    /^postern: The backup can't be written to '.*' \(ENOSPC\)\nhint: The disk is full/,
  )
  small.clear()
  assert.equal((await run(["backup", file], settings)).exitCode, 0)
})
