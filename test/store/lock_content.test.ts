// What lock.json is for: owners that can't be reached by a socket, because they use the directory
// through another mount, run on another machine, or because the file system has no sockets.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { type Disk, machineDisk } from "../../src/disk.ts"
import { type Lock, type LockOptions, takeLock } from "../../src/store/lock.ts"
import { encodeLock, type LockOwner, readBoot, readLock } from "../../src/store/lock_file.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const lockFile = "lock.json"
const pauses = { watch: 320, settle: 80 }
const stranger: LockOwner = { id: "S".repeat(22), boot: "of-another-machine", socket: null }

const inUse = (directory: string) => ({
  name: "OperatorError",
  message: `Another process is using the data directory '${directory}'`,
  hint: "Stop it first. It runs on another machine or uses another mount: commands can't reach it.",
  exitCode: 75,
})

/** The options of a process, and what it was warned of. */
function options(disk: Disk = machineDisk): LockOptions & { readonly warnings: string[] } {
  const warnings: string[] = []
  return { disk, pauses, warnings, warn: (event) => void warnings.push(event) }
}

/** The same directory through a mount of its own: no socket of another's mount answers there. */
function anotherMount(device: string): Disk {
  return {
    ...machineDisk,
    async list(directory) {
      const names = await machineDisk.list(directory)
      return names.filter((name) => !name.endsWith(".sock"))
    },
    async inspect(path) {
      const found = await machineDisk.inspect(path)
      return found && { ...found, identity: found.identity.replace(/^\d+/, device) }
    },
  }
}

/** A file system on which no socket can be bound, as seen by `rename`, which gives it its name. */
const withoutSockets: Disk = {
  ...machineDisk,
  rename: (from, to) =>
    from.endsWith(".sock")
      ? Promise.reject(Object.assign(new Error("made by a test"), { code: "EPERM" }))
      : machineDisk.rename(from, to),
}

/** Renews a lock over and over until it is stopped. */
function keepRenewing(lock: Lock): () => void {
  const timer = setInterval(() => void lock.renew(), 20)
  return () => clearInterval(timer)
}

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

test("readLock() finds no owner in what is no lock", () => {
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

test("takeLock() through another mount has a lock that nobody renews, whose owner then hears of it", async (t) => {
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

test("takeLock() loses to who writes over it last", async (t) => {
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

/** A process that is killed once it listens at a path. */
function leaveSocket(path: string): void {
  const listen = `require("node:net").createServer().listen(${JSON.stringify(path)}`
  spawnSync(process.execPath, ["--eval", `${listen}, () => process.kill(process.pid, "SIGKILL"))`])
}

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

test("takeLock() takes no other socket's silence for a proof", async (t) => {
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

test("takeLock() leaves one alone that answers, whatever the content says", async (t) => {
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
