// A PostgreSQL of the benchmark's own: a new cluster in a temporary directory, without a port, with
// the settings that a cluster has by default. It runs on the servers' cores and ends with this
// process. Root starts it as another user, since PostgreSQL refuses to run as root.

import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { Client } from "pg"
import { processorMicros } from "./process_gauge.ts"
import type { Pinning } from "./running_server.ts"

/** A cluster that runs. */
export interface PostgresCluster {
  /** Such as `PostgreSQL 15.18`. */
  readonly version: string
  /** The directory of its socket: what a client takes for a host. */
  readonly host: string
  /** Runs a statement as the owner of everything. */
  run(database: string, text: string, values?: readonly unknown[]): Promise<void>
  /** Microseconds of processor time that all its processes have used. */
  processorMicros(): number
  stop(): Promise<void>
}

/** Where Debian and its kin install servers, a directory a version. */
const versionsDirectory = "/usr/lib/postgresql"

/** What is missing where `findPostgres` finds nothing. */
export const postgresMissing =
  "PostgreSQL is not installed: apt-get install postgresql, or set POSTGRES_BIN to the directory of initdb"

/** The owner of the cluster and of all databases. */
export const postgresUser = "postern"

const nobody = 65_534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: nobody, gid: nobody } : {}
const startMillisMax = 20_000
const pollMillis = 50
/** The kernel's unit in /proc/PID/stat. */
const microsPerTick = 10_000

/** The directory of the server's programs, the newest version's; null where there is none. */
export function findPostgres(): string | null {
  const told = process.env["POSTGRES_BIN"]
  const versions = existsSync(versionsDirectory) ? readdirSync(versionsDirectory) : []
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one))
  const places = [
    ...(told === undefined ? [] : [told]),
    ...newestFirst.map((version) => join(versionsDirectory, version, "bin")),
  ]
  return places.find((place) => existsSync(join(place, "initdb"))) ?? null
}

/**
 * Starts a cluster.
 * @throws Error when PostgreSQL is not installed, or does not start
 */
export async function startPostgres(pinning: Pinning | null): Promise<PostgresCluster> {
  const programs = findPostgres()
  if (programs === null) throw new Error(postgresMissing)
  const host = mkdtempSync(join(tmpdir(), "postern-bench-pg-"))
  const data = join(host, "data")
  const remove = () => rmSync(host, { recursive: true, force: true, maxRetries: 5 })
  if (isRoot) chownSync(host, nobody, nobody)
  makeCluster(programs, { host, data })
  const words = [join(programs, "postgres"), "-D", data, "-k", host, "-c", "listen_addresses="]
  const [program = "", ...rest] =
    pinning === null ? words : ["taskset", "-c", pinning.servers, ...words]
  const server = spawn(program, rest, { ...identity, cwd: host, stdio: "ignore" })
  const end = () => {
    server.kill("SIGKILL")
    remove()
  }
  process.once("exit", end)
  const run: PostgresCluster["run"] = (database, text, values) =>
    runOnce({ host, database }, text, values)
  await untilReady(server, () => run("postgres", "select 1"))
  const [, version = ""] = /\(PostgreSQL\) ([\d.]+)/.exec(textOf(programs)) ?? []
  return {
    ...{ version: `PostgreSQL ${version}`, host, run },
    processorMicros: () => clusterMicros(server.pid ?? 0),
    async stop() {
      const closed = once(server, "close")
      // Ends the clients' connections, and the cluster in order.
      server.kill("SIGINT")
      await closed
      process.off("exit", end)
      remove()
    },
  }
}

function makeCluster(programs: string, { host, data }: { host: string; data: string }): void {
  const { status, stderr } = spawnSync(
    join(programs, "initdb"),
    ["-D", data, "-U", postgresUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...identity, cwd: host, encoding: "utf8" },
  )
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
}

function textOf(programs: string): string {
  return spawnSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" }).stdout
}

async function untilReady(server: ChildProcess, ask: () => Promise<void>): Promise<void> {
  const end = performance.now() + startMillisMax
  while (performance.now() < end && server.exitCode === null) {
    try {
      await ask()
      return
    } catch {
      await wait(pollMillis)
    }
  }
  throw new Error("PostgreSQL did not start")
}

async function runOnce(
  { host, database }: { readonly host: string; readonly database: string },
  text: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const client = new Client({ host, database, user: postgresUser })
  client.on("error", () => {})
  await client.connect()
  try {
    await client.query(text, [...values])
  } finally {
    await client.end()
  }
}

/** The server, its children, and those of its children that have ended. NaN outside Linux. */
function clusterMicros(server: number): number {
  let sum = processorMicros(server)
  if (Number.isNaN(sum)) return sum
  for (const name of readdirSync("/proc")) {
    const pid = Number(name)
    const fields = Number.isInteger(pid) ? statOf(pid) : null
    if (fields === null) continue
    // proc(5), whose fields 1 and 2 are gone: 4 is the parent, 16 and 17 are of ended children.
    // One that ends just now is among these.
    if (Number(fields[1]) === server) sum += processorMicros(pid) || 0
    if (pid === server) sum += (Number(fields[13]) + Number(fields[14])) * microsPerTick
  }
  return sum
}

/** The fields of /proc/PID/stat after the program's name; null when the process has ended. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1")
    return text.slice(text.lastIndexOf(")") + 2).split(" ")
  } catch {
    return null
  }
}
