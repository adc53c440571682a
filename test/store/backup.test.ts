// Backups of data directories and what is restored of them: everything or nothing.

import assert from "node:assert/strict"
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { checkBackup, restoreBackup } from "../../src/store/backup.ts"
import type { BackupOrigin, Content } from "../../src/store/copying.ts"
import { encodeBackup } from "../../src/store/json/backup_format.ts"
import { copyFromDirectory } from "../../src/store/json/copied_store.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { lastBackupName } from "../../src/store/last_backup.ts"
import type { Store } from "../../src/store/store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { directoryOf, files, newDirectory, refused, warn } from "./copied_places.ts"
import { sampleContent } from "./sample_content.ts"
import { sampleSession, start, startOptions, windowAt } from "./sample_session.ts"
import { numbered, sampleUser } from "./sample_user.ts"

const disk = machineDisk
const origin: BackupOrigin = { postern: "1.2.3", madeAt: start }
const watching = { onProgress: () => {}, isInterrupted: () => false }
const damaged = "Nothing was restored. Take another backup: this one is damaged, or was cut short."

async function chunksOf(store: Store): Promise<AsyncIterable<Uint8Array>> {
  return ((await store.backup(origin)) ?? assert.fail()).chunks
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 5000) yield bytes.subarray(at, at + 5000)
}

function sourceOf(bytes: Uint8Array) {
  return { chunks: pieces(bytes), place: "'x.json'" }
}

function restore(
  bytes: Uint8Array,
  to: Parameters<typeof restoreBackup>[0]["to"],
  options: Partial<Parameters<typeof restoreBackup>[0]> = {},
) {
  const change = async (content: Content) => content
  return restoreBackup({ from: sourceOf(bytes), to, change, warn, ...watching, ...options })
}

test("restoreBackup() gives the store that was backed up, record by record", async (t) => {
  const content = sampleContent(2345)
  const bytes = await gathered(encodeBackup(content, origin))
  const to = newDirectory(t)
  const counts = await content.count()
  assert.deepEqual(await checkBackup(sourceOf(bytes), watching), { origin, counts })
  assert.deepEqual(await restore(bytes, to), { origin, counts })
  assert.deepEqual(readdirSync(to.directory).sort(), files)
  for (const name of files) assert.equal(statSync(join(to.directory, name)).mode & 0o777, 0o600)
  assert.equal(statSync(to.directory).mode & 0o777, 0o700)
  const again = await directoryOf(t, content)
  for (const name of files) {
    const [given, restored] = [again, to].map((place) => readFileSync(join(place.directory, name)))
    assert.ok(restored?.equals(given ?? Buffer.alloc(0)), name)
  }
})

test("restoreBackup() takes records in any order, as a running service gives them", async (t) => {
  const store = await openJsonStore({ ...newDirectory(t), warn })
  t.after(() => store.close())
  for (const name of ["carol", "alice", "bob"]) await store.users.create(sampleUser(name))
  await store.users.delete("bob", windowAt())
  await store.failures.count(null, "stranger")
  await store.failures.count("carol", "device")
  await store.keys.replace(Buffer.from('{"a":"é"}\n'), { ifVersion: null })
  const bytes = await gathered(await chunksOf(store))
  const to = newDirectory(t)
  const { counts } = await restore(bytes, to)
  assert.deepEqual(
    [counts.users, counts.reservedNames, counts.failedLogins],
    [2, 1, 1],
    "failures of nobody stay behind",
  )
  const restored = await openJsonStore({ ...to, warn })
  t.after(() => restored.close())
  assert.deepEqual(await restored.users.list(), await store.users.list())
  assert.equal((await restored.keys.read())?.bytes.toString(), '{"a":"é"}\n')
  assert.equal(await restored.users.findName("bob"), "reserved")
  assert.deepEqual(await restored.failures.find("carol"), await store.failures.find("carol"))
})

test("Store.backup() is one moment, however much changes while it is read", async (t) => {
  const store = await openJsonStore({ ...newDirectory(t), warn })
  t.after(() => store.close())
  const names = Array.from({ length: 300 }, (_, at) => `user-${at}`)
  for (const name of names) await store.users.create(sampleUser(name))
  let isOver = false
  const writing = changeAll(store, names, () => isOver)
  const found = new Set<string>()
  for (let times = 0; times < 20; times += 1) {
    const document = await slowly(await chunksOf(store))
    const { users, reservedNames, sessions, endedSessions } = document
    for (const name of names) {
      const [user] = users.filter(({ username }) => username === name)
      const isReserved = reservedNames.some(({ username }) => username === name)
      assert.notEqual(user !== undefined, isReserved, `${name}: a user or a reserved name`)
      const sids = [...sessions, ...endedSessions].filter(({ sid }) => sid === `s-${name}`)
      assert.ok(sids.length <= 1, `${name}: its session goes on, or has ended`)
      assert.ok(!isReserved || sessions.every(({ username }) => username !== name))
    }
    found.add(`${users.length} ${sessions.length}`)
  }
  isOver = true
  await writing
  assert.ok(found.size > 5, `${found.size} different moments`)
})

/** Starts sessions, ends them and deletes users for as long as there are any. */
async function changeAll(store: Store, names: readonly string[], isOver: () => boolean) {
  for (const username of names) {
    if (isOver()) return
    await store.sessions.start(sampleSession(`s-${username}`, { username }), startOptions())
    await store.users.change(username, numbered(1))
    await store.users.delete(username, windowAt())
  }
}

