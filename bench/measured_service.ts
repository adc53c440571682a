// The service as the image runs it, bundled and in a process of its own, over a store with as many
// users as a measurement needs. It never prints what the service logs.

import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { hash } from "@node-rs/argon2"
import { buildSync } from "esbuild"
import { machineDisk } from "../src/disk.ts"
import { hashParametersMin } from "../src/password/phc.ts"
import { openJsonStore } from "../src/store/open_json_store.ts"
import type { Store } from "../src/store/store.ts"

const root = fileURLToPath(new URL("..", import.meta.url))

/** The password of every user. */
export const rightPassword = "korrekt-pferd-batterie"

/** Failures after which an account is locked for strangers. */
const failuresUntilLocked = 70

/** Users by what is to become of their logins. */
export interface Users {
  readonly usual: readonly string[]
  readonly disabled: readonly string[]
  readonly locked: readonly string[]
}

/** Memory of a process in MiB. */
export interface Memory {
  /** What is in memory now, the program's own file included. */
  readonly resident: number
  /** What of that can't be read anew from a file: what a container's limit is about. */
  readonly anonymous: number
  /** The most that was ever in memory. */
  readonly most: number
}

/** A service that runs. */
export interface MeasuredService {
  readonly port: number
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
  const child = spawn(process.execPath, [bundle(directory), "serve"], {
    env: {
      PATH: process.env["PATH"],
      NODE_PATH: join(root, "node_modules"),
      NODE_OPTIONS: process.env["SERVICE_NODE_OPTIONS"] ?? "",
      POSTERN_DATA_DIR: data,
      POSTERN_PORT: "0",
    },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const port = await portOf(child)
  return {
    port,
    memory: () => memoryOf(child.pid ?? 0),
    async stop() {
      const closed = once(child, "close")
      child.kill("SIGTERM")
      await closed
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function bundle(directory: string): string {
  const outfile = join(directory, "postern.cjs")
  buildSync({
    entryPoints: [join(root, "src/main.ts")],
    ...{ outfile, bundle: true, platform: "node", target: "node20", format: "cjs" },
    external: ["@node-rs/argon2"],
    logLevel: "error",
  })
  return outfile
}

/** Hashes the password as the service does. */
export function hashPassword(): Promise<string> {
  const { memoryKib: memoryCost, passes: timeCost } = hashParametersMin
  return hash(rightPassword, { memoryCost, timeCost, parallelism: 1 })
}

async function fillStore(directory: string, users: Users): Promise<void> {
  const passwordHash = await hashPassword()
  const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
  const add = (username: string, disabled: boolean) => {
    const rest = { createdAt: 0, roles: [], claims: {}, tokensNotBefore: 0 }
    return store.addUser({ username, passwordHash, disabled, ...rest })
  }
  await Promise.all([
    ...[...users.usual, ...users.locked].map((username) => add(username, false)),
    ...users.disabled.map((username) => add(username, true)),
  ])
  await Promise.all(users.locked.map((username) => lock(store, username)))
  await store.close()
}

async function lock(store: Store, username: string): Promise<void> {
  for (let failures = 0; failures < failuresUntilLocked; failures += 1) {
    await store.countFailedLogin(username, "stranger")
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

function memoryOf(pid: number): Memory {
  let status = ""
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8")
  } catch {
    // Another system than Linux.
  }
  const mebibytes = (name: string) =>
    Number(RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  const most = mebibytes("VmHWM")
  return { resident: mebibytes("VmRSS"), anonymous: mebibytes("RssAnon"), most }
}
