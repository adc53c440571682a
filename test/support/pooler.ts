// PgBouncer in transaction mode before the tests' own PostgreSQL.

import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { chownSync, existsSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { freePorts } from "./proxy_programs.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

const program = "/usr/sbin/pgbouncer"
const nobody = 65_534
const root = process.getuid?.() === 0

/** Why tests of the pooler are skipped here, or false. */
export const noPooler: string | false =
  !existsSync(program) && "PgBouncer is not installed: apt-get install pgbouncer"

if (process.env["TEST_POSTGRES"] === "required") assert.equal(noPooler, false)

/** A pooler that runs. */
export interface Pooler {
  readonly port: number
  /** Ends it at once, and starts it again. */
  restart(): Promise<void>
}

/** Starts one before the server whose socket is in the directory `host`, until the test ends. */
export async function startPooler(t: TestContext, host: string): Promise<Pooler> {
  const directory = temporaryDirectory(t)
  if (root) chownSync(directory, nobody, nobody)
  const [port = 0] = await freePorts(1)
  const settings = join(directory, "pgbouncer.ini")
  writeFileSync(join(directory, "users"), '"postern" ""\n', { mode: 0o644 })
  const lines = [
    ...["[databases]", `* = host=${host} port=5432`, "[pgbouncer]", "listen_addr = 127.0.0.1"],
    ...[`listen_port = ${port}`, "unix_socket_dir =", "auth_type = trust"],
    ...[`auth_file = ${join(directory, "users")}`, "pool_mode = transaction"],
    // Fewer than the services have connections, so that they share.
    ...["default_pool_size = 3", "max_client_conn = 100"],
  ]
  writeFileSync(settings, `${lines.join("\n")}\n`, { mode: 0o644 })
  let pooler = await run(settings, port)
  t.after(() => pooler.kill("SIGKILL"))
  return {
    port,
    async restart() {
      const ended = new Promise((resolve) => pooler.once("exit", resolve))
      pooler.kill("SIGKILL")
      await ended
      pooler = await run(settings, port)
    },
  }
}

async function run(settings: string, port: number): Promise<ChildProcess> {
  const user = root ? { uid: nobody, gid: nobody } : {}
  const pooler = spawn(program, ["--quiet", settings], { ...user, stdio: "ignore" })
  for (let round = 0; round < 200; round += 1) {
    if (await accepts(port)) return pooler
    await pause(25)
  }
  throw new Error(`PgBouncer did not start: ${pooler.exitCode}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}
