import assert from "node:assert/strict"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { type Disk, machineDisk } from "../../src/system/disk.ts"
import { findOpenParent, secureDirectory, secureFile } from "../../src/system/private_files.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const file = "a.json"

test("secureDirectory() and secureFile() repair modes that let others in", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, file)
  writeFileSync(path, "")
  for (const [mode, text] of [
    [0o604, "604"],
    [0o777, "777"],
    [0o620, "620"],
  ] as const) {
    chmodSync(path, mode)
    chmodSync(directory, mode | 0o100)
    assert.equal(
      await secureFile(path, machineDisk),
      `'${path}' was open to other users (mode ${text}); it is 600 now`,
    )
    const shown = (mode | 0o100).toString(8)
    assert.equal(
      await secureDirectory(directory, machineDisk),
      `'${directory}' was open to other users (mode ${shown}); it is 700 now`,
    )
    assert.equal(lstatSync(path).mode & 0o777, 0o600)
    assert.equal(lstatSync(directory).mode & 0o777, 0o700)
  }
})

test("secureFile() and secureDirectory() leave strict modes as they are", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, file)
  assert.equal(await secureFile(path, machineDisk), null)
  assert.equal(existsSync(path), false)
  writeFileSync(path, "", { mode: 0o400 })
  assert.equal(await secureFile(path, machineDisk), null)
  assert.equal(lstatSync(path).mode & 0o777, 0o400)
  assert.equal(await secureDirectory(join(directory, "made"), machineDisk), null)
  assert.equal(lstatSync(join(directory, "made")).mode & 0o777, 0o700)
})

test("secureFile() and secureDirectory() refuse what is of another type", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, file)
  mkdirSync(path)
  symlinkSync("/etc", join(directory, "link"))
  const refused = (what: string) => ({
    name: "OperatorError",
    message: what,
    hint: /^Put the (file|directory) itself there, .* or set POSTERN_DATA_DIR to another directory\.$/,
    exitCode: 65,
  })
  const link = join(directory, "link")
  await assert.rejects(
    secureFile(path, machineDisk),
    refused(`'${path}' is not a file, but a directory`),
  )
  await assert.rejects(
    secureDirectory(link, machineDisk),
    refused(`'${link}' is not a directory, but a link`),
  )
  const vanishing: Disk = {
    ...machineDisk,
    inspect: async () => null,
    makeDirectory: async () => {},
  }
  await assert.rejects(
    secureDirectory(path, vanishing),
    refused(`'${path}' is not a directory, but a missing name`),
  )
})

test("secureFile() refuses a file of another user", async (t) => {
  const path = join(temporaryDirectory(t), file)
  const self = process.geteuid?.() ?? 0
  writeFileSync(path, "", { mode: 0o600 })
  const found = await machineDisk.inspect(path)
  assert.ok(found !== null)
  const disk: Disk = {
    ...machineDisk,
    inspect: async () => ({ ...found, owner: self + 1 }),
    chmod: async () => assert.fail("it was changed"),
  }
  await assert.rejects(secureFile(path, disk), {
    name: "OperatorError",
    message: `'${path}' belongs to user ${self + 1}, not to ${self}`,
    hint: `Run postern as user ${self + 1}, or give it the files: chown -R ${self} DIRECTORY`,
    exitCode: 65,
  })
})

test("secureFile() and secureDirectory() refuse another user's path, also for root", {
  skip: process.geteuid?.() === 0 ? false : "it takes root to give files away",
}, async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, file)
  writeFileSync(path, "", { mode: 0o644 })
  chownSync(path, 1, 1)
  chownSync(directory, 1, 1)
  const refused = { name: "OperatorError", message: /' belongs to user 1, not to 0$/, exitCode: 65 }
  await assert.rejects(secureFile(path, machineDisk), refused)
  await assert.rejects(secureDirectory(directory, machineDisk), refused)
  assert.equal(lstatSync(path).mode & 0o777, 0o644)
})

test("findOpenParent() finds a directory above in which everybody may rename", async (t) => {
  const top = temporaryDirectory(t)
  const inner = join(top, "a", "b", "data")
  mkdirSync(inner, { recursive: true })
  const rows: readonly (readonly [mode: number, found: boolean])[] = [
    [0o777, true],
    [0o702, true],
    [0o1777, false],
    [0o775, false],
    [0o700, false],
  ]
  for (const name of ["a", "a/b"]) {
    for (const [mode, found] of rows) {
      chmodSync(join(top, name), mode)
      const expected = found ? join(top, name) : null
      assert.equal(
        await findOpenParent(inner, machineDisk),
        expected,
        `${name} ${mode.toString(8)}`,
      )
    }
  }
  // What the directory itself lets others do is another question.
  chmodSync(inner, 0o777)
  assert.equal(await findOpenParent(inner, machineDisk), null)
})

test("findOpenParent() treats a directory that it can't inspect as closed", async (t) => {
  const inner = join(temporaryDirectory(t), "data")
  const denied = Object.assign(new Error("made by a test"), { code: "ERR_ACCESS_DENIED" })
  const disk: Disk = { ...machineDisk, inspect: () => Promise.reject(denied) }
  assert.equal(await findOpenParent(inner, disk), null)
})
