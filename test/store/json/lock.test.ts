import assert from "node:assert/strict"
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { OperatorError } from "../../../src/errors.ts"
import { takeLock } from "../../../src/store/json/lock.ts"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { fileHint } from "../../../src/system/failure.ts"
import { socketPathBytesMax } from "../../../src/system/unix_socket.ts"
import { shortDirectoryFarAway } from "../../support/far_directory.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { sampleUser } from "../sample_user.ts"

/** The longest path of a directory whose lock's first name is a path for a socket. */
const longestOwn = socketPathBytesMax - "/.lock-0123456789012345678901.sock".length

const options = { disk: machineDisk, warn: assert.fail }

const owned = (directory: string) => ({
  name: "OperatorError",
  message: `Another process is using the data directory '${directory}'`,
  hint: "Stop it first. User commands reach a running service by themselves.",
  exitCode: 75,
})

test("takeLock() holds a directory until it is given back, and leaves no name", async (t) => {
  const directory = temporaryDirectory(t)
  const lock = await takeLock(directory, options)
  const [socket = "", file, ...more] = readdirSync(directory).sort()
  assert.equal(file, "lock.json")
  assert.match(socket, /^lock-[\w-]{22}\.sock$/)
  assert.deepEqual(more, [])
  assert.equal(lstatSync(join(directory, "lock.json")).mode & 0o777, 0o600)
  assert.equal(lstatSync(join(directory, socket)).mode & 0o777, 0o600)
  await lock.release()
  assert.deepEqual(readdirSync(directory), [])
  await (await takeLock(directory, options)).release()
})

test("takeLock() waits for one that is about to be given back", async (t) => {
  const directory = temporaryDirectory(t)
  const lock = await takeLock(directory, options)
  const second = takeLock(directory, options)
  await lock.release()
  await (await second).release()
})

test("takeLock() by eight at once gives it to one after the other", async (t) => {
  const directory = temporaryDirectory(t)
  let owners = 0
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, async () => {
      try {
        const lock = await takeLock(directory, options)
        owners += 1
        assert.equal(owners, 1)
        await machineDisk.list(directory)
        owners -= 1
        await lock.release()
        return "owned"
      } catch (error) {
        assert.ok(error instanceof OperatorError && error.exitCode === 75, `${error}`)
        return "refused"
      }
    }),
  )
  assert.ok(outcomes.includes("owned"))
  assert.deepEqual(readdirSync(directory), [])
})

test("takeLock() respects an owner that never answers", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, `lock-${"A".repeat(22)}.sock`)
  await listenMutely(t, path)
  await assert.rejects(takeLock(directory, options), owned(directory))
  assert.deepEqual(readdirSync(directory), [`lock-${"A".repeat(22)}.sock`])
})

test("takeLock() removes leftovers with names of its sockets, and no other file", async (t) => {
  const directory = temporaryDirectory(t)
  const left = [
    `lock-${"A".repeat(22)}.sock`,
    `.lock-${"B".repeat(22)}.sock`,
    `.ctrl-${"D".repeat(22)}.sock`,
  ]
  const kept = ["control.sock", "lock-.sock", `lock-${"C".repeat(21)}.sock`, "store.json"]
  for (const name of [...left, ...kept]) writeFileSync(join(directory, name), "")
  const lock = await takeLock(directory, options)
  const isOwn = (name: string) => name === "lock.json" || /^lock-[\w-]{22}\.sock$/.test(name)
  const names = readdirSync(directory).filter((name) => !isOwn(name))
  assert.deepEqual(names.sort(), kept.sort())
  await lock.release()
})

test("takeLock() tries again when its unnamed socket was tidied away", async (t) => {
  const directory = temporaryDirectory(t)
  let tidied = 0
  const disk = {
    ...machineDisk,
    async rename(from: string, to: string) {
      if (tidied++ === 0) await machineDisk.remove(from)
      await machineDisk.rename(from, to)
    },
  }
  await (await takeLock(directory, { ...options, disk })).release()
  assert.equal(tidied, 2)
})

for (const step of ["list", "remove", "create"] as const) {
  test(`takeLock() passes on what else goes wrong, and leaves no socket: ${step}`, async (t) => {
    const directory = temporaryDirectory(t)
    const left = `lock-${"A".repeat(22)}.sock`
    writeFileSync(join(directory, left), "")
    const failure = Object.assign(new Error("made by a test"), { code: "EIO" })
    const fails = (path: string) => step !== "remove" || path.endsWith(left)
    const disk = {
      ...machineDisk,
      [step]: (path: string) => (fails(path) ? Promise.reject(failure) : machineDisk.remove(path)),
    }
    await assert.rejects(takeLock(directory, { ...options, disk }), failure)
    assert.deepEqual(readdirSync(directory), [left])
  })
}

test("takeLock() says what it needs where nothing can be written", async (t) => {
  const directory = temporaryDirectory(t)
  for (const code of ["EACCES", "EPERM", "EROFS"]) {
    const failure = Object.assign(new Error("made by a test"), { code })
    const refuse = () => Promise.reject(failure)
    const disk = { ...machineDisk, create: refuse, rename: refuse }
    await assert.rejects(takeLock(directory, { ...options, disk }), {
      name: "OperatorError",
      message: `The data directory can't be written: '${join(directory, "lock.json")}' (${code})`,
      hint: fileHint(failure, "POSTERN_DATA_DIR"),
      exitCode: 69,
    })
    assert.deepEqual(readdirSync(directory), [])
  }
})

test("takeLock() never takes a path too long for a lock that works", async (t) => {
  const parent = shortDirectoryFarAway(t)
  for (let length = longestOwn - 7; length <= longestOwn + 11; length += 1) {
    const directory = join(parent, "d".repeat(length - parent.length - 1))
    mkdirSync(directory)
    const lock = await takeLock(directory, options).catch((error) => {
      assert.match(error.message, /^The path of a Unix socket is too long: /)
      assert.equal(error.exitCode, 78)
      assert.ok(length > longestOwn, `${length}`)
    })
    if (!lock) continue
    assert.ok(length <= longestOwn, `${length}`)
    await lock.release()
  }
})

test("openJsonStore() is refused while another has the directory, which stays usable", async (t) => {
  // As long as it can be: the lock's own name must be within reach.
  const parent = shortDirectoryFarAway(t)
  const directory = join(parent, "d".repeat(longestOwn - parent.length - 1))
  const options = { directory, disk: machineDisk, warn: assert.fail }
  const store = await openJsonStore(options)
  await assert.rejects(openJsonStore(options), owned(directory))
  assert.equal(await store.users.create(sampleUser("alice")), "created")
  await store.close()
  const again = await openJsonStore(options)
  assert.equal(await again.users.count(), 1)
  await again.close()
})

async function listenMutely(t: TestContext, path: string): Promise<Server> {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  return server
}