interface Document {
  readonly [table: string]: readonly { readonly username?: string; readonly sid?: string }[]
}

/** Reads a backup and lets others work after each piece. */
async function slowly(chunks: AsyncIterable<Uint8Array>): Promise<
  Required<Document> & {
    users: Document[string]
    reservedNames: Document[string]
    sessions: Document[string]
    endedSessions: Document[string]
  }
> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) {
    all.push(chunk)
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate)
  }
  return JSON.parse(Buffer.concat(all).toString())
}

test("restoreBackup() of a damaged backup leaves nothing, wherever the damage is", async (t) => {
  const bytes = await gathered(encodeBackup(sampleContent(3), origin))
  for (const at of [0, 30, 90, 400, 1200, bytes.byteLength >> 1, bytes.byteLength - 2]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    for (const spoiled of [changed, bytes.subarray(0, at)]) {
      const to = newDirectory(t)
      const expected = refused(/^The backup 'x\.json' (can't be read: line \d+: |was )/, 65)
      await assert.rejects(restore(spoiled, to), expected, `byte ${at}`)
      assert.deepEqual(contentsOf(to.directory), [])
      await assert.rejects(checkBackup(sourceOf(spoiled), watching), expected)
    }
  }
  await assert.rejects(restore(Buffer.from("{}\n"), newDirectory(t)), { hint: damaged })
})

/** Backups of others, and what is advised. */
const others: readonly (readonly [version: number, hint: RegExp])[] = [
  [2, /^Nothing was restored\. Use the Postern that made it, or a newer one\.$/],
  [0, /^Start the build that wrote the files/],
]

for (const [version, hint] of others) {
  test(`checkBackup() of format version ${version} says who can read it`, async () => {
    const bytes = await gathered(encodeBackup(sampleContent(0), origin))
    const other = bytes.toString().replace('"version":1', `"version":${version}`)
    await assert.rejects(checkBackup(sourceOf(Buffer.from(other)), watching), (error) => {
      assert.match((error as { hint: string }).hint, hint)
      return refused(/^The backup 'x\.json' can't be read: line 1: /, 65)(error)
    })
  })
}

test("restoreBackup() refuses a directory that holds something, and leaves it", async (t) => {
  const bytes = await gathered(encodeBackup(sampleContent(1), origin))
  const to = newDirectory(t)
  await restore(bytes, to)
  const before = files.map((name) => readFileSync(join(to.directory, name)))
  await assert.rejects(restore(bytes, to), refused(/^'.*' is in use: it holds '/, 75))
  assert.deepEqual(
    files.map((name) => readFileSync(join(to.directory, name))),
    before,
  )
})

test("restoreBackup() takes what may be there already", async (t) => {
  const bytes = await gathered(encodeBackup(sampleContent(1), origin))
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, "lost+found"))
  const names = ["audit.jsonl", lastBackupName, ".store.json.AAAAAAAAAAAAAAAAAAAAAA.tmp"]
  for (const name of names) writeFileSync(join(directory, name), "text")
  chmodSync(directory, 0o700)
  await restore(bytes, { directory, disk, mayHold: ["audit.jsonl"] })
  const expected = [...files, "audit.jsonl", "lost+found", lastBackupName]
  assert.deepEqual(readdirSync(directory).sort(), expected.sort())
})

test("restoreBackup() that is interrupted leaves nothing", async (t) => {
  const bytes = await gathered(encodeBackup(sampleContent(1500), origin))
  for (const stopAt of [1, 2, 9, 15, 20]) {
    const to = newDirectory(t)
    let asked = 0
    const isInterrupted = () => {
      asked += 1
      return asked === stopAt
    }
    await assert.rejects(restore(bytes, to, { isInterrupted }), refused(/^Interrupted$/, 1))
    assert.deepEqual(contentsOf(to.directory), [])
  }
})

test("restoreBackup() on a full disk leaves nothing, and works when there is room", {
  skip: noSmallDisk,
}, async (t) => {
  const bytes = await gathered(encodeBackup(sampleContent(200), origin))
  const small = mountSmallDisk(t, 1024)
  const to = { directory: join(small.path, "data"), disk }
  mkdirSync(to.directory, { mode: 0o700 })
  for (const pages of [0, 3, 30]) {
    small.fill(pages)
    await assert.rejects(restore(bytes, to), refused(/ENOSPC/, 69))
    assert.deepEqual(contentsOf(to.directory), [])
    small.clear()
  }
  await restore(bytes, to)
  await copyFromDirectory({ ...to, warn }).read(async (found) => {
    assert.deepEqual(await found.count(), await sampleContent(200).count())
  })
})

/** What is in a directory, which need not be there. */
function contentsOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

test("a restored store goes on: its users log in, and it is backed up again", async (t) => {
  const first = newDirectory(t)
  await restore(await gathered(encodeBackup(sampleContent(5), origin)), first)
  const one = await opened(t, first)
  await one.users.create(sampleUser("late"))
  const second = newDirectory(t)
  await restore(await gathered(await chunksOf(one)), second)
  const other = await opened(t, second)
  assert.deepEqual(await other.users.list(), await one.users.list())
})

async function opened(t: TestContext, place: { directory: string; disk: typeof disk }) {
  const store = await openJsonStore({ ...place, warn })
  t.after(() => store.close())
  return store
}
