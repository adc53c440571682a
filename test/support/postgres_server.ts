// A PostgreSQL of the tests' own: a new cluster in a temporary directory, without a port, ended
// with the test file. It runs as an ordinary user, since PostgreSQL refuses to run as root.

import assert from "node:assert/strict"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { Client } from "pg"

/** Why tests of PostgreSQL are skipped here, or false. */
export const noPostgres: string | false =
  findBinaries() === null && "PostgreSQL is not installed: apt-get install postgresql"
// A gate that installs PostgreSQL may not pass without these tests.
if (process.env["TEST_POSTGRES"] === "required") assert.equal(noPostgres, false)

/** A running cluster. */
export interface PostgresServer {
  /** The directory of its socket: what a client takes for a host. */
  readonly host: string
  /** Ends it at once, as a crash would, and starts it again. */
  restart(): Promise<void>
  /** Ends it before the test file does. */
  stop(): Promise<void>
}

const nobody = 65_534
const root = process.getuid?.() === 0
/** Where the files of the first cluster are, once it is made: a copy takes a tenth of the time. */
let firstCluster: string | null = null
const user = root ? { uid: nobody, gid: nobody } : {}

/** A cluster for the tests of this file, or why they are skipped. */
export async function postgresForTests(): Promise<{
  readonly skip: string | false
  readonly server: PostgresServer | null
  /** That of the server; empty without one. */
  readonly host: string
}> {
  const server = noPostgres === false ? await startPostgres() : null
  return { skip: noPostgres, server, host: server?.host ?? "" }
}

/**
 * Starts a cluster, until the test file ends. Its files are in a directory of its own; `disk` is
 * another one for all of them, and `logDirectory` one for those of the write-ahead log.
 */
export async function startPostgres({
  disk,
  logDirectory,
}: {
  readonly disk?: string
  readonly logDirectory?: string
} = {}): Promise<PostgresServer> {
  const binaries = findBinaries() ?? assert.fail("PostgreSQL is not installed")
  const host = disk ?? mkdtempSync(join(tmpdir(), "postern-pg-"))
  const directories = [host, ...(logDirectory === undefined ? [] : [logDirectory])]
  if (root) for (const one of directories) chownSync(one, nobody, nobody)
  makeCluster(binaries, host, logDirectory)
  let server = await run(binaries, host)
  const end = () => {
    server.kill("SIGKILL")
    if (disk === undefined) rmSync(host, { recursive: true, force: true, maxRetries: 5 })
  }
  // Also when the process ends before its tests do.
  process.once("exit", end)
  after(async () => {
    await stop(server, "SIGQUIT")
    end()
    process.off("exit", end)
  })
  return {
    host,
    stop: () => stop(server, "SIGQUIT"),
    async restart() {
      await stop(server, "SIGQUIT")
      server = await run(binaries, host)
    },
  }
}

/** Makes the files of a cluster: copies of those of a first one, except with a log elsewhere. */
function makeCluster(binaries: string, host: string, logDirectory?: string): void {
  const data = join(host, "data")
  if (logDirectory !== undefined) {
    initialize(binaries, data, ["-X", join(logDirectory, "log")])
    return
  }
  if (firstCluster === null) {
    firstCluster = mkdtempSync(join(tmpdir(), "postern-pg-first-"))
    const made = firstCluster
    process.once("exit", () => rmSync(made, { recursive: true, force: true }))
    if (root) chownSync(made, nobody, nobody)
    initialize(binaries, join(made, "data"))
  }
  const copied = spawnSync("cp", ["-R", join(firstCluster, "data"), data], { ...user, cwd: host })
  assert.equal(copied.status, 0, String(copied.stderr))
}

function initialize(binaries: string, data: string, places: readonly string[] = []): void {
  const words = ["-U", "postern", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
  // Small segments, so that a small disk has room for some.
  const made = spawnSync(
    join(binaries, "initdb"),
    ["-D", data, ...places, "--wal-segsize=1", ...words],
    { ...user, cwd: join(data, ".."), encoding: "utf8" },
  )
  assert.equal(made.status, 0, made.stderr)
}

async function run(binaries: string, host: string): Promise<ChildProcess> {
  const settings = ["listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=32MB"]
  const said = join(host, "server.log")
  const start = () => {
    const output = openSync(said, "a")
    const server = spawn(
      join(binaries, "postgres"),
      ["-D", join(host, "data"), "-k", host, ...settings.flatMap((one) => ["-c", one])],
      { ...user, cwd: host, stdio: ["ignore", output, output] },
    )
    closeSync(output)
    return server
  }
  let server = start()
  for (let round = 0; round < 200; round += 1) {
    if (await answers(host)) return server
    await pause(50)
    // What a killed one has left behind may go on for a moment.
    if (server.exitCode !== null) server = start()
  }
  return assert.fail(`PostgreSQL did not start: ${readFileSync(said, "utf8").slice(-2000)}`)
}

async function answers(host: string): Promise<boolean> {
  const client = new Client({ host, user: "postern", database: "postgres" })
  client.on("error", () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function stop(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once("exit", resolve))
  server.kill(signal)
  await ended
}

function findBinaries(): string | null {
  const versions = "/usr/lib/postgresql"
  if (!existsSync(versions)) return null
  const found = readdirSync(versions).map((version) => join(versions, version, "bin"))
  return found.find((bin) => existsSync(join(bin, "postgres"))) ?? null
}
