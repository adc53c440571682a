// What is measured of Postern's engines: guarded GETs, requests of browsers that a proxy asks about,
// logins, refreshes and logouts, as fast as they go.

import {
  type BenchRun,
  type MeasuredServer,
  measureInTurn,
  portsOf,
  processorMicrosOf,
} from "./bench_run.ts"
import { jsonControlName, jsonName } from "./engine_kinds.ts"
import { usernameOf } from "./fixture.ts"
import { checkGuarded, guardedQuestion } from "./guarded.ts"
import { type LoadResult, runLoad } from "./load.ts"
import { checkLogin, createLogins, logIn } from "./login.ts"
import type { PostgresCluster } from "./postgres_cluster.ts"
import { untilIdle } from "./process_gauge.ts"
import { checkRefresh, refresh } from "./refresh.ts"
import { ask, type Question, requestBytes } from "./running_server.ts"
import { percentile } from "./statistics.ts"
import { type Column, type Sample, type Summary, summarize } from "./summary.ts"
import { checkVerified, verifyQuestion } from "./verify.ts"

/** What each case sends, by name. */
export const engineCaseTitles = {
  guarded: "Guarded GET, one token",
  verify: "Ask about a browser's request, one cookie",
  login: "Login",
  refresh: "Refresh",
  logout: "Logout",
} as const

/** The name of a case. */
export type EngineCaseName = keyof typeof engineCaseTitles

/** How much is sent. */
export interface EngineLoad {
  readonly connections: number
  readonly millis: number
}

interface EngineCase {
  readonly check: (server: MeasuredServer) => Promise<void>
  readonly send: (server: MeasuredServer, load: EngineLoad) => Promise<LoadResult>
}

const warmUpMillis = 1000
const firstUser = { status: 200, username: usernameOf(0) }
/** Each ends a session, so a round has so many, however long that takes. */
const logoutsOfRound = 1000

/** The columns of the tables. Medians, so the parts need not make the whole. */
export const engineColumns: readonly Column[] = [
  { key: "both", head: "CPU µs a request", digits: 1 },
  { key: "service", head: "of Node", digits: 1 },
  { key: "database", head: "of PostgreSQL", digits: 1 },
  { key: "perSecond", head: "requests/s", digits: 0 },
  { key: "p50", head: "p50 ms", digits: 2 },
  { key: "p99", head: "p99 ms", digits: 2 },
]

/** How many sessions a run needs that logs out in so many rounds. */
export function sessionsFor({
  rounds,
  connections,
}: {
  rounds: number
  connections: number
}): number {
  // A round ends while all connections wait, and has a check before and after. One more warms up.
  return (rounds + 1) * (logoutsOfRound + connections + 2)
}

/** Measures a case with each engine. */
export async function measureEngines(
  run: BenchRun,
  name: EngineCaseName,
  cluster: PostgresCluster,
): Promise<Summary> {
  const { connections, seconds } = run.options
  const { check, send } = caseOf(run, name)
  const samples = await measureInTurn(run, {
    ...{ kinds: run.kinds, answer: "", check },
    warmUp: async (server) => void (await send(server, { connections, millis: warmUpMillis })),
    async measure(server) {
      const before = cluster.processorMicros()
      const result = await send(server, { connections, millis: seconds * 1000 })
      const numbers = numbersOf(result, cluster.processorMicros() - before)
      // Passwords may still be in the queue, and would take the next server's time.
      for (const { pid } of server.replicas) await untilIdle(pid)
      return numbers
    },
  })
  return summarize(
    samples,
    {
      ...{ name, title: titleOf(name, connections), floor: jsonName, control: jsonControlName },
      ...{ ratioOf: "both", lessIsBetter: true, columns: engineColumns, notes: [] },
    },
    run.kinds.map((kind) => kind.name),
  )
}

function titleOf(name: EngineCaseName, connections: number): string {
  return `${engineCaseTitles[name]}, ${connections} connection${connections === 1 ? "" : "s"}`
}

function numbersOf(
  { answers, seconds, millis, gauged }: LoadResult,
  databaseMicros: number,
): Sample["numbers"] {
  const [service, database] = [gauged / answers, databaseMicros / answers]
  return {
    ...{ both: service + database, service, database, perSecond: answers / seconds },
    ...{ p50: percentile(millis, 50), p99: percentile(millis, 99) },
  }
}

function caseOf(run: BenchRun, name: EngineCaseName): EngineCase {
  const cases: Readonly<Record<EngineCaseName, (run: BenchRun) => EngineCase>> = {
    ...{ guarded, verify, login, refresh: refreshing, logout },
  }
  return cases[name](run)
}

/** Sends one request again and again. */
function sending(request: Buffer): EngineCase["send"] {
  return (server, load) =>
    runLoad({
      ...{ ...load, ports: portsOf(server), status: 200, next: () => request },
      ...{ staysAwake: true, gauge: () => processorMicrosOf(server) },
    })
}

function guarded({ fixture }: BenchRun): EngineCase {
  const question = guardedQuestion(fixture.tokens.shared[0] ?? null)
  return {
    async check({ replicas }) {
      for (const replica of replicas) await checkGuarded(replica, question, firstUser)
    },
    send: sending(requestBytes(question)),
  }
}

function verify({ fixture }: BenchRun): EngineCase {
  const question = verifyQuestion(fixture.gateCookies[0] ?? missing())
  return {
    async check({ replicas }) {
      for (const replica of replicas) await checkVerified(replica, question)
    },
    send: sending(requestBytes(question)),
  }
}

function login(): EngineCase {
  const next = createLogins()
  return { check: checkLogin, send: (server, load) => logIn(server, next, load) }
}

function refreshing({ fixture }: BenchRun): EngineCase {
  const tokensOf = new Map<string, string[]>()
  const own = ({ kind }: MeasuredServer) => {
    const tokens = tokensOf.get(kind.name) ?? [...fixture.refreshTokens]
    tokensOf.set(kind.name, tokens)
    return tokens
  }
  return {
    check: (server) => checkRefresh(server, own(server)),
    send: (server, load) => refresh(server, own(server), load),
  }
}

function logout({ fixture }: BenchRun): EngineCase {
  const usedOf = new Map<string, number>()
  /** A token that this server has not ended yet. */
  const nextToken = ({ kind }: MeasuredServer) => {
    const used = usedOf.get(kind.name) ?? 0
    usedOf.set(kind.name, used + 1)
    return fixture.tokens.shared[used] ?? missing()
  }
  return {
    async check(server) {
      const token = nextToken(server)
      const { status } = await ask(server.port, logoutQuestion(token))
      if (status !== 204) throw new Error(`Logout answered ${status}`)
      for (const replica of server.replicas) {
        await checkGuarded(replica, guardedQuestion(token), { status: 401 })
      }
    },
    send: (server, { connections }) =>
      runLoad({
        ...{ ports: portsOf(server), connections, status: 204 },
        ...{ millis: 0, answersMin: logoutsOfRound },
        next: () => requestBytes(logoutQuestion(nextToken(server))),
        gauge: () => processorMicrosOf(server),
      }),
  }
}

function logoutQuestion(token: string): Question {
  return { method: "POST", path: "/logout", headers: { Authorization: `Bearer ${token}` } }
}

function missing(): never {
  throw new Error("There are too few sessions to end")
}
