// Opening a data directory in which something is missing, in the way, open to others or left
// behind.

import assert from "node:assert/strict"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { createFaultyDisk } from "../../support/faulty_disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { openFaulty } from "./faulty_store.ts"
import { assertRefused, journals, names, openAndClose, usedDirectory } from "./used_directory.ts"

for (const name of names) {
  test(`openJsonStore() refuses a directory without its ${name}`, async (t) => {
    const directory = await usedDirectory(t)
    rmSync(join(directory, name))
    const there =
      name === "store.json" ? "there is a journal of its changes" : "there is a snapshot"
    await assertRefused(directory, name, new RegExp(`it is missing, but ${there}`))
  })

  test(`openJsonStore() refuses a directory in the place of ${name}`, async (t) => {
    const directory = await usedDirectory(t)
    rmSync(join(directory, name))
    mkdirSync(join(directory, name))
    await assertRefused(
      directory,
      name,
      /is not a file, but a directory/,
      /^Put the file itself there, from a backup if need be/,
    )
  })

  test(`openJsonStore() refuses a symbolic link in the place of ${name}`, async (t) => {
    const directory = await usedDirectory(t)
    for (const target of ["/etc/passwd", join(directory, "nowhere")]) {
      rmSync(join(directory, name))
      symlinkSync(target, join(directory, name))
      await assertRefused(
        directory,
        name,
        /is not a file, but a link/,
        /^Put the file itself there, from a backup if need be/,
      )
    }
  })

  test(`openJsonStore() repairs the mode of ${name} and says so`, async (t) => {
    const directory = await usedDirectory(t)
    for (const mode of [0o644, 0o777, 0o640]) {
      chmodSync(join(directory, name), mode)
      const warnings = await openAndClose(directory)
      const text = `'${join(directory, name)}' was open to other users`
      const modes = `(mode ${mode.toString(8)}); it is 600 now`
      assert.deepEqual(warnings, [`store.mode_repaired: ${text} ${modes}`])
      assert.equal(lstatSync(join(directory, name)).mode & 0o777, 0o600)
    }
  })
}

test("openJsonStore() refuses a store whose two journals are missing", async (t) => {
  const directory = await usedDirectory(t)
  for (const name of journals) rmSync(join(directory, name))
  await assertRefused(directory, "journal.0.jsonl", /it is missing, but there is a snapshot/)
})

test("openJsonStore() refuses a torn journal without a store.json, and takes an unused one", async (t) => {
  const directory = temporaryDirectory(t)
  await openAndClose(directory)
  const path = join(directory, journals[0])
  const unused = readFileSync(path)
  rmSync(join(directory, "store.json"))
  writeFileSync(path, Buffer.concat([unused, Buffer.from('{"seq')]))
  await assertRefused(directory, "store.json", /it is missing, but there is a journal/)
  writeFileSync(path, unused)
  assert.deepEqual(await openAndClose(directory), [])
})

test("openJsonStore() takes a directory of which only keys.json is left for damaged, not for new", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "keys.json"), "{}", { mode: 0o600 })
  const options = { directory, disk: machineDisk, warn: assert.fail }
  for (const mayMake of [true, false]) {
    await assert.rejects(openJsonStore({ ...options, mayMake }), {
      name: "OperatorError",
      message: `The store can't be read: '${join(directory, "store.json")}': it is missing, but there is 'keys.json' beside it`,
      exitCode: 65,
    })
  }
  assert.deepEqual(readdirSync(directory), ["keys.json"])
})

test("openJsonStore() makes nothing unless it may, and mends nothing", async (t) => {
  const parent = temporaryDirectory(t)
  chmodSync(parent, 0o755)
  const unfinished = join(parent, "unfinished")
  await openAndClose(unfinished)
  rmSync(join(unfinished, "store.json"))
  const before = readdirSync(unfinished)
  for (const directory of [parent, join(parent, "a", "b"), unfinished]) {
    const options = { directory, disk: machineDisk, warn: assert.fail, mayMake: false }
    await assert.rejects(openJsonStore(options), {
      name: "OperatorError",
      message: `Nothing is set up in '${directory}'`,
      hint: "`postern serve` or `postern init` sets it up. POSTERN_DATA_DIR says where it is.",
      exitCode: 69,
    })
  }
  assert.equal(lstatSync(parent).mode & 0o777, 0o755)
  assert.deepEqual(readdirSync(parent), ["unfinished"])
  assert.deepEqual(readdirSync(unfinished), before)
  const store = await openJsonStore({
    ...{ directory: await usedDirectory(t), disk: machineDisk, warn: assert.fail },
    mayMake: false,
  })
  await store.close()
})

test("openJsonStore() refuses a journal of another store", async (t) => {
  const directory = await usedDirectory(t)
  const other = temporaryDirectory(t)
  await openAndClose(other)
  for (const name of journals) {
    writeFileSync(join(directory, name), readFileSync(join(other, name)))
  }
  await assertRefused(directory, /journal/, /the files are not of one store/)
})

