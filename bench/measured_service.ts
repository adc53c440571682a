// The service as the image runs it, bundled and in a process of its own, over a store with as many
// users as a measurement needs. It never prints what the service logs.

import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openJsonStore } from "../src/store/json/open_json_store.ts"
import type { Store } from "../src/store/store.ts"
import { machineDisk } from "../src/system/disk.ts"
import { hashPassword, storedUser } from "./fixture.ts"
import { posternBundle } from "./places.ts"
import { type Memory, memoryOf } from "./process_gauge.ts"

/** Failures after which an account is locked for strangers. */
const failuresUntilLocked = 70

/** Users by what is to become of their logins. */
export interface Users {
  readonly usual: readonly string[]
  readonly disabled: readonly string[]
  readonly locked: readonly string[]
}

/** A service that runs. */
export interface MeasuredService {
  readonly port: number
  readonly pid: number
  /** Memory of the process in MiB, where the system tells. */
  memory(): Memory
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Starts a service with these users. */
export async function startMeasuredService(users: Users): Promise<MeasuredService> {
  const directory = mkdtempSync(join(tmpdir(), "postern-bench-"))
  const data = join(directory, "data")
  mkdirSync(data, { mode: 0o700 })
  await fillStore(data, users)
  const child = spawn(process.execPath, [posternBundle, "serve"], {
    env: {
      PATH: process.env["PATH"],
      NODE_OPTIONS: process.env["SERVICE_NODE_OPTIONS"] ?? "",
      POSTERN_DATA_DIR: data,
      POSTERN_PORT: "0",
    },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const port = await portOf(child)
  const pid = child.pid ?? 0
  return {
    ...{ port, pid },
    memory: () => memoryOf(pid),
    async stop() {
      const closed = once(child, "close")
      child.kill("SIGTERM")
      await closed
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function fillStore(directory: string, users: Users): Promise<void> {
  const passwordHash = await hashPassword()
  const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
  const add = (username: string, disabled: boolean) =>
    store.users.create({ ...storedUser(username, passwordHash), disabled })
  await Promise.all([
    ...[...users.usual, ...users.locked].map((username) => add(username, false)),
    ...users.disabled.map((username) => add(username, true)),
  ])
  await Promise.all(users.locked.map((username) => lock(store, username)))
  await store.close()
}

async function lock(store: Store, username: string): Promise<void> {
  for (let failures = 0; failures < failuresUntilLocked; failures += 1) {
    await store.failures.count(username, "stranger")
  }
}

function portOf({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    let output = ""
    // Read on after that, or the service would have to wait for room.
    stdout?.on("data", (chunk) => {
      if (output.length > 10_000) return
      output += chunk
      const found = /"event":"service\.ready","url":"[^"]*:(\d+)"/.exec(output)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
}
