// A store of 100,000 users (S-12): a write costs what it costs in a small one, a start takes a
// moment, and a snapshot lets others have their turn. With room for slow machines: bench/ measures.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { type TestContext, test } from "node:test"
import { makeSegments } from "../../../src/store/json/journal.ts"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { readSnapshot, snapshotName, writeSnapshot } from "../../../src/store/json/snapshot.ts"
import { emptyTables } from "../../../src/store/json/tables.ts"
import type { Store } from "../../../src/store/store.ts"
import { type Disk, type DiskFile, machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { numbered, sampleUser } from "../sample_user.ts"

const many = 100_000
const few = 100
const startMillisMax = 6000
const sliceBytesMax = 200_000
const writes = 60

test("a store of 100,000 users starts in seconds, and a write costs the same as among 100", async (t) => {
  const small = await openFilled(t, few)
  const large = await openFilled(t, many)
  assert.ok(large.sliceBytes < sliceBytesMax, `a slice of ${large.sliceBytes} bytes`)
  assert.ok(large.startMillis < startMillisMax, `a start of ${large.startMillis} ms`)
  assert.equal(await large.store.users.count(), many)
  // In turn, so that what else the machine does meets both.
  const times: [small: number[], large: number[]] = [[], []]
  for (let write = 0; write < writes; write += 1) {
    times[0].push(await millisOf(() => small.store.users.change("u1", numbered(write))))
    times[1].push(await millisOf(() => large.store.users.change("u1", numbered(write))))
  }
  const [ofSmall, ofLarge] = times.map(median)
  assert.ok(Number(ofLarge) < 3 * Number(ofSmall) + 1, `${ofLarge} ms, not ${ofSmall} ms`)
  t.diagnostic(
    `start ${large.startMillis} ms, write ${ofLarge} ms, slice ${large.sliceBytes} bytes`,
  )
})

test("a snapshot is read a line at a time: V8 takes no text of over half a gigabyte", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, snapshotName)
  const tables = tablesOf(10_000)
  const bytes = await writeSnapshot(path, 7, tables, machineDisk)
  const bytesOnDisk = readFileSync(path)
  const { parse } = JSON
  const sizes: number[] = []
  t.mock.method(JSON, "parse", (text: string) => {
    sizes.push(text.length)
    return parse(text)
  })
  assert.deepEqual(readSnapshot(bytesOnDisk), { sequence: 7, tables, bytes })
  assert.ok(sizes.length >= 10_000 && Math.max(...sizes) < 1000, `${Math.max(...sizes)}`)
})

interface Filled {
  readonly store: Store
  /** How long a start takes. */
  readonly startMillis: number
  /** The largest part of the snapshot that was made and written at a time. */
  readonly sliceBytes: number
}

async function openFilled(t: TestContext, users: number): Promise<Filled> {
  const directory = temporaryDirectory(t)
  await makeSegments(directory, machineDisk)
  const tables = tablesOf(users)
  const sizes: number[] = []
  await writeSnapshot(join(directory, snapshotName), 0, tables, measuringDisk(sizes))
  const startedAt = performance.now()
  const store = await openJsonStore({ directory, disk: machineDisk, warn: assert.fail })
  t.after(() => store.close())
  return { store, startMillis: performance.now() - startedAt, sliceBytes: Math.max(...sizes) }
}

/** The machine's disk, which notes how large each write is. */
function measuringDisk(sizes: number[]): Disk {
  return {
    ...machineDisk,
    async create(path) {
      const file = await machineDisk.create(path)
      const write: DiskFile["write"] = (bytes, position) => {
        sizes.push(bytes.byteLength)
        return file.write(bytes, position)
      }
      return { ...file, write }
    },
  }
}

function tablesOf(users: number): ReturnType<typeof emptyTables> {
  const tables = emptyTables()
  for (let index = 0; index < users; index += 1) {
    tables.users.set(`u${index}`, sampleUser(`u${index}`))
  }
  return tables
}

async function millisOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
