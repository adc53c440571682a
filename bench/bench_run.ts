// What the scenarios of a run share: its options, its fixture, and the servers that are started for
// a scenario, each warmed up and asked before and after.

import type { Fixture } from "./fixture.ts"
import type { Options } from "./options.ts"
import { processorMicros } from "./process_gauge.ts"
import { orderOfRound } from "./rotation.ts"
import {
  ask,
  freePort,
  type Pinning,
  type Question,
  type RunningServer,
  startServer,
  untilAnswer,
} from "./running_server.ts"
import { environmentOf, postern, type ServerKind } from "./servers.ts"
import type { Sample } from "./summary.ts"

/** What a run is about. */
export interface BenchRun {
  readonly options: Pick<Options, "rounds" | "seconds" | "connections" | "isSteady">
  readonly fixture: Fixture
  readonly kinds: readonly ServerKind[]
  readonly pinning: Pinning | null
  /** Tells the user how far it is. */
  readonly say: (text: string) => void
}

/** A server of a scenario. */
export interface MeasuredServer extends RunningServer {
  readonly kind: ServerKind
  /** All its processes. It is the first of them itself. */
  readonly replicas: readonly RunningServer[]
}

/** What a bare server answers: JSON of status, headers, body. */
export type ConstantAnswer = string

/** What is done with the servers of a scenario. */
export interface Measurement {
  readonly kinds: readonly ServerKind[]
  readonly answer: ConstantAnswer
  /** Throws when the server does not answer as it must. */
  readonly check: (server: MeasuredServer) => Promise<void>
  readonly warmUp: (server: MeasuredServer) => Promise<void>
  readonly measure: (server: MeasuredServer) => Promise<Sample["numbers"]>
  /** How many rounds, if not as many as the options say. */
  readonly roundsMax?: number
  /** Measured in turn with the servers. */
  readonly besides?: Readonly<Record<string, () => Promise<Sample["numbers"]>>>
}

/** Headers that Node adds to those that the bare server lists. */
const ofNode = ["date", "connection", "keep-alive"]

/** What Postern answers to a question, for the bare server to answer. */
export async function answerOfPostern(
  run: BenchRun,
  question: Question,
  kind: ServerKind = postern("Postern"),
): Promise<ConstantAnswer> {
  const server = await start(run, kind, "")
  try {
    const { status, rawHeaders, text } = await answered(server, question)
    const headers: string[] = []
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const [name = "", value = ""] = rawHeaders.slice(at, at + 2)
      if (!ofNode.includes(name.toLowerCase())) headers.push(name, value)
    }
    // As Postern's own (limits.ts), so that both send the same Keep-Alive.
    return JSON.stringify({ status, headers, body: text, keepAliveMillis: 5000 })
  } finally {
    await server.stop()
  }
}

async function answered(server: RunningServer, question: Question) {
  await untilAnswer(server, question)
  return ask(server.port, question)
}

/** The ports of a server's processes. */
export function portsOf({ replicas }: MeasuredServer): readonly number[] {
  return replicas.map(({ port }) => port)
}

/** Microseconds of processor time that all processes of a server have used. */
export function processorMicrosOf({ replicas }: MeasuredServer): number {
  return replicas.reduce((sum, { pid }) => sum + processorMicros(pid), 0)
}

/** Starts a server without waiting for it. */
export async function start(
  run: BenchRun,
  kind: ServerKind,
  answer: ConstantAnswer,
): Promise<MeasuredServer> {
  const first = await startProcess(run, kind, answer)
  const replicas = [first]
  while (replicas.length < (kind.replicas ?? 1)) {
    replicas.push(await startProcess(run, kind, answer))
  }
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.stop()))
  }
  return { ...first, kind, replicas, stop }
}

async function startProcess(
  { fixture, pinning }: BenchRun,
  kind: ServerKind,
  answer: ConstantAnswer,
): Promise<RunningServer> {
  const port = await freePort()
  const isPostern = kind.role === "postern"
  const own = kind.fixture ?? fixture
  const dataDirectory = isPostern ? await own.makeStore(kind.profile) : ""
  const { command, workingDirectory } = kind
  const environment = environmentOf(kind, { port, dataDirectory, answer }, own)
  return startServer({ command, environment, workingDirectory }, { port, pinning })
}

/** Starts the servers, measures them in rotating order, and ends them. */
export async function measureInTurn(run: BenchRun, measurement: Measurement): Promise<Sample[]> {
  const { check, warmUp, measure, besides = {}, roundsMax = Number.POSITIVE_INFINITY } = measurement
  const rounds = Math.min(run.options.rounds, roundsMax)
  const servers: MeasuredServer[] = []
  const samples: Sample[] = []
  try {
    for (const kind of measurement.kinds) {
      const server = await start(run, kind, measurement.answer)
      servers.push(server)
      await naming(kind.name, async () => {
        for (const replica of server.replicas) {
          await untilAnswer(replica, { method: "GET", path: "/protected" })
        }
        await check(server)
        await warmUp(server)
      })
      run.say(`warm: ${kind.name}`)
    }
    const turns = [
      ...servers.map((server) => [server.kind.name, () => measureChecked(server)] as const),
      ...Object.entries(besides),
    ]
    for (let round = 0; round < rounds; round += 1) {
      for (const [server, take] of orderOfRound(turns, round)) {
        const numbers = await naming(server, take)
        samples.push({ server, round, numbers })
        run.say(`round ${round + 1} of ${rounds}: ${server}`)
      }
    }
    return samples
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }

  async function measureChecked(server: MeasuredServer): Promise<Sample["numbers"]> {
    await check(server)
    const numbers = await measure(server)
    await check(server)
    return numbers
  }
}

/** Adds the server's name to what goes wrong. */
export async function naming<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
