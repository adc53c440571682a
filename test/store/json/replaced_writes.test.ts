// Writes that meet somebody else's, and what is no reason to stop.

import assert from "node:assert/strict"
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import { numbered, sampleUser } from "../sample_user.ts"
import { nameOf } from "./opened_store.ts"
import { byRename, current, inPlace, openWithBackup, usersOf } from "./store_with_backup.ts"
import { names } from "./used_directory.ts"

test("a store whose directory is linked finds out that the link leads elsewhere", async (t) => {
  const parent = temporaryDirectory(t)
  const name = join(parent, "data")
  mkdirSync(join(parent, "one"), { mode: 0o700 })
  mkdirSync(join(parent, "two"), { mode: 0o700 })
  symlinkSync("one", name)
  const disk = machineDisk
  const other = await openJsonStore({ directory: join(parent, "two"), disk, warn: assert.fail })
  await other.close()
  const alarms: string[] = []
  const alarm = (_event: string, message: string) => void alarms.push(message)
  const store = await openJsonStore({
    ...{ directory: join(parent, "one"), name, disk, warn: assert.fail, alarm },
  })
  t.after(() => store.close())
  assert.equal(await store.users.create(sampleUser("alice")), "created")
  rmSync(name)
  symlinkSync("two", name)
  await assertUnavailable(store.users.create(sampleUser("bob")))
  assert.match(alarms.join(), /data\/journal\.0\.jsonl' is another file now/)
})

test("a store takes its own snapshots and journal swaps for no change by another process", async (t) => {
  const { directory, store, alarms } = await openWithBackup(t, 300)
  let version = (await store.keys.read())?.version ?? null
  for (let index = 0; index < 60; index += 1) {
    await store.users.change("alice", numbered(index))
    version = await store.keys.replace(Buffer.from(`keys ${index}`), { ifVersion: version })
    assert.ok(version !== null)
  }
  const end = performance.now() + 2200
  while (performance.now() < end) {
    await store.users.change("alice", numbered(7))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.deepEqual(alarms, [])
  assert.equal(store.isInPlace(), true)
  await store.close()
  assert.deepEqual(readdirSync(directory).sort(), [...names, "keys.json"].sort())
})

test("a store that can't look at its files refuses a write, and goes on when it can", async (t) => {
  const directory = temporaryDirectory(t)
  let failing = false
  const disk = {
    ...machineDisk,
    inspect: (path: string) =>
      failing && path.endsWith(current)
        ? Promise.reject(Object.assign(new Error("made by a test"), { code: "EIO" }))
        : machineDisk.inspect(path),
  }
  const store = await openJsonStore({ directory, disk, warn: assert.fail })
  t.after(() => store.close())
  await store.users.create(sampleUser("alice"))
  failing = true
  await assertUnavailable(store.users.create(sampleUser("bob")))
  assert.equal(store.isInPlace(), true)
  failing = false
  assert.equal(await store.users.create(sampleUser("bob")), "created")
  await store.close()
  const again = await openJsonStore({ directory, disk, warn: assert.fail })
  assert.deepEqual((await again.users.list()).map(nameOf), ["alice", "bob"])
  await again.close()
})

test("a start that loses its lock while it reads writes nothing", async (t) => {
  const { directory, store } = await openWithBackup(t)
  await store.close()
  const before = readFileSync(join(directory, current))
  const disk = {
    ...machineDisk,
    async read(path: string) {
      const bytes = await machineDisk.read(path)
      // Another takes it over, and adds to the journal.
      if (path.endsWith(current)) {
        writeFileSync(join(directory, "lock.json"), "of another")
        writeFileSync(path, Buffer.concat([before, Buffer.from("more")]))
      }
      return bytes
    },
  }
  await assert.rejects(openJsonStore({ directory, disk, warn: assert.fail }), {
    name: "OperatorError",
    message: `Another process is using the data directory '${directory}'`,
    exitCode: 75,
  })
  assert.deepEqual(
    readFileSync(join(directory, current)),
    Buffer.concat([before, Buffer.from("more")]),
  )
  assert.equal(readFileSync(join(directory, "lock.json"), "utf8"), "of another")
})

test("a start that can't hold a file gives the lock back", async (t) => {
  const directory = temporaryDirectory(t)
  const failure = Object.assign(new Error("EIO: made by a test"), { code: "EIO" })
  const disk = { ...machineDisk, openToRead: () => Promise.reject(failure) }
  await assert.rejects(openJsonStore({ directory, disk, warn: assert.fail }), {
    name: "OperatorError",
    message: /can't be used: EIO/,
  })
  assert.deepEqual(readdirSync(directory).sort(), [...names].sort())
  assert.deepEqual(await usersOf(directory), [])
})

for (const step of ["before the write", "during the write", "behind the write"] as const) {
  test(`a write that meets a backup being written into the journal fails: ${step}`, async (t) => {
    const parent = temporaryDirectory(t)
    const directory = join(parent, "data")
    let armed = false
    const path = join(directory, current)
    const disk = {
      ...machineDisk,
      async open(opened: string) {
        const file = await machineDisk.open(opened)
        return {
          ...file,
          async write(bytes: Uint8Array, position: number) {
            const isHit = armed && opened === path
            if (isHit && step === "before the write") truncateSync(path, 80)
            const half = isHit && step === "during the write" ? bytes.subarray(0, 9) : bytes
            const taken = await file.write(half, position)
            if (isHit && step !== "before the write") truncateSync(path, 80)
            armed = false
            return taken
          },
        }
      },
    }
    const alarms: string[] = []
    const alarm = (_event: string, message: string) => void alarms.push(message)
    const store = await openJsonStore({ directory, disk, warn: assert.fail, alarm })
    t.after(() => store.close())
    await store.users.create(sampleUser("alice"))
    armed = true
    await assertUnavailable(store.users.create(sampleUser("bob")))
    assert.match(alarms.join(), /journal\.0\.jsonl' was written to by somebody else/)
  })
}

test("the next start has the state of a backup that was laid over an open store", async (t) => {
  for (const restore of [inPlace, byRename]) {
    const opened = await openWithBackup(t)
    restore(opened)
    await assertUnavailable(opened.store.users.create(sampleUser("carol")))
    await opened.store.close()
    assert.deepEqual(await usersOf(opened.directory), ["alice"])
  }
})

test("a store.json of a backup beside newer journals loses nothing", async (t) => {
  const opened = await openWithBackup(t)
  byRename(opened, ["store.json"])
  await opened.store.close()
  assert.deepEqual(await usersOf(opened.directory), ["alice", "bob"])
})

test("journals of a backup beside a newer store.json are refused", async (t) => {
  const opened = await openWithBackup(t, 100)
  const { directory, store } = opened
  for (const name of ["carol", "dave", "erin"]) await store.users.create(sampleUser(name))
  await store.close()
  assert.match(readFileSync(join(directory, "store.json"), "utf8"), /"username":"bob"/)
  byRename(opened, names.slice(1))
  await assert.rejects(usersOf(directory), { message: /the files are not of one store/ })
})
