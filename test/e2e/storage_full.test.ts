// A file system that is really full (S-03): what a write had no room for is cut off again, nothing
// that was acknowledged is lost, and with room everything goes on.

import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { type Disk, type DiskFile, machineDisk } from "../../src/system/disk.ts"
import { assertUnavailable } from "../store/assert_unavailable.ts"
import { nameOf } from "../store/json/opened_store.ts"
import { names } from "../store/json/used_directory.ts"
import { sampleUser } from "../store/sample_user.ts"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { mountSmallDisk, noSmallDisk, type SmallDisk } from "../support/small_disk.ts"

/** A user whose entry has more than so many pages. */
const large = (username: string) => sampleUser(username, { claims: { text: "x".repeat(10_000) } })

test("a journal's write that a full disk cuts short leaves nothing of it", {
  skip: noSmallDisk,
}, async (t) => {
  const { disk, path, store, reopen, parts } = await openOn(t, 256)
  await store.users.create(large("alice"))
  const journal = join(path, "journal.0.jsonl")
  const before = readFileSync(journal)
  disk.fill(1)
  await assertUnavailable(store.users.create(large("bob")))
  // The disk did take some of it, before it had no more room.
  assert.ok(
    parts.some((taken) => taken > 0 && taken < 10_000),
    parts.join(),
  )
  assert.deepEqual(readFileSync(journal), before)
  assert.equal(await store.users.find("bob"), null)
  await assertUnavailable(store.users.change("alice", { removeRole: "reader" }))
  disk.clear()
  assert.equal(await store.users.create(large("bob")), "created")
  assert.deepEqual((await (await reopen()).users.list()).map(nameOf), ["alice", "bob"])
})

test("a snapshot that a full disk cuts short leaves the one before, and no other file", {
  skip: noSmallDisk,
}, async (t) => {
  const { disk, path, store, reopen, parts, warnings } = await openOn(t, 512, 20_000)
  await store.users.create(large("alice"))
  const before = readFileSync(join(path, "store.json"))
  // Room for the journal's next entries, but not for all of a snapshot.
  disk.fill(5)
  parts.length = 0
  await store.users.create(large("bob"))
  await until(() => warnings.length > 0)
  assert.match(warnings.join(), /^store\.snapshot_failed: Error: ENOSPC: no space left on device/)
  const isCutShort = (taken: number) => taken > 4000 && taken < 10_000
  assert.ok(parts.some(isCutShort), parts.join())
  assert.deepEqual(readFileSync(join(path, "store.json")), before)
  assert.deepEqual(filesOf(path), [...names, "filler", "lock.json"].sort())
  disk.clear()
  await store.users.create(large("carol"))
  await store.users.create(large("dave"))
  await until(() => statSync(join(path, "store.json")).size > 30_000)
  assert.equal(await (await reopen()).users.count(), 4)
})

test("a first start on a full disk says so, leaves no store, and works with room", {
  skip: noSmallDisk,
}, async (t) => {
  const disk = mountSmallDisk(t, 64)
  const settings = { POSTERN_DATA_DIR: disk.path, POSTERN_PORT: "0" }
  disk.fill()
  const { exitCode, stderr } = await runPostern(["init"], settings)
  assert.equal(exitCode, 69, stderr)
  assert.match(stderr, /can't be used: ENOSPC: no space left .*\nhint: The disk is full, .*\n$/)
  assert.deepEqual(
    filesOf(disk.path).filter(
      (name) => name !== "filler" && statSync(join(disk.path, name)).size > 0,
    ),
    [],
  )
  disk.clear()
  const again = await runPostern(["init"], settings)
  assert.deepEqual([again.exitCode, again.stderr], [0, ""])
})

test("a service on a disk that fills up answers 503, and loses nothing", {
  skip: noSmallDisk,
}, async (t) => {
  const disk = mountSmallDisk(t, 256)
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: disk.path,
    POSTERN_SEED_USERS: "alice:wonderland",
  })
  const { body: given } = await postLogin(service.url, "alice", "wonderland")
  disk.fill()
  // Until the journal's last page is full as well.
  let logins = 0
  let answer = await postLogin(service.url, "alice", "wonderland")
  for (; answer.status === 200; logins += 1)
    answer = await postLogin(service.url, "alice", "wonderland")
  const unavailable = { error: "temporarily_unavailable", msg: "The change could not be stored" }
  assert.deepEqual(answer, { status: 503, body: unavailable })
  const refused = await call(service.url, "POST", "/refresh", { token: given["refresh_token"] })
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"])
  assert.equal((await getProtected(service.url, given["access_token"])).status, 200)
  for (const path of ["/livez", "/readyz", "/.well-known/jwks.json", "/revocations"]) {
    assert.equal((await call(service.url, "GET", path)).status, 200, path)
  }
  assert.match(service.output(), /"event":"request\.unavailable"[^\n]*ENOSPC/)
  disk.clear()
  const moved = await call(service.url, "POST", "/refresh", { token: given["refresh_token"] })
  assert.equal(moved.status, 200)
  await service.stop("SIGKILL")
  const { store } = await openIn(t, disk)
  const sessions = await store.sessions.list("alice")
  assert.equal(sessions.length, logins + 1)
  assert.deepEqual(
    sessions
      .map(({ rotations }) => rotations)
      .sort()
      .reverse()[0],
    1,
  )
})

interface OpenedOn {
  readonly disk: SmallDisk
  readonly path: string
  readonly store: Store
  readonly warnings: readonly string[]
  /** How many bytes each write took. */
  readonly parts: number[]
  reopen(): Promise<Store>
}

function openOn(
  t: TestContext,
  kibibytes: number,
  bytesBetweenSnapshotsMin?: number,
): Promise<OpenedOn> {
  return openIn(t, mountSmallDisk(t, kibibytes), bytesBetweenSnapshotsMin)
}

async function openIn(
  t: TestContext,
  disk: SmallDisk,
  bytesBetweenSnapshotsMin = 4 * 1024 * 1024,
): Promise<OpenedOn> {
  const { path } = disk
  const warnings: string[] = []
  const parts: number[] = []
  const warn = (event: string, message: string) => void warnings.push(`${event}: ${message}`)
  const options = { directory: path, disk: countingDisk(parts), warn, bytesBetweenSnapshotsMin }
  let store = await openJsonStore(options)
  t.after(() => store.close())
  const first = store
  const reopen = async () => {
    await store.close()
    store = await openJsonStore(options)
    return store
  }
  return { disk, path, store: first, warnings, parts, reopen }
}

/** The machine's disk, which notes how many bytes each write took. */
function countingDisk(parts: number[]): Disk {
  const counting = async (opening: Promise<DiskFile>): Promise<DiskFile> => {
    const file = await opening
    return {
      ...file,
      async write(bytes, position) {
        const taken = await file.write(bytes, position)
        parts.push(taken)
        return taken
      },
    }
  }
  return {
    ...machineDisk,
    open: (path) => counting(machineDisk.open(path)),
    create: (path) => counting(machineDisk.create(path)),
  }
}

function filesOf(path: string): string[] {
  return readdirSync(path)
    .filter((name) => !name.endsWith(".sock"))
    .sort()
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}
