// What became of replies on their way out: status, headers, body.

import { type Difference, replyDifferences } from "../differences.ts"
import { allSamples, type Evidence, mainSample, type Sample } from "../evidence.ts"
import { ok, type Result, type Results, unknown, warning, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { cacheProbes } from "../probes.ts"
import { remedies, remedyFor } from "../remedies.ts"

interface Found extends Difference {
  readonly sample: Sample
}

/** Headers that browsers and apps act on, and what goes wrong when they are other than sent. */
const actedOn: Readonly<Record<string, string>> = {
  "www-authenticate": "Apps don't learn that a token expired, and browsers may show a dialog.",
  "content-type": "Browsers and apps read the answer as something else.",
  "cache-control": "Browsers and caches may keep tokens, or forget the keys.",
  location: "Browsers are led elsewhere, and the login does not come back.",
  "content-security-policy":
    "Pages work otherwise: scripts run that must not, or forms are blocked.",
  "referrer-policy":
    "With no-referrer browsers send 'Origin: null', and the login form is refused.",
  "cross-origin-resource-policy": "Other sites may load what they must not.",
  "x-content-type-options": "Browsers may run what is no script.",
  "strict-transport-security": "Browsers go on using http, or refuse http where it is needed.",
  "access-control-allow-origin": "Scripts of other sites may read answers, or yours may not.",
  "access-control-allow-credentials": "Scripts of other sites may read answers.",
  "access-control-allow-headers": "Scripts of your own pages get CORS errors.",
  "access-control-allow-methods": "Scripts of your own pages get CORS errors.",
  etag: "Verifiers fetch the whole list each time.",
  allow: "Clients try methods that there are not.",
  "retry-after": "Clients don't know when to try again.",
  vary: "Caches give answers for one origin to another.",
  "clear-site-data": "Browsers delete what they keep of the site.",
  refresh: "Browsers are led elsewhere.",
  "set-cookie": "The proxy sets cookies of its own.",
}
/** Late and large questions, which other checks judge. */
const oddProbes: readonly string[] = ["slow", "login", "large_head", "large_reply"]
const security = ["x-frame-options", "permissions-policy", "cross-origin-opener-policy"]

/** Whether replies arrive as they were sent. */
export function checkReplies(evidence: Evidence): Results {
  const found = allSamples(evidence).flatMap(differencesOf)
  const status = found.filter(({ name }) => name === "status")
  if (status.length > 0) return statusResult(status)
  const body = found.find(({ name }) => name === "body")
  if (body !== undefined) return bodyResult(body)
  const headers = found.filter(({ name }, at) => found.findIndex((one) => one.name === name) === at)
  const results = headers.flatMap((one) => headerResult(one) ?? [])
  if (results.length > 0) return results
  if (evidence.blindness !== null) return lostFromOutside(evidence) ?? unknown(evidence.blindness)
  return ok("Answers arrive as they were sent")
}

/** What every refusal of a request without a token has, for when only this side is known. */
const ofRefusals: readonly (readonly [name: string, value: RegExp])[] = [
  ["www-authenticate", /^Bearer realm="postern"/],
  ["cache-control", /^no-store$/],
  ["content-type", /^application\/json/],
  ["x-content-type-options", /^nosniff$/],
  ["referrer-policy", /^no-referrer$/],
]

function lostFromOutside(evidence: Evidence): readonly Result[] | null {
  const answer = mainSample(evidence)?.exchange.answer
  if (answer?.status !== 401) return null
  const lost = ofRefusals.filter(
    ([name, value]) => !value.test(headerOf(answer.rawHeaders, name) ?? ""),
  )
  if (lost.length === 0) return null
  return lost.map(([name]) =>
    wrong(`The proxy removes or changes ${name} of answers`, {
      effect: actedOn[name] ?? "",
      remedy: remedyFor(remedies.replyHeaders, "NAME", name),
    }),
  )
}

function differencesOf(sample: Sample): readonly Found[] {
  const { answer } = sample.exchange
  // Cookies, late and large answers have checks of their own.
  if (answer === null || oddProbes.includes(sample.probe.name)) return []
  const id = headerOf(answer.rawHeaders, "x-request-id")
  const own = sample.seen.find((one) => one.id === id)
  // Of two requests with the same mark, only the id tells which one was answered.
  const seen = own ?? (sample.seen.length === 1 ? sample.seen[0] : undefined)
  if (seen === undefined || (own === undefined && isAskedTwice(sample))) return []
  return replyDifferences(sample, seen, answer)
    .filter(({ name, kind }) => name !== "set-cookie" || kind === "added")
    .map((one) => ({ ...one, sample }))
}

function isAskedTwice({ probe }: Sample): boolean {
  return cacheProbes.some(({ name }) => name === probe.name)
}

function statusResult(found: readonly Found[]): Result {
  const pairs = [...new Set(found.map(({ sent, arrived }) => `${sent} arrives as ${arrived}`))]
  const [first] = found
  const where = first === undefined ? "" : `, as at ${first.sample.probe.path.slice(0, 40)}`
  return wrong(`The proxy replaces answers of Postern: ${pairs.join(", ")}${where}`, {
    effect: "Apps and pages can't tell what went wrong.",
    remedy: remedies.ownAnswers,
  })
}

function bodyResult({ sent, arrived, sample }: Found): Result {
  const { probe, exchange } = sample
  const text = `The proxy changes answers: ${sent} of ${probe.method} ${probe.path.slice(0, 40)} arrive as ${arrived}`
  const isError = (exchange.answer?.status ?? 0) >= 400
  return wrong(text, {
    effect: isError
      ? "Apps get something else than the JSON in which Postern says what is wrong."
      : "Pages break, and verifiers can't read the keys.",
    remedy: isError ? remedies.ownAnswers : remedies.bodies,
  })
}

function headerResult({ name, kind, sent, arrived }: Found): Result | null {
  const remedy = remedyFor(remedies.replyHeaders, "NAME", name)
  if (name === "content-encoding") {
    return warning(`The proxy compresses answers (${arrived})`, {
      effect: "Compressed secrets can be guessed by the length of answers (BREACH).",
      remedy: remedies.bodies,
    })
  }
  if (name === "x-request-id") {
    return warning("The proxy writes another X-Request-Id than Postern", {
      effect: "What users see can't be found in Postern's log.",
      remedy,
    })
  }
  const effect = actedOn[name]
  if (effect === undefined) {
    // What a proxy adds about itself harms nobody.
    if (kind === "added" || security.includes(name)) return null
    return warning(`The proxy removes or changes the header ${name} of answers`, { remedy })
  }
  // A proxy may be the one that sends it.
  if (name === "strict-transport-security" && kind === "added") return null
  if (kind === "missing") return wrong(`The proxy removes ${name} from answers`, { effect, remedy })
  if (kind === "added") {
    return warning(`The proxy adds '${name}: ${arrived}' to answers`, { effect, remedy })
  }
  const isWeakTag = name === "etag" && arrived.replace(/^W\//, "") === sent.replace(/^W\//, "")
  if (isWeakTag) return null
  const text = `The proxy changes ${name} of answers: '${sent}' arrives as '${arrived}'`
  return wrong(text, { effect, remedy })
}
