// A process that runs test files, from the side that started it.

import { type ChildProcess, fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Message, Order } from "./messages.ts"

const projectDirectory = fileURLToPath(new URL("../..", import.meta.url))
const workerFile = fileURLToPath(new URL("worker.ts", import.meta.url))
const wordsOfNode: readonly string[] = [
  ...["--import", "tsx", "--import", new URL("untracked_tests.ts", import.meta.url).href],
  `--test-reporter=${new URL("reporter.ts", import.meta.url)}`,
  "--test-reporter-destination=stdout",
]
/** What of the environment would change what tests see: settings of Postern, colours, languages. */
const ofTheUser = /^(?:POSTERN_.*|JWT_.*|FORCE_COLOR|LANG|LANGUAGE|LC_.*|NODE_TEST_CONTEXT)$/
const keptCharacters = 4000
/** Tests make thousands of stores, each of which waits for its disk: memory lets none wait. */
const temporaryFiles = memoryFiles() ?? tmpdir()
const running = new Set<WorkerProcess>()

/** A directory whose files are in memory, if there is one with room, from which programs may run. */
function memoryFiles(): string | null {
  const directory = "/dev/shm"
  const roomMin = 1_000_000_000
  let program: string | undefined
  try {
    const { bavail, bsize } = statfsSync(directory)
    if (bavail * bsize < roomMin) return null
    const own = mkdtempSync(join(directory, "postern-test-"))
    program = join(own, "program")
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 })
    return spawnSync(program).status === 0 ? directory : null
  } catch {
    return null
  } finally {
    if (program !== undefined) rmSync(dirname(program), { recursive: true, force: true })
  }
}

/** Ends all processes, and what they have started. */
export function killWorkers(): void {
  for (const worker of running) worker.kill()
}

/** A process and what came from it. */
export class WorkerProcess {
  /** Called with each message, until `run` is called again. */
  onMessage: (message: Message) => void = () => {}
  /** Fulfilled when the process has ended: with how, or null if it ended well. */
  readonly ended: Promise<string | null>
  readonly #child: ChildProcess
  #output = ""
  #isKilled = false

  /** Starts it; `coverage` is where it writes its coverage. */
  constructor(coverage: string | undefined) {
    const inherited = Object.entries(process.env).filter(([name]) => !ofTheUser.test(name))
    const env = { ...Object.fromEntries(inherited), TMPDIR: temporaryFiles }
    this.#child = fork(workerFile, {
      cwd: projectDirectory,
      env: coverage === undefined ? env : { ...env, NODE_V8_COVERAGE: coverage },
      execArgv: [...wordsOfNode],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // A group of its own, so that it can be ended with all that it has started.
      detached: true,
    })
    running.add(this)
    // What it has started may outlive it, and hold its output open.
    this.#child.once("exit", () => this.kill())
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      running.delete(this)
      if (code === 0) return null
      return signal === null ? `exit code ${code}` : `signal ${signal}`
    })
    this.#child.stderr?.setEncoding("utf8").on("data", (text) => this.#keep(text))
    this.#child.on("message", (message: Message) => {
      if (message.kind === "note") this.#keep(`${message.text}\n`)
      else this.onMessage(message)
    })
  }

  /** The end of what was printed as errors, and what node:test said outside of the tests. */
  get output(): string {
    return this.#output
  }

  /** Whether it can run a file. */
  get isReady(): boolean {
    return this.#child.connected && !this.#isKilled
  }

  /** Has it run a file. */
  run(file: string): void {
    this.#send({ run: file })
  }

  /** Lets it end: there are no more files. */
  finish(): void {
    this.#send({ run: null })
  }

  /** Ends it, with all that it has started. */
  kill(): void {
    const { pid } = this.#child
    this.#isKilled = true
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL")
    } catch {
      // It has ended.
    }
  }

  #send(order: Order): void {
    // A process that has just ended takes no more.
    this.#child.send(order, () => {})
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-keptCharacters)
  }
}
