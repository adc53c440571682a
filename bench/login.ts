// Logins as fast as they go, beside what the hash function alone reaches with as many in flight; and
// how long a guarded GET takes while 200 logins are in flight.

import { join } from "node:path"
import {
  type BenchRun,
  type MeasuredServer,
  measureInTurn,
  portsOf,
  processorMicrosOf,
} from "./bench_run.ts"
import { rightPassword, userCount, usernameOf } from "./fixture.ts"
import { checkGuarded, guardedQuestion } from "./guarded.ts"
import { inTurn, type LoadResult, runLoad } from "./load.ts"
import { benchDirectory } from "./places.ts"
import { untilIdle } from "./process_gauge.ts"
import { ask, outputOf, type Question, requestBytes } from "./running_server.ts"
import { scenarioTitles } from "./scenario_names.ts"
import type { ServerKind } from "./servers.ts"
import { percentile } from "./statistics.ts"
import { type Sample, type Summary, summarize } from "./summary.ts"

const loginsInFlight = 8
const loginsOfFlood = 200
const probeConnections = 2
const probePauseMillis = 5
/** A login is slow: fewer seconds would count too few. */
const secondsMin = 2
const roundsMax = 3
const warmUpMillis = 500
const firstUser = { status: 200, username: usernameOf(0) }
const hashName = "the hash alone"

function loginQuestion(username: string): Question {
  const body = JSON.stringify({ username, password: rightPassword })
  return { method: "POST", path: "/login", headers: { "Content-Type": "application/json" }, body }
}

/** What is done to servers that log users in: all but the bare ones and the variants. */
function loginKinds({ kinds }: BenchRun): readonly ServerKind[] {
  return kinds.filter(({ role, isVariant }) => role !== "bare" && !isVariant)
}

/** Login after login, each of another user, so that no limit is met. */
export function createLogins(): () => Buffer {
  return inTurn(
    Array.from({ length: userCount }, (_, number) =>
      requestBytes(loginQuestion(usernameOf(number))),
    ),
  )
}

/** Logs in, and asks for the resource with the token. */
export async function checkLogin(server: MeasuredServer): Promise<void> {
  const { status, text } = await ask(server.port, loginQuestion(usernameOf(0)))
  if (status !== 200) throw new Error(`Login answered ${status}: ${text.slice(0, 200)}`)
  const { access_token: token } = JSON.parse(text) as { access_token: string }
  await checkGuarded(server, guardedQuestion(token), firstUser)
}

/** Logs in as fast as it goes, each connection from an address of its own. */
export function logIn(
  server: MeasuredServer,
  next: () => Buffer,
  { connections, millis }: { readonly connections: number; readonly millis: number },
): Promise<LoadResult> {
  return runLoad({
    ...{ ports: portsOf(server), connections, addresses: process.platform === "linux" },
    ...{ status: 200, millis, next, gauge: () => processorMicrosOf(server) },
  })
}

/** Measures logins. */
export async function measureLogin(run: BenchRun): Promise<Summary> {
  const kinds = loginKinds(run)
  const next = createLogins()
  const seconds = Math.max(secondsMin, run.options.seconds)
  const logInFor = (server: MeasuredServer, millis: number) =>
    logIn(server, next, { connections: loginsInFlight, millis })
  const samples = await measureInTurn(run, {
    ...{ kinds, answer: "", check: checkLogin, roundsMax },
    warmUp: async (server) => void (await logInFor(server, warmUpMillis)),
    async measure(server) {
      const { answers, seconds: taken, gauged, millis } = await logInFor(server, seconds * 1000)
      await untilIdle(server.pid)
      const times = { p50: percentile(millis, 50), p99: percentile(millis, 99) }
      return { perSecond: answers / taken, processor: gauged / answers / 1000, ...times }
    },
    besides: { [hashName]: async () => ({ perSecond: await hashAlone(run, seconds) }) },
  })
  return summarize(
    samples,
    {
      ...{ name: "login", title: scenarioTitles.login, floor: hashName, control: null },
      ...{ ratioOf: "perSecond", lessIsBetter: false },
      columns: [
        { key: "perSecond", head: "logins/s", digits: 1 },
        { key: "processor", head: "CPU ms a login", digits: 1 },
        { key: "p50", head: "p50 ms", digits: 0 },
        { key: "p99", head: "p99 ms", digits: 0 },
      ],
      notes: [
        `${loginsInFlight} logins in flight, each from an address of its own; at least ${secondsMin} s, at most ${roundsMax} rounds. The ratio is to ${loginsInFlight} verifications in flight of the same hash in a process that does nothing else. Postern also writes a session to the disk before it answers; the others keep nothing.`,
      ],
    },
    [hashName, ...kinds.map(({ name }) => name)],
  )
}

