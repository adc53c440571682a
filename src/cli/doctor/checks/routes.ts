// Whether each route is reached with its method, and answered by Postern itself.

import {
  allSamples,
  type Evidence,
  isLikePostern,
  isOfPostern,
  mainSample,
  type Sample,
} from "../evidence.ts"
import { ok, type Result, unknown, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { cacheProbes } from "../probes.ts"
import { type Remedy, remedies } from "../remedies.ts"
import { redirectFault } from "./redirects.ts"

/** Questions that other checks judge, by what is odd about them. */
const oddProbes: readonly string[] = [
  ...["metadata", "login", "large_head", "large_reply", "slow", "spelling", "forged"],
  ...cacheProbes.map(({ name }) => name),
]
/** The proxy's answers when its upstream, or it itself, has too much to do. */
const overloads: readonly (number | undefined)[] = [502, 503, 504]

/** Whether the proxy failed. */
export function isOverload({ exchange: { answer } }: Sample): boolean {
  return overloads.includes(answer?.status)
}

/** Whether a sample reached Postern, whatever became of its answer. */
export function isReached({ seen, ...sample }: Sample): boolean {
  return seen.some(({ reply }) => reply !== null) || isOfPostern({ ...sample, seen })
}

/** Which routes the proxy does not pass on. */
export function checkRoutes(evidence: Evidence): Result {
  const main = mainSample(evidence)
  const samples = evidence.samples.filter(
    (sample) => !oddProbes.includes(sample.probe.name) || isFailedMetadata(sample),
  )
  const all = main === undefined ? samples : [main, ...samples]
  const strangers = all.filter((sample) => isOfStranger(sample, evidence))
  if (strangers.length > 0) return strangerResult(strangers, all)
  const lost = all.filter((sample) => !isReached(sample))
  const late = lost.filter(({ exchange }) => exchange.failure?.code === "timeout")
  if (lost.length === 0) return ok("Each route and method reaches Postern")
  if (late.length === lost.length) {
    return unknown(`Not answered in time: ${late.map(shown).join(", ")}`)
  }
  const [redirected] = lost.flatMap((sample) => redirectFault(sample) ?? [])
  if (redirected !== undefined) return redirected
  const limited = lost.filter(({ exchange }) => exchange.answer?.status === 429)
  if (limited.length === lost.length) {
    return wrong(`The proxy limits requests: ${lost.length} of ${all.length} got 429 from it`, {
      effect: "Browsers that load a page, and apps behind one address, are refused.",
      remedy: { any: "Raise the proxy's limit of requests, or leave limits to Postern" },
    })
  }
  return lostResult(lost, all)
}

function isFailedMetadata(sample: Sample): boolean {
  return sample.probe.name === "metadata" && isOverload(sample)
}

/** Whether another Postern answered than the one that notes what arrives. */
function isOfStranger({ seen, exchange: { answer } }: Sample, evidence: Evidence): boolean {
  if (evidence.blindness !== null || answer === null || seen.length > 0) return false
  // A cache has answers of this one, too.
  const id = headerOf(answer.rawHeaders, "x-request-id")
  const isKnown = allSamples(evidence).some((sample) => sample.seen.some((one) => one.id === id))
  return isLikePostern(answer) && !isKnown
}

function strangerResult(strangers: readonly Sample[], all: readonly Sample[]): Result {
  const text = `${strangers.length} of ${all.length} requests reached another Postern than this one`
  return unknown(`${text}: a replica, or another service`, {
    effect: "If they don't share a database, users are logged out now and then.",
    remedy: { any: "See that all upstreams of the proxy are replicas over one database" },
  })
}

function lostResult(lost: readonly Sample[], all: readonly Sample[]): Result {
  const methods = new Set(lost.map(({ probe }) => probe.method))
  const isOfMethod = all.every(
    (sample) => methods.has(sample.probe.method) === lost.includes(sample),
  )
  const isByMethod = isOfMethod && !methods.has("GET")
  if (lost.every(isOverload)) return overloadResult(lost, all)
  const remedy: Remedy = isByMethod
    ? remedies.methods
    : { any: "Pass all paths of this name on to Postern, with all methods" }
  const list = [...new Set(lost.map((one) => `${shown(one)} (${outcomeOf(one)})`))].join(", ")
  const what = isByMethod ? `refuses ${[...methods].join(" and ")}` : "keeps requests from Postern"
  return wrong(`The proxy ${what}: ${list}`, {
    effect: "What these routes do fails, although the service looks healthy.",
    remedy,
  })
}

function overloadResult(lost: readonly Sample[], all: readonly Sample[]): Result {
  const statuses = [...new Set(lost.map(outcomeOf))].join(", ")
  return wrong(`The proxy failed ${lost.length} of ${all.length} requests (${statuses})`, {
    effect: "Users get an error now and then.",
    remedy: {
      any: "One of its upstreams is not Postern, or it limits requests or connections: see its log",
      nginx: "limit_req …; limit_conn …; and each `server` of the upstream block",
    },
  })
}

function shown({ probe: { name, method, path } }: Sample): string {
  const place = `${method} ${path.replace(/\?.*/, "")}`
  return name === "headers" ? `${place} with Authorization, Cookie and Origin` : place
}

/** The status of the answer, or why there is none. */
export function outcomeOf({ exchange: { answer, failure } }: Sample): string {
  return answer === null ? `no answer: ${failure?.code}` : `${answer.status}`
}
