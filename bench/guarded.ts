// GET /protected as fast as it goes: with one token, with many in turn, with tokens whose signature
// is wrong, and without one.

import { createHmac } from "node:crypto"
import { answerOfPostern, type BenchRun, type MeasuredServer, measureInTurn } from "./bench_run.ts"
import { type Profile, usernameOf } from "./fixture.ts"
import { runLoad } from "./load.ts"
import { processorMicros } from "./process_gauge.ts"
import { ask, type Question, requestBytes } from "./running_server.ts"
import type { ScenarioName } from "./scenario_names.ts"
import { scenarioTitles } from "./scenario_names.ts"
import { controlName, floorName, type ServerKind } from "./servers.ts"
import { percentile } from "./statistics.ts"
import { type Column, type Summary, summarize } from "./summary.ts"

/** What is sent. */
export interface GuardedCase {
  readonly name: ScenarioName
  readonly status: number
  /** Tokens to send in turn; null for none. */
  readonly tokens: (profile: Profile) => readonly string[] | null
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
  { key: "loadGenerator", head: "load generator busy %", digits: 0 },
]

/** The request for the resource, with or without a token. */
export function guardedQuestion(token: string | null): Question {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  return { method: "GET", path: "/protected", headers }
}

/** The cases, by their names. */
export function guardedCases({ fixture }: Pick<BenchRun, "fixture">): readonly GuardedCase[] {
  const some = (count: number) => (profile: Profile) => fixture.tokens[profile].slice(0, count)
  return [
    { name: "hot", status: 200, tokens: some(1), notes: [] },
    { name: "10k", status: 200, tokens: some(10_000), notes: [] },
    { name: "100k", status: 200, tokens: some(100_000), notes: [] },
    {
      name: "invalid",
      status: 401,
      tokens: (profile) => spoiled(fixture.tokens[profile]),
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
  const { options, kinds } = run
  const { connections, seconds } = options
  const requests = new Map<Profile, readonly Buffer[]>()
  for (const profile of ["shared", "published"] as const) {
    const tokens = one.tokens(profile) ?? [null]
    requests.set(
      profile,
      tokens.map((token) => requestBytes(guardedQuestion(token))),
    )
  }
  const places = new Map<string, () => Buffer>()
  const questionOf = ({ profile }: ServerKind, number: number) =>
    guardedQuestion(one.tokens(profile)?.[number] ?? null)

  /** The next request of a server, which goes on where it was. */
  const nextOf = ({ kind }: MeasuredServer) => {
    const known = places.get(kind.name)
    if (known !== undefined) return known
    const all = requests.get(kind.profile) ?? []
    let place = 0
    const next = () => {
      place = place + 1 === all.length ? 0 : place + 1
      return all[place] as Buffer
    }
    places.set(kind.name, next)
    return next
  }

  const load = (server: MeasuredServer, millis: number, answersMin: number) =>
    runLoad({
      ...{ port: server.port, connections, status: one.status, millis, answersMin },
      next: nextOf(server),
      gauge: () => processorMicros(server.pid),
    })

  const samples = await measureInTurn(run, {
    kinds,
    answer: await answerOfPostern(run, questionOf(kinds[0] as ServerKind, 0)),
    check: (server) => checkGuarded(server, questionOf(server.kind, 0), one.status),
    async warmUp(server) {
      const all = requests.get(server.kind.profile)?.length ?? 0
      const answersMin = server.kind.remembers && one.status === 200 ? all : 0
      await load(server, warmUpMillis, answersMin)
    },
    async measure(server) {
      const before = process.cpuUsage()
      const result = await load(server, seconds * 1000, 0)
      const { user, system } = process.cpuUsage(before)
      return {
        ...{
          perSecond: result.answers / result.seconds,
          processor: result.gauged / result.answers,
        },
        ...{ p50: percentile(result.millis, 50), p99: percentile(result.millis, 99) },
        loadGenerator: (user + system) / 10_000 / result.seconds,
      }
    },
  })
  const telling = {
    ...{ name: one.name, title: scenarioTitles[one.name], floor: floorName, control: controlName },
    ...{ ratioOf: "perSecond", lessIsBetter: false, columns: throughputColumns, notes: one.notes },
  }
  return summarize(
    samples,
    telling,
    kinds.map(({ name }) => name),
  )
}

/**
 * Asks once and looks at the whole answer.
 * @throws Error when it is another
 */
export async function checkGuarded(
  { kind, port }: MeasuredServer,
  question: Question,
  status: number,
): Promise<void> {
  const answer = await ask(port, question)
  const isUser = kind.role === "bare" || answer.text.includes(usernameOf(0))
  if (answer.status !== status || (status === 200 && !isUser)) {
    throw new Error(`Answered ${answer.status}, not ${status}: ${answer.text.slice(0, 200)}`)
  }
  if (status !== 200) return
  const { logged_in_as: who } = JSON.parse(answer.text) as { logged_in_as?: unknown }
  if (who !== usernameOf(0)) throw new Error(`Answered for '${who}', not '${usernameOf(0)}'`)
}
