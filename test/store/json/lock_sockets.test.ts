// What a lock's socket proves, and what a lock does where there is none.

import assert from "node:assert/strict"
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { takeLock } from "../../../src/store/json/lock.ts"
import { encodeLock, readBoot, readLock } from "../../../src/store/json/lock_file.ts"
import { type Disk, machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import {
  inUse,
  keepRenewing,
  leaveSocket,
  lockFile,
  options,
  stranger,
  withoutSockets,
} from "./lock_views.ts"

test("takeLock() works where no socket can be made, says so, and holds the directory", async (t) => {
  const directory = temporaryDirectory(t)
  const own = options(withoutSockets)
  const lock = await takeLock(directory, own)
  assert.deepEqual(own.warnings, ["store.no_sockets"])
  assert.deepEqual(readdirSync(directory), [lockFile])
  assert.equal(readLock(readFileSync(join(directory, lockFile)))?.socket, null)
  const stop = keepRenewing(lock)
  await assert.rejects(takeLock(directory, options(withoutSockets)), inUse(directory))
  await assert.rejects(takeLock(directory, options()), inUse(directory))
  stop()
  await wait(30)
  // As if it had been killed.
  const next = await takeLock(directory, options(withoutSockets))
  assert.equal(await lock.renew(), false)
  await next.release()
})

test("takeLock() waits for nothing where the owner's own socket refuses", async (t) => {
  const boot = await readBoot(machineDisk)
  if (boot === null) return t.skip("this kernel does not name its start")
  const directory = temporaryDirectory(t)
  const name = `lock-${"A".repeat(22)}.sock`
  leaveSocket(join(directory, name))
  const { dev, ino } = lstatSync(join(directory, name), { bigint: true })
  const dead = { id: "D".repeat(22), boot, socket: { name, identity: `${dev}:${ino}` } }
  writeFileSync(join(directory, lockFile), encodeLock(dead, 9), { mode: 0o600 })
  const own = options()
  const lock = await takeLock(directory, own)
  assert.deepEqual(own.warnings, [])
  await lock.release()
  assert.deepEqual(readdirSync(directory), [])
})

test("takeLock() does not take the silence of another socket as a proof", async (t) => {
  const boot = await readBoot(machineDisk)
  if (boot === null) return t.skip("this kernel does not name its start")
  const name = `lock-${"A".repeat(22)}.sock`
  const rows: readonly (readonly [what: string, change: (identity: string) => object])[] = [
    ["of another start", () => ({ boot: "another-start-of-it" })],
    ["of no known start", () => ({ boot: null })],
    ["another file", (identity) => ({ socket: { name, identity: `${identity}1` } })],
    ["of another mount", (id) => ({ socket: { name, identity: id.replace(/^\d+/, "1") } })],
    ["one that is gone", (identity) => ({ socket: { name: name.replace("A", "B"), identity } })],
    ["no lock's name", (identity) => ({ socket: { name: "../control.sock", identity } })],
    ["none at all", () => ({ socket: null })],
  ]
  for (const [what, change] of rows) {
    const directory = temporaryDirectory(t)
    leaveSocket(join(directory, name))
    const { dev, ino } = lstatSync(join(directory, name), { bigint: true })
    const identity = `${dev}:${ino}`
    const owner = { id: "D".repeat(22), boot, socket: { name, identity }, ...change(identity) }
    writeFileSync(join(directory, lockFile), encodeLock(owner, 9), { mode: 0o600 })
    const own = options()
    await (await takeLock(directory, own)).release()
    assert.deepEqual(own.warnings, ["store.lock_watched"], what)
  }
})

test("takeLock() does without a socket that it can't reach itself", async (t) => {
  const directory = temporaryDirectory(t)
  const disk: Disk = {
    ...machineDisk,
    async rename(from, to) {
      await machineDisk.rename(from, to)
      // Another file than the one that is listened on, as where numbers of files do not last.
      rmSync(to)
      leaveSocket(to)
    },
  }
  const own = options(disk)
  const lock = await takeLock(directory, own)
  assert.deepEqual(own.warnings, ["store.no_sockets"])
  assert.equal(readLock(readFileSync(join(directory, lockFile)))?.socket, null)
  await lock.release()
  assert.deepEqual(readdirSync(directory), [])
})

test("takeLock() leaves a lock alone while its socket answers, for any content of lock.json", async (t) => {
  const directory = temporaryDirectory(t)
  const server = createServer(() => {})
  await new Promise<void>((resolve) => {
    server.listen(join(directory, `lock-${"A".repeat(22)}.sock`), resolve)
  })
  t.after(() => server.close())
  writeFileSync(join(directory, lockFile), encodeLock(stranger, 3), { mode: 0o600 })
  const own = options()
  await assert.rejects(takeLock(directory, own), {
    ...inUse(directory),
    hint: "Stop it first. User commands reach a running service by themselves.",
  })
  assert.deepEqual(own.warnings, [])
})

test("takeLock() on a full disk holds a blank lock, and fills it in when there is room", async (t) => {
  const directory = temporaryDirectory(t)
  let isFull = true
  const full = () => Promise.reject(Object.assign(new Error("made by a test"), { code: "ENOSPC" }))
  const disk: Disk = {
    ...machineDisk,
    async create(path) {
      const file = await machineDisk.create(path)
      return { ...file, write: isFull ? full : file.write }
    },
    overwrite: (path, bytes) => (isFull ? full() : machineDisk.overwrite(path, bytes)),
  }
  const path = join(directory, lockFile)
  for (const isFilledIn of [false, true]) {
    isFull = true
    const lock = await takeLock(directory, options(disk))
    assert.equal(readFileSync(path).byteLength, 0)
    await assert.rejects(lock.renew(), { code: "ENOSPC" })
    if (isFilledIn) {
      isFull = false
      assert.equal(await lock.renew(), true)
      assert.equal(readLock(readFileSync(path))?.id.length, 22)
      writeFileSync(path, "")
      assert.equal(await lock.renew(), false, "it is another's that is about to be written")
      rmSync(path)
    }
    await lock.release()
    assert.deepEqual(readdirSync(directory), [])
  }
})

test("takeLock() that can't write its content for another reason leaves nothing", async (t) => {
  const directory = temporaryDirectory(t)
  const failure = Object.assign(new Error("made by a test"), { code: "EIO" })
  const create: Disk["create"] = async (path) => {
    return { ...(await machineDisk.create(path)), write: () => Promise.reject(failure) }
  }
  await assert.rejects(takeLock(directory, options({ ...machineDisk, create })), failure)
  assert.deepEqual(readdirSync(directory), [])
})
