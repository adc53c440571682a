// GET /protected as fast as it goes: with one token, with many in turn, with tokens whose signature
// is wrong, and without one.

import { createHmac } from "node:crypto"
import {
  answerOfPostern,
  type BenchRun,
  type MeasuredServer,
  measureInTurn,
  portsOf,
  processorMicrosOf,
} from "./bench_run.ts"
import { usernameOf } from "./fixture.ts"
import { inTurn, type LoadResult, runLoad } from "./load.ts"
import { memoryOf } from "./process_gauge.ts"
import { ask, type Question, type RunningServer, requestBytes } from "./running_server.ts"
import { type ScenarioName, scenarioTitles } from "./scenario_names.ts"
import { controlName, floorName, type ServerKind } from "./servers.ts"
import { percentile } from "./statistics.ts"
import { type Column, type Summary, summarize } from "./summary.ts"

/** What is sent. */
export interface GuardedCase {
  readonly name: ScenarioName
  readonly status: number
  /** Of all tokens those to send in turn; null for none. */
  readonly tokens: (all: readonly string[]) => readonly string[] | null
  readonly notes: readonly string[]
}

const warmUpMillis = 1000
const invalidTokens = 1000

/** The columns of everything that is sent as fast as it goes. */
export const throughputColumns: readonly Column[] = [
  { key: "perSecond", head: "requests/s", digits: 0 },
  { key: "processor", head: "CPU µs a request", digits: 1 },
  { key: "p50", head: "p50 ms", digits: 2 },
  { key: "p99", head: "p99 ms", digits: 2 },
  { key: "server", head: "server busy %", digits: 0 },
]

/** The same, and more, where rounds are long enough for the garbage to be collected in them. */
const steadyColumns: readonly Column[] = [
  { key: "perProcessorSecond", head: "requests a CPU second", digits: 0 },
  ...throughputColumns,
  { key: "resident", head: "resident MiB", digits: 1 },
]

/** The request for the resource, with or without a token. */
export function guardedQuestion(token: string | null): Question {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  return { method: "GET", path: "/protected", headers }
}

/** The cases, by their names. */
export function guardedCases(): readonly GuardedCase[] {
  const some = (count: number) => (all: readonly string[]) => all.slice(0, count)
  return [
    { name: "hot", status: 200, tokens: some(1), notes: [] },
    { name: "10k", status: 200, tokens: some(10_000), notes: [] },
    { name: "100k", status: 200, tokens: some(100_000), notes: [] },
    {
      name: "invalid",
      status: 401,
      tokens: spoiled,
      notes: [
        `${invalidTokens} tokens in turn, each with the signature of another secret: whole, but wrong.`,
      ],
    },
    { name: "none", status: 401, tokens: () => null, notes: [] },
  ]
}

/** Tokens that differ from good ones in their signature only. */
function spoiled(tokens: readonly string[]): readonly string[] {
  return Array.from({ length: invalidTokens }, (_, number) => {
    const token = tokens[number % tokens.length] ?? ""
    const signed = token.slice(0, token.lastIndexOf("."))
    const bytes = createHmac("sha512", `another secret ${number}`).update(signed).digest()
    const signature = token.length - signed.length - 1 > 43 ? bytes : bytes.subarray(0, 32)
    return `${signed}.${signature.toString("base64url")}`
  })
}

/** Measures a case on all servers. */
export async function measureGuarded(run: BenchRun, one: GuardedCase): Promise<Summary> {
  const { connections, seconds, isSteady } = run.options
  const { name, status, notes } = one
  const kinds = run.kinds
  const sentTo = sentBy(run, one)
  // A server goes on with the token after its last.
  const turns = new Map(kinds.map((kind) => [kind.name, inTurn(sentTo(kind).requests)]))
  const load = (server: MeasuredServer, millis: number, answersMin: number) =>
    runLoad({
      ...{ ports: portsOf(server), connections, status, millis, answersMin },
      next: turns.get(server.kind.name) as () => Buffer,
      staysAwake: true,
      gauge: () => processorMicrosOf(server),
    })
  const first = one.tokens(run.fixture.tokens.shared)
  let checks = 0
  const samples = await measureInTurn(run, {
    kinds,
    answer: await answerOfPostern(run, guardedQuestion(first?.[0] ?? null)),
    async check(server) {
      // Each time another token, far from the last.
      const { tokens, requests } = sentTo(server.kind)
      const number = (checks * 7919) % requests.length
      checks += 1
      const question = guardedQuestion(tokens?.[number] ?? null)
      const username = usernameOf(server.kind.role === "bare" ? 0 : number)
      await checkGuarded(server, question, status === 200 ? { status, username } : { status })
    },
    async warmUp(server) {
      const isKept = server.kind.remembers && status === 200
      const millis = isSteady ? seconds * 1000 : warmUpMillis
      await load(server, millis, isKept ? sentTo(server.kind).requests.length : 0)
    },
    async measure(server) {
      const numbers = await throughputOf(() => load(server, seconds * 1000, 0))
      const perProcessorSecond = 1_000_000 / (numbers["processor"] ?? Number.NaN)
      return { ...numbers, perProcessorSecond, resident: memoryOf(server.pid).resident }
    },
  })
  const telling = {
    ...{ name, title: scenarioTitles[name], floor: floorName, control: controlName },
    ...{ ratioOf: "perSecond", lessIsBetter: false, columns: throughputColumns, notes },
    ...(isSteady ? { ratioOf: "perProcessorSecond", columns: steadyColumns } : {}),
  }
  return summarize(
    samples,
    telling,
    kinds.map((kind) => kind.name),
  )
}

/** The numbers of `throughputColumns`, of some load. */
export async function throughputOf(
  load: () => Promise<LoadResult>,
): Promise<Readonly<Record<string, number>>> {
  const { answers, seconds, millis, gauged } = await load()
  return {
    ...{ perSecond: answers / seconds, processor: gauged / answers },
    ...{ p50: percentile(millis, 50), p99: percentile(millis, 99) },
    // Of one processor: near 100 the server could do no more, below the load generator could not.
    server: gauged / 10_000 / seconds,
  }
}

/** What each server is sent: made once for those with the same tokens. */
function sentBy(run: BenchRun, one: GuardedCase) {
  const made = new Map<readonly string[], ReturnType<typeof make>>()
  const make = (all: readonly string[]) => {
    const tokens = one.tokens(all)
    return { tokens, requests: requestsOf(tokens) }
  }
  return ({ fixture = run.fixture, profile }: ServerKind) => {
    const all = fixture.tokens[profile]
    const sent = made.get(all) ?? make(all)
    made.set(all, sent)
    return sent
  }
}

function requestsOf(tokens: readonly string[] | null): readonly Buffer[] {
  return (tokens ?? [null]).map((token) => requestBytes(guardedQuestion(token)))
}

/** What the answer to a guarded GET has to be. */
export interface ExpectedAnswer {
  readonly status: number
  /** Whom it names; with any status but 200 nobody. */
  readonly username?: string
}

/**
 * Asks once and looks at the whole answer.
 * @throws Error when it is another
 */
export async function checkGuarded(
  { port }: RunningServer,
  question: Question,
  { status, username }: ExpectedAnswer,
): Promise<void> {
  const answer = await ask(port, question)
  if (answer.status !== status) {
    throw new Error(`Answered ${answer.status}, not ${status}: ${answer.text.slice(0, 200)}`)
  }
  if (username === undefined) return
  const { logged_in_as: who } = JSON.parse(answer.text) as { logged_in_as?: unknown }
  if (who !== username) throw new Error(`Answered for '${who}', not '${username}'`)
}
