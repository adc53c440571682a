// Refreshes as fast as they go. Postern lets a session have so many at once and then few, so each
// connection goes round among sessions of its own, and sends what each was given last.

import {
  type BenchRun,
  type MeasuredServer,
  measureInTurn,
  portsOf,
  processorMicrosOf,
} from "./bench_run.ts"
import { rightPassword, usernameOf } from "./fixture.ts"
import { checkGuarded, guardedQuestion, throughputColumns, throughputOf } from "./guarded.ts"
import { type LoadResult, runLoad } from "./load.ts"
import { ask, type Question, requestBytes } from "./running_server.ts"
import { scenarioTitles } from "./scenario_names.ts"
import type { ServerKind } from "./servers.ts"
import { type Summary, summarize } from "./summary.ts"

const warmUpMillis = 500
const clients = 32
const firstUser = { status: 200, username: usernameOf(0) }
const posternName = "Postern"

/** The tokens that a server gives. */
interface Tokens {
  readonly access_token: string
  /** Of Postern at each refresh, of the others at the login only. */
  readonly refresh_token?: string
}

function refreshQuestion(token: string): Question {
  const headers = { Authorization: `Bearer ${token}` }
  return { method: "POST", path: "/refresh", headers }
}

/** Measures refreshes. */
export async function measureRefresh(run: BenchRun): Promise<Summary> {
  const kinds = run.kinds.filter(({ role, isVariant }) => refreshes(role) && !isVariant)
  const tokensOf = new Map<string, string[]>()
  const refreshFor = (server: MeasuredServer, millis: number) =>
    refresh(server, tokensOf.get(server.kind.name) ?? [], { connections: clients, millis })
  const samples = await measureInTurn(run, {
    ...{ kinds, answer: "" },
    async check(server) {
      const own = server.kind.role === "postern" ? [...run.fixture.refreshTokens] : null
      const tokens = tokensOf.get(server.kind.name) ?? own ?? (await logAllIn(server))
      tokensOf.set(server.kind.name, tokens)
      await checkRefresh(server, tokens)
    },
    warmUp: async (server) => void (await refreshFor(server, warmUpMillis)),
    measure: (server) => throughputOf(() => refreshFor(server, run.options.seconds * 1000)),
  })
  return summarize(
    samples,
    {
      ...{ name: "refresh", title: scenarioTitles.refresh, floor: posternName, control: null },
      ...{ ratioOf: "perSecond", lessIsBetter: false, columns: throughputColumns },
      notes: [
        "Not the same work, hence no bars: Postern rotates the refresh token, which works once, and answers when the change is on disk; the others verify a refresh JWT, which works until it expires and can't be revoked, and sign an access token. The ratio is to Postern.",
      ],
    },
    kinds.map(({ name }) => name),
  )
}

function refreshes(role: ServerKind["role"]): boolean {
  return role === "peer" || role === "postern"
}

/** Refreshes the first token, and asks for the resource with what came. */
export async function checkRefresh(server: MeasuredServer, tokens: string[]): Promise<void> {
  const answer = await ask(server.port, refreshQuestion(tokens[0] ?? ""))
  if (answer.status !== 200) throw new Error(`Answered ${answer.status}: ${answer.text}`)
  const given = JSON.parse(answer.text) as Tokens
  tokens[0] = given.refresh_token ?? tokens[0] ?? ""
  await checkGuarded(server, guardedQuestion(given.access_token), firstUser)
}

async function logAllIn({ port }: MeasuredServer): Promise<string[]> {
  const tokens: string[] = []
  for (let client = 0; client < clients; client += 1) {
    // The first user is the one whose name is looked for.
    const username = usernameOf(client)
    const answer = await ask(port, {
      ...{ method: "POST", path: "/login", headers: { "Content-Type": "application/json" } },
      body: JSON.stringify({ username, password: rightPassword }),
    })
    tokens.push((JSON.parse(answer.text) as Tokens).refresh_token ?? "")
  }
  return tokens
}

/** Refreshes as fast as it goes, and replaces each token by what came for it. */
export function refresh(
  server: MeasuredServer,
  tokens: string[],
  { connections, millis }: { readonly connections: number; readonly millis: number },
): Promise<LoadResult> {
  /** By connection, the place of the token that was sent last. */
  const places = Array.from({ length: connections }, (_, client) => client)
  const take = (client: number, answer: Buffer) => {
    const place = places[client] ?? client
    const { refresh_token: token } = JSON.parse(answer.toString()) as Tokens
    if (token !== undefined) tokens[place] = token
    return place
  }
  return runLoad({
    ...{ ports: portsOf(server), connections, status: 200, millis },
    next(client, answer) {
      if (answer !== null) {
        const next = take(client, answer) + connections
        places[client] = next < tokens.length ? next : client
      }
      return requestBytes(refreshQuestion(tokens[places[client] ?? client] ?? ""))
    },
    // An old token would count as stolen when it is sent again much later.
    late: (client, answer) => void take(client, answer),
    gauge: () => processorMicrosOf(server),
  })
}
