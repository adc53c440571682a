// Hosts that need a login: whether the proxy asks Postern about their requests, tells it the
// truth, and does what it answers.

import type { SeenRequest } from "../../../admin/request_watch.ts"
import type { Evidence, GateEvidence, Sample } from "../evidence.ts"
import { type Finding, ok, type Result, unknown, wrong } from "../finding.ts"
import { headerOf, valuesOf } from "../http_answer.ts"
import { forged } from "../probes.ts"
import { type PublicAddress, shownName } from "../public_address.ts"
import { remedies } from "../remedies.ts"
import { resultFor } from "./tls.ts"

const open = "Everybody gets in without a login."
const closed = "Nobody gets in."

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
  const first = sampleIn(samples, "gate")
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
    ...gateResults(samples, { address, evidence }),
  ]
  return results.length > 0 ? results : [ok("It asks for a login")]
}

interface Place {
  readonly address: PublicAddress
  readonly evidence: Evidence
}

function gateResults(samples: readonly Sample[], place: Place): readonly Result[] {
  const first = sampleIn(samples, "gate")
  const status = first?.exchange.answer?.status ?? 0
  const asked = first === undefined ? undefined : questionIn(first)
  if (first === undefined) return []
  if (status >= 200 && status < 300) return [openResult(asked, place)]
  if (asked === undefined && place.evidence.blindness === null) return [notAsked(status)]
  const told = samples.flatMap((sample) => toldFalsely(sample, place))
  if (told.length > 0) return told.slice(0, 1)
  if (status >= 500) {
    return [
      wrong(`The proxy answers ${status} in the place of the login`, {
        effect: closed,
        remedy: { ...remedies.replyBuffers, any: "See the proxy's log" },
      }),
    ]
  }
  const done = samples.flatMap((sample) => doneOtherwise(sample))
  if (done.length > 0) return done.slice(0, 1)
  return loginResults(samples, place)
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

function notAsked(status: number): Result {
  return wrong(`The proxy answers ${status} and does not ask Postern`, {
    effect: closed,
    remedy: { any: "Check the address of /verify in the proxy's file, and the proxy's log" },
  })
}

/** What the proxy told Postern of a request, where it is not what was asked. */
function toldFalsely(sample: Sample, { address }: Place): readonly Result[] {
  const asked = questionIn(sample)
  if (asked === undefined || asked.target.startsWith("/verify/envoy")) return []
  const { method, target } = sample.exchange.question
  const wanted: readonly (readonly [string, string])[] = [
    ["X-Forwarded-Host", address.host],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Uri", target],
    ["X-Forwarded-Method", method],
  ]
  return wanted.flatMap(([name, right]) => {
    const value = headerOf(asked.rawHeaders, name)
    if (value === right) return []
    return [falseResult(name, { value, right })]
  })
}

function falseResult(
  name: string,
  { value, right }: { readonly value: string | undefined; readonly right: string },
): Result {
  const claims: readonly string[] = [forged.host, forged.uri, "DELETE"]
  const isClaimed = value !== undefined && claims.some((claim) => value.includes(claim))
  const what =
    value === undefined
      ? `does not tell Postern ${name}`
      : isClaimed
        ? `passes on the ${name} of the client`
        : `tells Postern '${name}: ${short(value)}' in the place of '${short(right)}'`
  const variable: Readonly<Record<string, string>> = {
    "X-Forwarded-Host": "$host",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Uri": "$request_uri",
    "X-Forwarded-Method": "$request_method",
  }
  return wrong(`The proxy ${what}`, {
    effect: isClaimed ? "Requests are judged by the rule of another host or path." : closed,
    remedy: {
      nginx: `proxy_set_header ${name} ${variable[name]}; in the location of /verify`,
      caddy: `remove \`header_up ${name} …\` from forward_auth, and trusted_proxies of clients`,
      traefik: "remove `trustForwardHeader` from forwardAuth, unless a proxy is in front",
      haproxy: "set the header in the Lua action from the request itself",
    },
  })
}

/** Where the proxy did something else than Postern answered. */
function doneOtherwise(sample: Sample): readonly Result[] {
  const asked = questionIn(sample)
  const { answer } = sample.exchange
  const reply = asked?.reply ?? null
  if (reply === null || answer === null) return []
  const location = headerOf(reply.rawHeaders, "location")
  const arrived = headerOf(answer.rawHeaders, "location")
  const what = sample.probe.name === "gate_long" ? "a long address" : sample.probe.method
  if (answer.status >= 500) {
    return [
      wrong(
        `Postern answered ${reply.status} to ${what}, and the proxy made ${answer.status} of it`,
        {
          effect: "Users see an error in the place of the login.",
          remedy: remedies.replyBuffers,
        },
      ),
    ]
  }
  if (location === undefined || answer.status === 401) return []
  if (location !== arrived) {
    const shown = arrived === undefined ? "none" : `'${short(arrived)}'`
    return [
      wrong(`The proxy does not pass on where the login is: Location is ${shown}`, {
        effect: closed,
        remedy: {
          nginx: "error_page 401 = @p401; with `return 302 $p_location;` there",
          traefik: "authResponseHeaders don't need Location; remove authSigninURL",
        },
      }),
    ]
  }
  const cookies = valuesOf(reply.rawHeaders, "set-cookie").join()
  if (cookies === valuesOf(answer.rawHeaders, "set-cookie").join()) return []
  return [
    wrong("The proxy does not pass on the cookie of the login's start", {
      effect: "Users log in and are asked to log in again.",
      remedy: { nginx: "add_header Set-Cookie $p_cookie always; in @p401" },
    }),
  ]
}

function loginResults(samples: readonly Sample[], { evidence }: Place): readonly Result[] {
  const answer = sampleIn(samples, "gate")?.exchange.answer ?? null
  const login = evidence.facts?.publicAddress ?? evidence.address.text
  const location = headerOf(answer?.rawHeaders ?? [], "location") ?? ""
  if (location.startsWith(`${login}/`)) return []
  const asked = samples.flatMap((sample) => questionIn(sample) ?? [])[0]
  const verdict = asked?.reply?.status
  const text =
    verdict === undefined
      ? `It answers ${answer?.status}, and not with the way to the login`
      : `Postern answers ${verdict} to the proxy, and not with the way to the login`
  return [
    wrong(text, {
      effect: closed,
      remedy: {
        any: "Compare the host with POSTERN_PROTECT, and the proxy with POSTERN_TRUSTED_PROXIES",
      },
    }),
  ]
}

/** The request with which the proxy asked about a sample. */
function questionIn({ seen }: Sample): SeenRequest | undefined {
  return seen.find(({ target }) => target.startsWith("/verify/"))
}

function sampleIn(samples: readonly Sample[], name: string): Sample | undefined {
  return samples.find(({ probe }) => probe.name === name)
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
