// Requests at /verify, as nginx asks about those of a browser that is logged in: by the cookie of a
// protected host. The bare server answers the same bytes, with the headers for the app.

import {
  answerOfPostern,
  type BenchRun,
  type MeasuredServer,
  measureInTurn,
  portsOf,
  processorMicrosOf,
} from "./bench_run.ts"
import { appHost, usernameOf } from "./fixture.ts"
import { throughputColumns, throughputOf } from "./guarded.ts"
import { inTurn, runLoad } from "./load.ts"
import { ask, type Question, type RunningServer, requestBytes } from "./running_server.ts"
import { scenarioTitles } from "./scenario_names.ts"
import { controlName, floorName, postern, type ServerKind } from "./servers.ts"
import { type Summary, summarize } from "./summary.ts"

const warmUpMillis = 1000
/** So many browsers take turns. */
const browsers = 1000

/** The settings of a service that protects the app. */
export const verifySettings = {
  POSTERN_ISSUER: "https://login.bench.example",
  POSTERN_PROTECT: appHost,
  POSTERN_TRUSTED_PROXIES: "127.0.0.1",
}

/** What nginx asks about a browser's request: what it passes on, and what it adds. */
export function verifyQuestion(cookie: string): Question {
  return {
    method: "GET",
    path: "/verify/nginx",
    headers: {
      ...{ Host: appHost, "X-Forwarded-Host": appHost, "X-Forwarded-Proto": "https" },
      ...{ "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/albums/2026?sort=new" },
      ...{ "X-Forwarded-For": "192.0.2.7", Cookie: `__Host-postern=${cookie}` },
      ...{ Accept: "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Mode": "no-cors" },
      "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
  }
}

/** Measures Postern and the bare server. */
export async function measureVerify(run: BenchRun): Promise<Summary> {
  const { connections, seconds } = run.options
  const options = { profile: "published", environment: verifySettings } as const
  const own = postern("Postern", options)
  const kinds = [...run.kinds.filter(({ role }) => role === "bare"), own]
  const cookies = run.fixture.gateCookies.slice(0, browsers)
  const questions = cookies.map(verifyQuestion)
  const [first] = questions
  if (first === undefined) throw new Error("There is no cookie")
  const requests = questions.map(requestBytes)
  const turns = new Map(kinds.map(({ name }) => [name, inTurn(requests)]))
  const load = (server: MeasuredServer, millis: number, answersMin = 0) =>
    runLoad({
      ...{ ports: portsOf(server), connections, status: 200, millis, answersMin },
      staysAwake: true,
      next: turns.get(server.kind.name) as () => Buffer,
      gauge: () => processorMicrosOf(server),
    })
  const samples = await measureInTurn(run, {
    kinds,
    answer: await answerOfPostern(run, first, own),
    check: (server) => checkVerified(server, first),
    // Each browser once: the token for the app is signed then, and kept.
    warmUp: async (server) => void (await load(server, warmUpMillis, browsers)),
    measure: (server) => throughputOf(() => load(server, seconds * 1000)),
  })
  return summarize(
    samples,
    {
      ...{ name: "verify", title: scenarioTitles.verify, floor: floorName, control: controlName },
      ...{ ratioOf: "perSecond", lessIsBetter: false, columns: throughputColumns },
      notes: [
        `${browsers} browsers in turn, each with a session and a cookie of its own. The bare server is sent the same.`,
      ],
    },
    kinds.map(({ name }: ServerKind) => name),
  )
}

/**
 * Asks once, and looks at the user who is let in.
 * @throws Error when the answer is another
 */
export async function checkVerified({ port }: RunningServer, question: Question): Promise<void> {
  const { status, rawHeaders } = await ask(port, question)
  const at = rawHeaders.findIndex((name) => name.toLowerCase() === "remote-user")
  const user = rawHeaders[at + 1]
  if (status === 200 && at !== -1 && user === usernameOf(0)) return
  throw new Error(`/verify answered ${status} for '${user}', not 200 for '${usernameOf(0)}'`)
}
