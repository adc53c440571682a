// The two files of the journal: how they change places, and what happens when that fails.

import assert from "node:assert/strict"
import { test } from "node:test"
import { systemClock } from "../../../src/clock.ts"
import { headerLength, readJournal } from "../../../src/store/json/journal_format.ts"
import { startOfTests } from "../../support/fake_clock.ts"
import type { FaultyDisk, Files, Operation } from "../../support/faulty_disk.ts"
import { numbered, sampleUser } from "../sample_user.ts"
import { type FaultyStore, openFaulty } from "./faulty_store.ts"

const small = { bytesBetweenSnapshotsMin: 500 }
const alice = sampleUser("alice")

const isHeader = (one: Operation) =>
  one.kind === "write" && one.name.endsWith(".jsonl") && one.position === 0
const isSnapshot = ({ name }: Operation) => name.startsWith(".store.json")

test("a new journal writes into its first file", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(alice)
  assert.deepEqual(shape(disk), {
    "journal.0.jsonl": "after 0: 1",
    "journal.1.jsonl": "after 0: -",
  })
})

test("a journal that has grown changes places and a snapshot is taken", async (t) => {
  const { store, disk, reopen } = await openFaulty(t, small)
  await store.users.create(alice)
  await store.users.create(sampleUser("bob"))
  await store.users.create(sampleUser("carol"))
  await store.close()
  assert.deepEqual(shape(disk), {
    "journal.0.jsonl": "after 0: 1,2",
    "journal.1.jsonl": "after 2: 3",
  })
  assert.equal(snapshotSequence(disk), 2)
  assert.equal((await (await reopen()).users.list()).length, 3)
})

test("the entries of the last snapshot are kept until the next", async (t) => {
  const { disk } = await grown(t)
  const [kept, current] = ["journal.0.jsonl", "journal.1.jsonl"].map((name) => reading(disk, name))
  const numbers = [...(kept?.entries ?? []), ...(current?.entries ?? [])].map((one) => one.sequence)
  const least = Math.min(...numbers)
  assert.equal(Math.max(...numbers) - least + 1, numbers.length)
  assert.ok(least < snapshotSequence(disk), `${least}, ${snapshotSequence(disk)}`)
})

test("the journal goes on growing while no snapshot can be taken", async (t) => {
  const { store, disk, warnings, reopen } = await openFaulty(t, small)
  disk.fail((one) => (isSnapshot(one) ? { code: "ENOSPC" } : null))
  await change(store, 20)
  assert.ok(warnings.length >= 2, `${warnings.length} warnings`)
  assert.deepEqual(new Set(warnings), new Set(["store.snapshot_failed"]))
  assert.equal(snapshotSequence(disk), 0)
  assert.equal(entryCount(disk), 20)
  disk.fail()
  let changes = 20
  for (; entryCount(disk) === changes && changes < 2000; changes += 1) await change(store, 1)
  assert.ok(entryCount(disk) < changes, "the files changed places again")
  await change(store, 20)
  await store.close()
  assert.ok(snapshotSequence(disk) > 20)
  assert.equal((await (await reopen()).users.find("alice"))?.claims["number"], 19)
})

test("a start without its last snapshot keeps the entries that it would have had", async (t) => {
  const { store, disk, reopen } = await openFaulty(t, small)
  disk.fail((one) => (isSnapshot(one) ? { code: "ENOSPC" } : null))
  await change(store, 8)
  const again = await reopen()
  await change(again, 20)
  assert.equal(snapshotSequence(disk), 0)
  assert.equal(entryCount(disk), 28)
  assert.equal((await (await reopen()).users.find("alice"))?.claims["number"], 19)
})

test("a snapshot that fails leaves nothing behind but the one before", async (t) => {
  const { store, disk } = await openFaulty(t, small)
  const before = disk.files.get("store.json")
  disk.fail((one) => (one.kind === "rename" && isSnapshot(one) ? { code: "EIO" } : null))
  await change(store, 8)
  await store.close()
  assert.deepEqual(disk.files.get("store.json"), before)
  assert.deepEqual([...disk.files.keys()].sort(), [
    "journal.0.jsonl",
    "journal.1.jsonl",
    "store.json",
  ])
})

