// Whether each route is reached with its method, and answered by Postern itself.

import { type Evidence, isOfPostern, mainSample, type Sample, sampleOf } from "../evidence.ts"
import { ok, type Result, unknown, wrong } from "../finding.ts"
import { type Remedy, remedies } from "../remedies.ts"
import { redirectFault } from "./redirects.ts"

const routeProbes = [
  ...["keys", "small_login", "refresh", "logout", "password", "sessions", "end_sessions"],
  ...["end_session", "options", "head", "login_page", "query"],
]

/** Whether a sample reached Postern, whatever became of its answer. */
export function isReached({ seen, ...sample }: Sample): boolean {
  return seen.some(({ reply }) => reply !== null) || isOfPostern({ ...sample, seen })
}

/** Which routes the proxy does not pass on. */
export function checkRoutes(evidence: Evidence): readonly Result[] {
  const samples = routeProbes.flatMap((name) => sampleOf(evidence, name) ?? [])
  const main = mainSample(evidence)
  const all = main === undefined ? samples : [main, ...samples]
  const lost = all.filter((sample) => !isReached(sample))
  const late = lost.filter(({ exchange }) => exchange.failure?.code === "timeout")
  if (lost.length === 0) return [ok("Each route and method reaches Postern")]
  if (late.length === lost.length) {
    return [unknown(`Not answered in time: ${late.map(shown).join(", ")}`)]
  }
  const [redirected] = lost.flatMap((sample) => redirectFault(sample) ?? [])
  if (redirected !== undefined) return [redirected]
  const limited = lost.filter(({ exchange }) => exchange.answer?.status === 429)
  if (limited.length === lost.length) {
    return [
      wrong(`The proxy limits requests: ${lost.length} of ${all.length} got 429 from it`, {
        effect: "Browsers that load a page, and apps behind one address, are refused.",
        remedy: { any: "Raise the proxy's limit of requests, or leave limits to Postern" },
      }),
    ]
  }
  return [lostResult(lost, all)]
}

function lostResult(lost: readonly Sample[], all: readonly Sample[]): Result {
  const methods = new Set(lost.map(({ probe }) => probe.method))
  const isOfMethod = all.every(
    (sample) => methods.has(sample.probe.method) === lost.includes(sample),
  )
  const isByMethod = isOfMethod && !methods.has("GET")
  const remedy: Remedy = isByMethod
    ? remedies.methods
    : { any: "Pass all paths of this name on to Postern, with all methods" }
  const list = lost.map((sample) => `${shown(sample)} (${outcomeOf(sample)})`).join(", ")
  const what = isByMethod ? `refuses ${[...methods].join(" and ")}` : "keeps requests from Postern"
  return wrong(`The proxy ${what}: ${list}`, {
    effect: "What these routes do fails, although the service looks healthy.",
    remedy,
  })
}

function shown({ probe: { method, path } }: Sample): string {
  return `${method} ${path.replace(/\?.*/, "")}`
}

function outcomeOf({ exchange: { answer, failure } }: Sample): string {
  return answer === null ? `no answer: ${failure?.code}` : `${answer.status}`
}
