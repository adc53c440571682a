// A program of its own: opens the store of the directory given, writes to it alone, then a hundred at
// a time, then writes a snapshot as the store does, and prints what it measured as JSON.

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { openJsonStore } from "../src/store/json/open_json_store.ts"
import { readSnapshot, snapshotName, writeSnapshot } from "../src/store/json/snapshot.ts"
import type { Store } from "../src/store/store.ts"
import { machineDisk } from "../src/system/disk.ts"
import { percentile, spreadOf } from "./statistics.ts"

const [directory = "", userCountText = ""] = process.argv.slice(2)
const userCount = Number(userCountText)
const aloneMillis = 1500
const together = 100
const togetherMillis = 1500
const snapshots = 3
let written = 0

/** A change of a user's claims: the size of a usual write. */
async function write(store: Store): Promise<void> {
  written += 1
  const username = `user${(written * 7919) % userCount}`
  const changed = await store.users.change(username, {
    setClaim: { name: "written", value: written },
  })
  if (typeof changed === "string") throw new Error(`'${username}' is not there`)
}

async function writeAlone(store: Store): Promise<readonly number[]> {
  const times: number[] = []
  const endsAt = performance.now() + aloneMillis
  while (performance.now() < endsAt) {
    const startedAt = performance.now()
    await write(store)
    times.push(performance.now() - startedAt)
  }
  return times
}

async function writeTogether(store: Store, millis: number): Promise<number> {
  const startedAt = performance.now()
  const before = written
  const keepWriting = async () => {
    while (performance.now() - startedAt < millis) await write(store)
  }
  await Promise.all(Array.from({ length: together }, keepWriting))
  return ((written - before) * 1000) / (performance.now() - startedAt)
}

/** The longest time for which nothing else had its turn, during some work. */
async function longestStall(work: Promise<unknown>): Promise<number> {
  let isOver = false
  const end = work.finally(() => {
    isOver = true
  })
  let longest = 0
  let last = performance.now()
  while (!isOver) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  await end
  return longest
}

/** How long the loop stands still while the snapshot is written, in the middle of some times. */
async function stallOfSnapshot(): Promise<number> {
  const snapshot = readSnapshot(readFileSync(join(directory, snapshotName)))
  const copy = join(directory, "copy.json")
  const stalls: number[] = []
  for (let taken = 0; taken < snapshots; taken += 1) {
    await wait(100)
    stalls.push(await longestStall(writeSnapshot(copy, 0, snapshot.tables, machineDisk)))
  }
  return spreadOf(stalls).median
}

function warn(event: string, message: string): void {
  process.stderr.write(`${event}: ${message}\n`)
}

const openedAt = performance.now()
const store = await openJsonStore({ directory, disk: machineDisk, warn })
const open = performance.now() - openedAt
const resident = process.memoryUsage.rss() / 2 ** 20
for (let warmUps = 0; warmUps < 50; warmUps += 1) await write(store)
const times = await writeAlone(store)
const perSecond = await writeTogether(store, togetherMillis)
await store.close()
const stall = await stallOfSnapshot()
const p50 = percentile(times, 50)
const p99 = percentile(times, 99)
process.stdout.write(`${JSON.stringify({ open, resident, p50, p99, perSecond, stall })}\n`)