for (const [name, fails] of [
  ["the header can't be written", isHeader],
  ["the old entries can't be cut off", (one: Operation) => one.kind === "truncate"],
] as const) {
  test(`the current file goes on when the places can't be changed: ${name}`, async (t) => {
    const { store, disk, reopen } = await openFaulty(t, small)
    await change(store, 8)
    disk.fail((one) => (fails(one) ? { code: "EIO", taken: 57 } : null))
    await change(store, 20)
    disk.fail()
    await change(store, 3)
    const again = await reopen()
    assert.equal((await again.users.find("alice"))?.claims["number"], 2)
    await change(again, 20)
    assert.equal((await (await reopen()).users.find("alice"))?.claims["number"], 19)
  })
}

test("a store keeps its records over many starts and swaps of its journal files", async (t) => {
  const { store, disk, warnings, reopen } = await openFaulty(t, small)
  let current = store
  for (let start = 1; start <= 12; start += 1) {
    await change(current, start)
    current = await reopen()
    assert.equal((await current.users.find("alice"))?.claims["number"], start - 1, `start ${start}`)
  }
  assert.ok(disk.operations.filter(isHeader).length > 8)
  assert.deepEqual(warnings, [])
})

test("a bit flipped in a first line stops the start or leaves the history intact", async (t) => {
  const { disk } = await grown(t)
  const fresh = await openFaulty(t)
  await change(fresh.store, 9)
  const states: readonly Files[] = [disk.files, fresh.disk.files, justChanged(disk)]
  const digitsAt = headerLength - 19
  let stopped = 0
  let intact = 0
  for (const files of states) {
    const expected = await listOf(t, files)
    for (const name of ["journal.0.jsonl", "journal.1.jsonl"]) {
      for (let at = digitsAt; at < headerLength; at += 1) {
        for (let bit = 0; bit < 8; bit += 1) {
          const flipped = Buffer.from(files.get(name) ?? "")
          flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at)
          // Any other first line is none (journal_format.test.ts).
          if (!/"after":"\d{16}"/.test(flipped.subarray(0, headerLength).toString())) continue
          const found = await listOf(t, new Map(files).set(name, flipped))
          if (found === null) stopped += 1
          else intact += 1
          assert.deepEqual(found ?? expected, expected, `bit ${bit} of byte ${at} of ${name}`)
        }
      }
    }
  }
  assert.ok(stopped > 0 && intact > 0, `${stopped} stopped, ${intact} intact`)
})

/** The users there are, also after one more write and start; null when the start was refused. */
async function listOf(t: Parameters<typeof openFaulty>[0], files: Files): Promise<unknown> {
  let opened: FaultyStore
  try {
    opened = await openFaulty(t, { files })
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "OperatorError", `${error}`)
    return null
  }
  const { store, reopen } = opened
  const found = await store.users.list()
  await store.users.create(sampleUser("later"))
  const again = await reopen()
  assert.deepEqual(
    (await again.users.list()).filter(({ username }) => username !== "later"),
    found,
  )
  await again.close()
  return found
}

/** A store of one user whose journal has changed places several times. */
async function grown(t: Parameters<typeof openFaulty>[0]): Promise<FaultyStore> {
  const opened = await openFaulty(t, small)
  await change(opened.store, 20)
  await opened.store.close()
  return opened
}

/** The same files as if the last change of places had just been made. */
function justChanged({ files }: FaultyDisk): Files {
  const newer = ["journal.0.jsonl", "journal.1.jsonl"].reduce((one, other) =>
    readJournal(files.get(one) ?? Buffer.alloc(0)).after >
    readJournal(files.get(other) ?? Buffer.alloc(0)).after
      ? one
      : other,
  )
  const bytes = files.get(newer) ?? Buffer.alloc(0)
  return new Map(files).set(newer, bytes.subarray(0, headerLength))
}