test("openJsonStore() drops a torn end of the journal and says so", async (t) => {
  const directory = await usedDirectory(t)
  const [first] = journals
  const path = join(directory, first)
  const whole = readFileSync(path)
  writeFileSync(path, Buffer.concat([whole, Buffer.from('{"sequence":99,"chan')]))
  assert.deepEqual(await openAndClose(directory), [
    "store.torn_write_dropped: Dropped 20 bytes of a write that was cut short and never acknowledged, " +
      `at the end of '${path}'`,
  ])
  assert.deepEqual(readFileSync(path), whole)
})

test("openJsonStore() leaves a directory alone that others share", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "letter.txt"), "dear")
  chmodSync(directory, 0o1777)
  await assert.rejects(openJsonStore({ directory, disk: machineDisk, warn: assert.fail }), {
    name: "OperatorError",
    message: `'${directory}' is open to other users and holds other files`,
    hint: "Set POSTERN_DATA_DIR to a directory of Postern's own; one that is not there is made.",
    exitCode: 65,
  })
  assert.equal(lstatSync(directory).mode & 0o7777, 0o1777)
  assert.deepEqual(readdirSync(directory), ["letter.txt"])
})

test("openJsonStore() repairs the directory's mode, and makes one that is missing", async (t) => {
  const directory = await usedDirectory(t)
  chmodSync(directory, 0o755)
  assert.match((await openAndClose(directory)).join(), /mode 755\); it is 700 now$/)
  assert.equal(lstatSync(directory).mode & 0o777, 0o700)
  const missing = join(directory, "a", "b")
  assert.deepEqual(await openAndClose(missing), [])
  assert.equal(lstatSync(missing).mode & 0o777, 0o700)
  for (const name of names) assert.equal(lstatSync(join(missing, name)).mode & 0o777, 0o600, name)
})

test("openJsonStore() warns of a directory above that is everybody's, and opens", async (t) => {
  const parent = join(temporaryDirectory(t), "shared")
  const directory = join(parent, "data")
  mkdirSync(parent)
  chmodSync(parent, 0o777)
  for (const _start of ["the first", "the second"]) {
    assert.deepEqual(await openAndClose(directory), [
      `store.parent_open: Every user may replace what is in '${parent}', the data too: ` +
        `chmod o-w '${parent}', or set POSTERN_DATA_DIR to another directory`,
    ])
  }
  chmodSync(parent, 0o1777)
  assert.deepEqual(await openAndClose(directory), [])
})

test("openJsonStore() tells temporary failures from damaged files", async (t) => {
  const directory = temporaryDirectory(t)
  const rows: readonly (readonly [code: string, exitCode: number, hint: RegExp])[] = [
    ["ENOSPC", 69, /^The disk is full/],
    ["EDQUOT", 69, /^The disk quota/],
    ["EROFS", 69, /^The file system is read-only.* POSTERN_DATA_DIR/],
    ["EMFILE", 69, /^This process can open no more files/],
    ["EIO", 65, /^The disk, or the way to it, fails/],
    ["EACCES", 65, /^The user that Postern runs as has no right/],
    ["EWHATEVER", 65, /^Check POSTERN_DATA_DIR/],
  ]
  for (const [code, exitCode, hint] of rows) {
    const disk = createFaultyDisk()
    disk.fail(({ kind }) => (kind === "make" ? { code } : null))
    await assert.rejects(openJsonStore({ directory, disk, warn: assert.fail }), {
      name: "OperatorError",
      message: `The data directory '${directory}' can't be used: ${code}: made by a test`,
      hint,
      exitCode,
    })
  }
})

test("openJsonStore() refuses a data directory that is a file or a link", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "file"), "")
  symlinkSync(directory, join(directory, "link"))
  for (const name of ["file", "link"]) {
    await assert.rejects(openAndClose(join(directory, name)), {
      name: "OperatorError",
      message: `'${join(directory, name)}' is not a directory, but a ${name}`,
      exitCode: 65,
    })
  }
})

test("openJsonStore() removes what a snapshot that was cut short left", async (t) => {
  const directory = await usedDirectory(t)
  const kept = ["keys.json", ".hidden.tmp", ".store.json.short.tmp"]
  const removed = [
    ".store.json.AAAAAAAAAAAAAAAAAAAAAA.tmp",
    ".keys.json.-_34567890123456789012.tmp",
  ]
  for (const name of [...kept, ...removed]) writeFileSync(join(directory, name), "text")
  await openAndClose(directory)
  assert.deepEqual(readdirSync(directory).sort(), [...names, ...kept].sort())
})

test("openJsonStore() closes what it opened when a file can't be cut", async (t) => {
  const { disk, reopen } = await openFaulty(t)
  disk.fail(({ kind }) => (kind === "truncate" ? { code: "EIO" } : null))
  await assert.rejects(reopen(), {
    name: "OperatorError",
    message: /can't be used: EIO: made by a test/,
    exitCode: 65,
  })
  disk.fail()
  assert.deepEqual(await (await reopen()).users.list(), [])
})

test("openJsonStore() does not go on with a new store that can't be read back", async (t) => {
  const directory = temporaryDirectory(t)
  const disk = createFaultyDisk()
  const read = async (path: string) => (path.endsWith("lock.json") ? disk.read(path) : null)
  const forgetful = { ...disk, read }
  await assert.rejects(openJsonStore({ directory, disk: forgetful, warn: assert.fail }), {
    name: "Error",
    message: "The store that was just made is not there",
  })
  assert.deepEqual(readdirSync(directory), [], "the lock was given back")
})
