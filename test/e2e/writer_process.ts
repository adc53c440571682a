// Starts processes that write (writer.ts). As one bundle they are up in a tenth of the time.

import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import { buildSync } from "esbuild"
import { temporaryDirectory } from "../support/temporary_directory.ts"

/** A process that writes. */
export interface Writer {
  readonly process: ChildProcess
  /** The complete lines it printed so far. */
  lines(): readonly string[]
  /** Those that acknowledge nothing: warnings but for torn writes, failures. */
  others(): readonly string[]
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
}

/** What a writer is told. */
export interface WriterOptions {
  readonly script: string
  readonly directory: string
  readonly bytesBetweenSnapshots: number
  /** Largest file it may make, in blocks of 512 bytes (`ulimit -f`). */
  readonly fileBlocksMax?: number
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[]
}

/** Makes one file of writer.ts and all that it imports. */
export function bundleWriter(t: TestContext): string {
  const script = join(temporaryDirectory(t), "writer.mjs")
  buildSync({
    entryPoints: [fileURLToPath(new URL("writer.ts", import.meta.url))],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
  })
  return script
}

/** Starts a writer without waiting for anything. */
export function launchWriter(t: TestContext, options: WriterOptions): Writer {
  const { script, directory, bytesBetweenSnapshots, fileBlocksMax, nodeOptions = [] } = options
  const words = [process.execPath, ...nodeOptions, script, directory, String(bytesBetweenSnapshots)]
  const limit = fileBlocksMax === undefined ? "" : `ulimit -f ${fileBlocksMax}; `
  // Coverage is a file, too: one that can't be written is told among what the writer prints.
  const env = { ...process.env, NODE_V8_COVERAGE: "" }
  const child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", ...words], { env })
  t.after(() => child.kill("SIGKILL"))
  let output = ""
  child.stdout.on("data", (chunk) => {
    output += chunk
  })
  child.stderr.on("data", (chunk) => {
    output += chunk
  })
  const lines = () => output.split("\n").slice(0, -1)
  const ended = once(child, "close")
  return {
    process: child,
    lines,
    others: () =>
      lines().filter(
        (line) => !/^(ready|user\d \d+|warning store\.torn_write_dropped.*)$/.test(line),
      ),
    async kill() {
      child.kill("SIGKILL")
      await ended
    },
  }
}

/** Starts a writer and waits until it has the store open. */
export async function startWriter(t: TestContext, options: WriterOptions): Promise<Writer> {
  const writer = launchWriter(t, options)
  await printed(writer, "ready")
  return writer
}

/** Waits until a line that begins so was printed. */
export async function printed(writer: Writer, beginning: string): Promise<void> {
  const isThere = () => writer.lines().some((line) => line.startsWith(beginning))
  while (!isThere()) {
    const { exitCode, signalCode } = writer.process
    assert.ok(exitCode === null && signalCode === null, `it ended: ${writer.lines().join("\n")}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The last change of each user that lines acknowledge. */
export function acknowledgedIn(lines: readonly string[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  for (const line of lines) {
    const [, username, change] = /^(user\d) (\d+)$/.exec(line) ?? []
    if (username !== undefined) last.set(username, Number(change))
  }
  return last
}
