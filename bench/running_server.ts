// Servers in processes of their own, on other cores than the load generator, and plain questions
// to them.

import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { type Agent, request } from "node:http"
import { createServer } from "node:net"
import { availableParallelism } from "node:os"
import { setTimeout as wait } from "node:timers/promises"

/** A program to run. */
export interface Program {
  readonly command: readonly string[] | string
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

/** A process that listens, or is about to. */
export interface RunningServer {
  readonly port: number
  readonly pid: number
  readonly startedAt: number
  stop(): Promise<void>
}

/** A question, and the answer read whole. */
export interface Question {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The client's own address. */
  readonly localAddress?: string
  /** Keeps connections; without one each question has its own. */
  readonly agent?: Agent | false
}

/** The answer to a question. */
export interface Answer {
  readonly status: number
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly text: string
}

/** What runs now; ended with this process, however that ends. */
const children = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})

const startMillisMax = 20_000
const pollMillis = 2

/** How the cores are shared out, or null where they can't be. */
export interface Pinning {
  readonly load: string
  readonly servers: string
}

/** Keeps this process on the last core and gives what servers get. */
export function pinLoadGenerator(): Pinning | null {
  const cores = availableParallelism()
  if (process.platform !== "linux" || cores < 2) return null
  const load = String(cores - 1)
  const servers = cores === 2 ? "0" : `0-${cores - 2}`
  const { status } = spawnSync("taskset", ["-a", "-c", "-p", load, String(process.pid)])
  return status === 0 ? { load, servers } : null
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Starts a process on the servers' cores; what it prints goes nowhere, its errors to ours. */
function startProgram(
  { command, environment, workingDirectory }: Program,
  pinning: Pinning | null,
  stdout: "ignore" | "pipe" = "ignore",
): ChildProcess {
  const own = typeof command === "string" ? ["sh", "-c", `exec ${command}`] : command
  const words = pinning === null ? own : ["taskset", "-c", pinning.servers, ...own]
  const [program = "", ...rest] = words
  const child = spawn(program, rest, {
    ...{ cwd: workingDirectory, env: environment },
    stdio: ["ignore", stdout, "inherit"],
  })
  children.add(child)
  child.once("close", () => children.delete(child))
  return child
}

/**
 * Runs a program to its end and gives what it printed.
 * @throws Error when it failed; why is among our errors
 */
export async function outputOf(program: Program, pinning: Pinning | null): Promise<string> {
  const child = startProgram(program, pinning, "pipe")
  let text = ""
  child.stdout?.on("data", (chunk) => {
    text += chunk
  })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`'${program.command}' failed`)
  return text
}

/** Starts a server and gives it at once; `untilAnswer` waits for it. */
export function startServer(
  program: Program,
  { port, pinning }: { port: number; pinning: Pinning | null },
): RunningServer {
  const startedAt = performance.now()
  const child = startProgram(program, pinning)
  const closed = once(child, "close")
  return {
    ...{ port, pid: child.pid ?? 0, startedAt },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM")
      await Promise.race([closed, wait(8000)])
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
      await closed
    },
  }
}

/**
 * Asks until there is an answer. A server that answers 503 is not ready.
 * @returns the milliseconds since the start
 * @throws Error when there is none in time
 */
export async function untilAnswer(
  { port, startedAt }: RunningServer,
  question: Question,
): Promise<number> {
  while (performance.now() - startedAt < startMillisMax) {
    try {
      const { status } = await ask(port, question)
      if (status !== 503) return performance.now() - startedAt
    } catch {
      // It does not listen yet.
    }
    await wait(pollMillis)
  }
  throw new Error("It does not answer")
}

/** Asks a server, and reads the whole answer. */
export function ask(port: number, { body, agent = false, ...rest }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, agent, ...rest }
    const outgoing = request(options, async (incoming) => {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of incoming) chunks.push(chunk)
      } catch (error) {
        reject(error)
      }
      const text = Buffer.concat(chunks).toString()
      resolve({ status: incoming.statusCode ?? 0, rawHeaders: incoming.rawHeaders, text })
    })
    outgoing.on("error", reject)
    outgoing.end(body)
  })
}

/** The bytes of a request on a kept connection. */
export function requestBytes({ method, path, headers = {}, body = "" }: Question): Buffer {
  const all = { Host: "127.0.0.1", ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`)
}
