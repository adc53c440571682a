// What lock.json is for: owners that no socket reaches, because they use the directory through
// another mount or run on another machine.

import assert from "node:assert/strict"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { takeLock } from "../../../src/store/json/lock.ts"
import {
  encodeLock,
  type LockOwner,
  readBoot,
  readLock,
} from "../../../src/store/json/lock_file.ts"
import { type Disk, machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import {
  anotherMount,
  inUse,
  keepRenewing,
  lockFile,
  options,
  pauses,
  stranger,
} from "./lock_views.ts"

test("readLock() gives what encodeLock() wrote, in a text of one length", () => {
  const owners: readonly LockOwner[] = [
    stranger,
    {
      id: "a",
      boot: null,
      socket: { name: "lock-x.sock", identity: "65024:18446744073709551615" },
    },
  ]
  for (const owner of owners) {
    for (const beat of [0, 7, Number.MAX_SAFE_INTEGER]) {
      const bytes = encodeLock(owner, beat)
      assert.equal(bytes.byteLength, 512)
      assert.deepEqual(readLock(bytes), owner)
      assert.deepEqual(readLock(Buffer.concat([bytes, Buffer.from("left of a longer one")])), owner)
    }
  }
})

test("readLock() finds no owner in a text that is no lock", () => {
  const texts = ["", "{", "null", "[]", '{"format":"other","id":"x"}', '{"format":"postern-lock"}']
  for (const text of texts) assert.equal(readLock(Buffer.from(text)), null, text)
  const bare = '{"format":"postern-lock","id":"x","boot":7,"socket":{"name":"y"}}'
  assert.deepEqual(readLock(Buffer.from(bare)), { id: "x", boot: null, socket: null })
})

test("readBoot() names the kernel's start, or nothing where that can't be read", async () => {
  const boot = await readBoot(machineDisk)
  if (process.platform === "linux") assert.match(String(boot), /^[\w-]{36}$/)
  assert.equal(await readBoot({ ...machineDisk, read: async () => null }), null)
  assert.equal(await readBoot({ ...machineDisk, read: async () => Buffer.from("?") }), null)
  const refuse = () => Promise.reject(new Error("made by a test"))
  assert.equal(await readBoot({ ...machineDisk, read: refuse }), null)
})

test("takeLock() through another mount is refused while the owner renews its lock", async (t) => {
  const directory = temporaryDirectory(t)
  const lock = await takeLock(directory, options(anotherMount("1")))
  const stop = keepRenewing(lock)
  const second = options(anotherMount("2"))
  await assert.rejects(takeLock(directory, second), inUse(directory))
  assert.deepEqual(second.warnings, ["store.lock_watched"])
  stop()
  assert.equal(await lock.renew(), true)
  await lock.release()
  assert.deepEqual(readdirSync(directory), [])
})

test("takeLock() through another mount takes a lock that is not renewed, and the old owner notices", async (t) => {
  const directory = temporaryDirectory(t)
  const first = await takeLock(directory, options(anotherMount("1")))
  const startedAt = performance.now()
  const second = await takeLock(directory, options(anotherMount("2")))
  assert.ok(performance.now() - startedAt >= pauses.watch + pauses.settle - 10)
  // It was stopped, and goes on.
  assert.equal(await first.renew(), false)
  assert.equal(await second.renew(), true)
  await first.release()
  assert.equal(await second.renew(), true, "it did not give back what is another's")
  await second.release()
})

test("takeLock() of two at once, by two mounts, of a lock that was left, gives it to one", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, lockFile), encodeLock(stranger, 3), { mode: 0o600 })
  const outcomes = await Promise.allSettled(
    ["1", "2", "3"].map((device) => takeLock(directory, options(anotherMount(device)))),
  )
  const locks = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
  assert.equal(locks.length, 1)
  assert.equal(await locks[0]?.renew(), true)
  await locks[0]?.release()
})

test("takeLock() of two at once, by two mounts, of a free directory gives it to one", async (t) => {
  const directory = temporaryDirectory(t)
  const takers = ["1", "2"].map(async (device) => {
    const lock = await takeLock(directory, options(anotherMount(device)))
    return { lock, stop: keepRenewing(lock) }
  })
  const outcomes = await Promise.allSettled(takers)
  const owners = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
  assert.equal(owners.length, 1)
  owners[0]?.stop()
  await wait(30)
  await owners[0]?.lock.release()
})

test("takeLock() waits while it is certain that one left by another machine is dead", async (t) => {
  for (const left of [encodeLock(stranger, 3), Buffer.alloc(0), Buffer.from("torn")]) {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, lockFile), left, { mode: 0o600 })
    const own = options()
    const lock = await takeLock(directory, own)
    assert.deepEqual(own.warnings, ["store.lock_watched"])
    assert.equal(readLock(readFileSync(join(directory, lockFile)))?.id.length, 22)
    await lock.release()
    assert.deepEqual(readdirSync(directory), [])
  }
})

test("takeLock() has it at once when the owner gives it back while it is watched", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, lockFile), encodeLock(stranger, 3), { mode: 0o600 })
  const taking = takeLock(directory, { ...options(), pauses: { watch: 60_000, settle: 60_000 } })
  await wait(100)
  rmSync(join(directory, lockFile))
  await assert.doesNotReject(Promise.race([taking, wait(20_000).then(() => Promise.reject())]))
  await (await taking).release()
})

test("takeLock() loses to the last process that writes over it", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, lockFile), encodeLock(stranger, 3), { mode: 0o600 })
  const other = encodeLock({ ...stranger, id: "O".repeat(22) }, 0)
  const disk: Disk = {
    ...machineDisk,
    async overwrite(path, bytes) {
      await machineDisk.overwrite(path, bytes)
      await machineDisk.overwrite(path, other)
    },
  }
  await assert.rejects(takeLock(directory, options(disk)), inUse(directory))
  assert.deepEqual(readdirSync(directory), [lockFile])
  assert.deepEqual(readFileSync(join(directory, lockFile)), other)
})

test("a lock that was removed or replaced is not renewed", async (t) => {
  const directory = temporaryDirectory(t)
  const lock = await takeLock(directory, options())
  rmSync(join(directory, lockFile))
  assert.equal(await lock.renew(), false)
  writeFileSync(join(directory, lockFile), encodeLock(stranger, 3))
  assert.equal(await lock.renew(), false)
  await lock.release()
  assert.deepEqual(readdirSync(directory), [lockFile])
})