async function change(store: FaultyStore["store"], times: number): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    const changed = await store.users.change("alice", numbered(index))
    const claims = { number: index }
    if (changed === "unknown") await store.users.create(sampleUser("alice", { claims }))
  }
}

function reading(disk: FaultyDisk, name: string): ReturnType<typeof readJournal> {
  return readJournal(disk.files.get(name) ?? Buffer.alloc(0))
}

function shape(disk: FaultyDisk): Record<string, string> {
  const names = ["journal.0.jsonl", "journal.1.jsonl"]
  return Object.fromEntries(
    names.map((name) => {
      const { after, entries } = reading(disk, name)
      return [name, `after ${after}: ${entries.map(({ sequence }) => sequence).join() || "-"}`]
    }),
  )
}

function entryCount(disk: FaultyDisk): number {
  const names = ["journal.0.jsonl", "journal.1.jsonl"]
  return names.reduce((sum, name) => sum + reading(disk, name).entries.length, 0)
}

function snapshotSequence(disk: FaultyDisk): number {
  return JSON.parse(disk.files.get("store.json")?.toString() ?? "").sequence
}

test("figures() has the sizes, the writes and the failures of journal and snapshot", async (t) => {
  const { store, disk, reopen } = await openFaulty(t, small)
  const opened = store.figures()
  const bytesOf = (name: string) => disk.files.get(name)?.byteLength ?? 0
  const journalBytes = () => bytesOf("journal.0.jsonl") + bytesOf("journal.1.jsonl")
  const snapshot = { bytes: bytesOf("store.json"), writtenAt: startOfTests, seconds: null }
  assert.deepEqual(opened.journal, {
    ...{ bytes: 2 * headerLength, entriesSinceSnapshot: 0 },
    snapshot: { ...snapshot, failures: 0 },
  })
  assert.deepEqual([opened.changes, opened.database], [{ done: 0, failed: 0 }, null])
  await store.users.create(alice)
  assert.equal(store.figures().journal?.entriesSinceSnapshot, 1)
  assert.equal(store.figures().journal?.bytes, journalBytes())
  disk.fail((one) => (isSnapshot(one) ? { code: "ENOSPC" } : null))
  await change(store, 8)
  const failing = store.figures().journal
  assert.ok((failing?.snapshot.failures ?? 0) >= 1)
  assert.deepEqual(failing?.snapshot.seconds, null)
  disk.fail(() => ({ code: "ENOSPC" }))
  await Promise.allSettled([1, 2, 3].map((number) => store.users.create(sampleUser(`x${number}`))))
  assert.deepEqual(store.figures().changes, { done: 9, failed: 3 })
  disk.fail()
  await change(store, 20)
  await store.close()
  const { journal, changes, writes } = store.figures()
  assert.deepEqual([changes, sum(writes.counts)], [{ done: 29, failed: 3 }, 29])
  assert.ok(writes.sumSeconds > 0)
  assert.equal(journal?.snapshot.bytes, bytesOf("store.json"))
  assert.ok((journal?.snapshot.seconds ?? 0) > 0)
  assert.ok(Math.abs((journal?.snapshot.writtenAt ?? 0) - systemClock.now()) < 60)
  assert.equal(journal?.entriesSinceSnapshot, 29 - snapshotSequence(disk))
  const again = (await reopen()).figures()
  assert.equal(again.journal?.entriesSinceSnapshot, 29 - snapshotSequence(disk))
  assert.equal(again.journal?.bytes, journalBytes())
})

test("figures() counts writers that share a sync as one write", async (t) => {
  const { store } = await openFaulty(t)
  await Promise.all([1, 2, 3].map((number) => store.users.create(sampleUser(`x${number}`))))
  const { writes, changes } = store.figures()
  assert.deepEqual([sum(writes.counts), changes], [1, { done: 3, failed: 0 }])
})

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}