async function hashAlone({ fixture, pinning }: BenchRun, seconds: number): Promise<number> {
  const text = await outputOf(
    {
      command: [process.execPath, join(benchDirectory, "peers/hash_alone.js")],
      environment: {
        ...{ PATH: process.env["PATH"] ?? "", USERS_FILE: fixture.usersFile },
        ...{ CONCURRENCY: String(loginsInFlight), SECONDS: String(seconds) },
        PASSWORD: rightPassword,
      },
      workingDirectory: benchDirectory,
    },
    pinning,
  )
  return Number(text)
}

/** Measures guarded GETs while logins flood in. */
export async function measureFlood(run: BenchRun): Promise<Summary> {
  const kinds = loginKinds(run)
  const next = createLogins()
  const samples = await measureInTurn(run, {
    ...{ kinds, answer: "", roundsMax },
    check: (server) => checkGuarded(server, tokenQuestion(run, server.kind), firstUser),
    warmUp: async (server) => void (await probe(run, server, warmUpMillis)),
    measure: (server) => flood(run, server, next),
  })
  return summarize(
    samples,
    {
      ...{ name: "flood", title: scenarioTitles.flood, floor: null, control: null },
      ...{ ratioOf: "p99", lessIsBetter: true },
      columns: [
        { key: "p50", head: "GET p50 ms", digits: 1 },
        { key: "p99", head: "GET p99 ms", digits: 1 },
        { key: "max", head: "GET longest ms", digits: 1 },
        { key: "perSecond", head: "logins/s", digits: 1 },
        { key: "busy", head: "answered 503", digits: 0 },
      ],
      notes: [
        `At least ${secondsMin} s, at most ${roundsMax} rounds. ${loginsOfFlood} connections log in without pause, each from an address of its own, ${probeConnections} ask for the resource every ${probePauseMillis} ms. All threads of a server share the cores that are not the load generator's. jose and Hono verify signatures by WebCrypto, whose work waits in the same threads' queue, behind all the passwords.`,
      ],
    },
    kinds.map(({ name }) => name),
  )
}

function tokenQuestion({ fixture }: BenchRun, { profile }: ServerKind): Question {
  return guardedQuestion(fixture.tokens[profile][0] ?? null)
}

function probe(run: BenchRun, server: MeasuredServer, millis: number): Promise<LoadResult> {
  const request = requestBytes(tokenQuestion(run, server.kind))
  const times = { millis, pauseMillis: probePauseMillis }
  return runLoad({
    ...{ ports: portsOf(server), connections: probeConnections, status: 200, ...times },
    next: () => request,
  })
}

async function flood(
  run: BenchRun,
  server: MeasuredServer,
  next: () => Buffer,
): Promise<Sample["numbers"]> {
  const millis = Math.max(secondsMin, run.options.seconds) * 1000
  const flooding = { connections: loginsOfFlood, addresses: process.platform === "linux" }
  const statuses = { status: 200, busyStatus: 503 }
  const [logins, { millis: times }] = await Promise.all([
    runLoad({ ports: portsOf(server), ...flooding, ...statuses, millis, next }),
    probe(run, server, millis),
  ])
  // Its queue is still full of passwords, which would take the next server's time.
  await untilIdle(server.pid)
  return {
    ...{ p50: percentile(times, 50), p99: percentile(times, 99), max: percentile(times, 100) },
    ...{ perSecond: logins.answers / logins.seconds, busy: logins.busy },
  }
}
