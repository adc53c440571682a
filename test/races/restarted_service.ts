// A service in a process of its own that is ended and started again on the same directory and port.

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { Command } from "../../src/admin/commands.ts"
import { askService } from "../../src/admin/socket.ts"
import {
  bundlePostern,
  type ProcessSettings,
  type RunningPostern,
  startPostern,
} from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

/** Puts off each write to the disk for as long, so that a crash finds many that are not there yet. */
const writeDelayMillisMax = 15
const slowDisk = `
import { open } from "node:fs/promises"
const file = await open(process.execPath)
const prototype = Object.getPrototypeOf(file)
await file.close()
const write = prototype.write
prototype.write = async function (...words) {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * ${writeDelayMillisMax}))
  return write.apply(this, words)
}
`

/** Settings of a life on a slow disk. */
export const onSlowDisk: ProcessSettings = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(slowDisk)}`,
}

/** An event as the log has it. */
export type LoggedEvent = Readonly<Record<string, string | undefined>>

/** A service with more than one life. */
export interface RestartedService {
  readonly port: number
  readonly directory: string
  /** Starts it, with further settings for this life. */
  start(settings?: ProcessSettings): Promise<void>
  /** Sends SIGKILL, or the signal told, waits for the end, and gives what this life logged. */
  end(signal?: NodeJS.Signals): Promise<readonly LoggedEvent[]>
  /** Has it run a command; null when it is not known whether it did. */
  command(command: Command): Promise<unknown>
}

/** Prepares a service; it does not run yet. */
export async function prepareService(
  t: TestContext,
  settings: ProcessSettings,
): Promise<RestartedService> {
  const directory = join(temporaryDirectory(t), "data")
  const port = await fixedPort()
  const program = bundlePostern(t)
  let running: RunningPostern | null = null
  return {
    port,
    directory,
    async start(more = {}) {
      const fixed = { POSTERN_DATA_DIR: directory, POSTERN_PORT: String(port) }
      running = await startPostern(t, { ...settings, ...more, ...fixed }, ["serve"], program)
    },
    async end(signal = "SIGKILL") {
      const { exitCode = null } = running?.process ?? {}
      assert.equal(exitCode, null, `The service had ended:\n${running?.output().slice(-2000)}`)
      await running?.stop(signal)
      const lines = running?.output().split("\n").slice(0, -1) ?? []
      return lines.map((line) => JSON.parse(line) as LoggedEvent)
    },
    async command(command) {
      const answer = await askService(directory, command).catch(() => null)
      if (answer === null) return null
      if (!answer.ok) throw new Error(`${command.command}: ${answer.code}: ${answer.msg}`)
      return answer.value ?? true
    },
  }
}

// Not one that the system gives to clients: a client that tries to connect while nothing listens
// would be given it sooner or later, and be connected with itself.
async function fixedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer().listen(port, "127.0.0.1")
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, "close")
    return port
  }
}
