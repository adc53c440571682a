// The JSON store with more and more users: what a write takes, how many there are a second, how long
// opening takes, and how long the event loop stands still while a snapshot is written.

import { cpSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { makeSegments } from "../src/store/json/journal.ts"
import { snapshotName, writeSnapshot } from "../src/store/json/snapshot.ts"
import { emptyTables } from "../src/store/json/tables.ts"
import { machineDisk } from "../src/system/disk.ts"
import type { BenchRun } from "./bench_run.ts"
import { hashPassword, storedUser } from "./fixture.ts"
import { benchDirectory } from "./places.ts"
import { orderOfRound } from "./rotation.ts"
import { outputOf } from "./running_server.ts"
import { scenarioTitles } from "./scenario_names.ts"
import { type Sample, type Summary, summarize } from "./summary.ts"

const sizes = [100, 10_000, 100_000, 1_000_000]
const roundsMax = 2
const program = fileURLToPath(new URL("../build/store_writer.mjs", import.meta.url))

/** Measures the store. */
export async function measureStore(run: BenchRun): Promise<Summary> {
  const rounds = Math.min(run.options.rounds, roundsMax)
  const samples: Sample[] = []
  const placeOf = (size: number) => join(run.fixture.directory, `store-${size}`)
  for (const size of sizes) {
    await makeStore(placeOf(size), size)
    run.say(`made: ${nameOf(size)}`)
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const size of orderOfRound(sizes, round)) {
      // Each time as it was: what was written last time would be read again.
      const copy = `${placeOf(size)}-copy`
      cpSync(placeOf(size), copy, { recursive: true })
      const numbers = await writeTo(run, copy, size)
      rmSync(copy, { recursive: true })
      samples.push({ server: nameOf(size), round, numbers })
      run.say(`round ${round + 1} of ${rounds}: ${nameOf(size)}`)
    }
  }
  return summarize(
    samples,
    {
      ...{ name: "store", title: scenarioTitles.store, floor: nameOf(sizes[0] ?? 0) },
      ...{ control: null, ratioOf: "p50", lessIsBetter: true },
      columns: [
        { key: "p50", head: "write p50 ms", digits: 2 },
        { key: "p99", head: "write p99 ms", digits: 2 },
        { key: "perSecond", head: "writes/s, 100 writers", digits: 0 },
        { key: "open", head: "open ms", digits: 0 },
        { key: "resident", head: "resident MiB", digits: 0 },
        { key: "stall", head: "longest stall in a snapshot, ms", digits: 1 },
      ],
      notes: [
        "A write changes a user's claims and is on disk when it counts. The ratio is of its median to that with 100 users. Opening includes checking every record.",
      ],
    },
    sizes.map(nameOf),
  )
}

function nameOf(size: number): string {
  return `${size.toLocaleString("en")} users`
}

async function makeStore(directory: string, size: number): Promise<void> {
  mkdirSync(directory, { mode: 0o700 })
  const passwordHash = await hashPassword()
  const tables = emptyTables()
  for (let number = 0; number < size; number += 1) {
    tables.users.set(`user${number}`, storedUser(`user${number}`, passwordHash))
  }
  await makeSegments(directory, machineDisk)
  await writeSnapshot(join(directory, snapshotName), 0, tables, machineDisk)
}

async function writeTo(
  { pinning }: BenchRun,
  directory: string,
  size: number,
): Promise<Sample["numbers"]> {
  const text = await outputOf(
    {
      command: [process.execPath, program, directory, String(size)],
      environment: { PATH: process.env["PATH"] ?? "" },
      workingDirectory: benchDirectory,
    },
    pinning,
  )
  return JSON.parse(text)
}
