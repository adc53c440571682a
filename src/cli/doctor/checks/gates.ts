// Hosts that need a login: whether the proxy asks Postern about their requests, tells it the
// truth, and does what it answers.

import type { SeenRequest } from "../../../admin/request_watch.ts"
import {
  type Evidence,
  type GateEvidence,
  type Sample,
  sampleOf,
  shortened,
  verifyRequestOf,
} from "../evidence.ts"
import { type Finding, ok, type Result, unknown, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { shownName } from "../public_address.ts"
import { findChangedAnswer } from "./gate_answers.ts"
import { findFalseFact } from "./gate_facts.ts"
import { resultFor } from "./tls.ts"

const open = "Everybody gets in without a login."
const closed = "Nobody gets in."
/** What a proxy may answer by itself to what it does not want. */
const refusals: readonly number[] = [400, 401, 403, 405, 413, 414, 429, 431]

/** Checks each host. */
export function checkGates(evidence: Evidence): readonly Finding[] {
  const found = evidence.gates.flatMap((gate) =>
    resultsFor(gate, evidence).map((one) => ({ check: shownName(gate.address.name), ...one })),
  )
  if (evidence.gates.length === 0) return found
  const text = "Whether the app gets a Remote-User that a client wrote can't be seen from outside"
  const remedy = { any: "See that the snippet removes Remote-* before it sets its own" }
  return [...found, { check: "protected hosts", ...unknown(text, { remedy }), isOutOfReach: true }]
}

function resultsFor(gate: GateEvidence, evidence: Evidence): readonly Result[] {
  const { address, lookup, samples } = gate
  const first = sampleOf({ samples }, "gate")
  if (first === undefined) {
    return [unknown(`The name can't be looked up here (${lookup.failure})`)]
  }
  const { answer, failure, link } = first.exchange
  if (answer === null) {
    const text = `It does not answer (${failure?.code})`
    const remedy = { any: "Let the proxy serve this name, with a certificate for it" }
    return [
      failure?.stage === "connect"
        ? unknown(text, { remedy })
        : wrong(text, { effect: closed, remedy }),
    ]
  }
  const certificate = link?.certificate ?? null
  const trust = certificate && resultFor(certificate, address.name, evidence.answeredAt)
  const results = [
    ...(trust !== null && trust.outcome !== "ok" ? [trust] : []),
    ...gateResults(samples, { evidence, first }),
  ]
  return results.length > 0 ? results : [ok("It asks for a login")]
}

interface Place {
  readonly evidence: Evidence
  /** The first question to the host. */
  readonly first: Sample
}

function gateResults(samples: readonly Sample[], place: Place): readonly Result[] {
  const { first } = place
  const status = first.exchange.answer?.status ?? 0
  const asked = verifyRequestOf(first)
  if (status >= 200 && status < 300) return [openResult(asked, place)]
  if (asked === undefined && place.evidence.blindness === null) return [notAsked(first)]
  const [fault] = [findFalseFact, findChangedAnswer].flatMap((find) =>
    samples.flatMap((sample) => find(sample) ?? []),
  )
  if (fault !== undefined) return [fault]
  return [findPassedBy(samples, place), findNoLogin(samples, place)].filter((one) => one !== null)
}

/** Requests that the proxy let by without a question to Postern. */
function findPassedBy(samples: readonly Sample[], { evidence }: Place): Result | null {
  const by = samples.filter((sample) => {
    const status = sample.exchange.answer?.status ?? 0
    const isRedirected = sample.probe.name === "gate_plain" && status >= 300 && status < 400
    if (sample.exchange.answer === null || isRedirected) return false
    if (evidence.blindness !== null) return status >= 200 && status < 300
    return verifyRequestOf(sample) === undefined && !refusals.includes(status) && status < 500
  })
  if (by.length === 0) return null
  const list = by.map(({ probe: { name, method, path }, exchange: { answer } }) => {
    const place = name === "gate_plain" ? `http:// at ${path}` : shortened(path)
    return `${method} ${place} (${answer?.status})`
  })
  return wrong(`The proxy lets requests by without asking Postern: ${list.join(", ")}`, {
    effect: "What is there is open to everybody.",
    remedy: {
      any: "Ask for every path and method; open paths belong into POSTERN_PROTECT (open=)",
      nginx: "auth_request in the server block, and no `auth_request off` in a location",
    },
  })
}

function openResult(asked: SeenRequest | undefined, { evidence }: Place): Result {
  const verdict = asked?.reply?.status
  const why =
    evidence.blindness !== null
      ? ""
      : asked === undefined
        ? ": the proxy does not ask Postern"
        : `, although Postern answered ${verdict}`
  return wrong(`It is open${why}`, {
    effect: open,
    remedy: {
      nginx: "auth_request /_postern; in the server block",
      caddy: "forward_auth ADDRESS { uri /verify/proxy? } before reverse_proxy, inside route",
      traefik: "add the middleware forwardAuth to this router",
      haproxy: "http-request lua.postern … in this frontend",
    },
  })
}

function notAsked({ exchange: { answer } }: Sample): Result {
  return wrong(`The proxy answers ${answer?.status}, and Postern was not asked`, {
    effect: closed,
    remedy: { any: "Check the address of /verify in the proxy's file, and the proxy's log" },
  })
}

function findNoLogin(samples: readonly Sample[], { evidence, first }: Place): Result | null {
  const { answer } = first.exchange
  const login = evidence.facts?.publicAddress ?? evidence.address.text
  const location = headerOf(answer?.rawHeaders ?? [], "location") ?? ""
  if (location.startsWith(`${login}/`)) return null
  const asked = samples.flatMap((sample) => verifyRequestOf(sample) ?? [])[0]
  const verdict = asked?.reply?.status
  const text =
    verdict === undefined
      ? `It answers ${answer?.status}, and not with the way to the login`
      : `Postern answers ${verdict} to the proxy, and not with the way to the login`
  return wrong(text, {
    effect: closed,
    remedy: {
      any: "Compare the host with POSTERN_PROTECT, and the proxy with POSTERN_TRUSTED_PROXIES",
    },
  })
}
