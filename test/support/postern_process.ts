// Postern as its users run it: in a process of its own, on a port of its own.

import { type ChildProcess, execFileSync, type StdioOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import type { TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import { temporaryDirectory } from "./temporary_directory.ts"

const projectDirectory = fileURLToPath(new URL("../..", import.meta.url))
const startMillisMax = 20_000
/** What of a command line comes before Postern's own words, once it is made. */
let sharedProgram: readonly string[] | null = null

/** Settings of a process; POSTERN_ and JWT_ names of the test's own environment are left out. */
export type ProcessSettings = Readonly<Record<string, string>>

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A service that runs. */
export interface RunningPostern {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** What it printed so far. */
  output(): string
  /** Sends a signal, by default SIGTERM, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs a command line to its end; `input` is its whole standard input. */
export async function runPostern(
  words: readonly string[],
  settings: ProcessSettings,
  input = "",
  program: readonly string[] = findProgram(),
): Promise<CommandResult> {
  const child = spawnPostern(words, settings, { program })
  let stdout = ""
  let stderr = ""
  child.stdout?.on("data", (chunk) => {
    stdout += chunk
  })
  child.stderr?.on("data", (chunk) => {
    stderr += chunk
  })
  child.stdin?.on("error", () => {})
  child.stdin?.end(input)
  const [exitCode] = (await once(child, "close")) as [number | null]
  return { exitCode, stdout, stderr }
}

/**
 * The program as the image has it, made once in each process of tests: it starts in a fifth of the
 * time that the sources take.
 */
function findProgram(): readonly string[] {
  if (sharedProgram !== null) return sharedProgram
  const directory = mkdtempSync(join(tmpdir(), "postern-test-program-"))
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  execFileSync(process.execPath, [join(projectDirectory, "bin/bundle.js"), directory])
  sharedProgram = [join(directory, "postern.cjs")]
  return sharedProgram
}

/** Copies the program for a test that changes it. Gives what comes before Postern's own words. */
export function bundlePostern(t: TestContext): readonly string[] {
  const [script = ""] = findProgram()
  const directory = temporaryDirectory(t)
  cpSync(dirname(script), directory, { recursive: true })
  return [join(directory, basename(script))]
}

/**
 * Starts `postern serve`, or other words, on a free port and waits until it is ready. Killed when
 * the test ends.
 */
export async function startPostern(
  t: Pick<TestContext, "after">,
  settings: ProcessSettings,
  words: readonly string[] = ["serve"],
  program: readonly string[] = findProgram(),
): Promise<RunningPostern> {
  const child = spawnPostern(words, { POSTERN_PORT: "0", ...settings }, { program })
  t.after(() => child.kill("SIGKILL"))
  let output = ""
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Not ready:\n${output}`)), startMillisMax)
    const take = (chunk: Buffer) => {
      output += chunk
      const found = /"event":"service\.ready","url":"[^"]*:(\d+)"/.exec(output)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(Number(found))
    }
    child.stdout?.on("data", take)
    child.stderr?.on("data", take)
    child.once("exit", (code) => {
      clearTimeout(timer)
      reject(new Error(`Ended with ${code}:\n${output}`))
    })
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    process: child,
    output: () => output,
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await once(child, "close")
      }
      return child.exitCode
    },
  }
}

/** Starts a command line; `stdio` is pipes by default. */
export function spawnPostern(
  words: readonly string[],
  settings: ProcessSettings,
  options: { readonly program?: readonly string[]; readonly stdio?: StdioOptions } = {},
): ChildProcess {
  const { program = findProgram(), stdio = "pipe" } = options
  const inherited = Object.entries(process.env).filter(([name]) => !/^(POSTERN|JWT)_/.test(name))
  // A bundle may be anywhere, its native module is here.
  const modules = { NODE_PATH: join(projectDirectory, "node_modules") }
  return spawn(process.execPath, [...program, ...words], {
    cwd: projectDirectory,
    env: { ...Object.fromEntries(inherited), ...modules, ...settings },
    stdio,
  })
}
