// What became of requests on their way in: method, path, query, headers, body.

import { type Difference, requestDifferences } from "../differences.ts"
import { allSamples, type Evidence, type Sample, sampleOf, shortened } from "../evidence.ts"
import { ok, type Result, type Results, unknown, warning, wrong } from "../finding.ts"
import { cacheProbes } from "../probes.ts"
import { remedies, remedyFor } from "../remedies.ts"
import { checkCaching } from "./caching.ts"
import { checkRoutes, isReached } from "./routes.ts"

/** Longer values are cut where two are shown beside each other. */
const shownMax = 80

interface Found extends Difference {
  readonly sample: Sample
}

/** Headers that Postern reads, and what goes wrong without them. */
const readHeaders: Readonly<Record<string, string>> = {
  authorization: "Apps are refused with every token.",
  cookie: "Nobody stays logged in in a browser.",
  "content-type": "Logins are refused with 415 or 400.",
  origin: "Forms of the login page are refused, and scripts get CORS errors.",
  "sec-fetch-site": "Forms of the login page may be refused.",
  "sec-fetch-mode": "Browsers get 401 in the place of the login page, or apps get a page.",
  accept: "Browsers get 401 in the place of the login page, or apps get a page.",
  "user-agent": "Users can't recognise their devices in the list of sessions.",
  "content-encoding": "Postern refuses the body with 415.",
  expect: "Postern may refuse requests with 417.",
}

/** The order of importance: of a header that differs in more ways, only the first is reported. */
const kinds: readonly Difference["kind"][] = ["missing", "changed", "added"]

/** All differences on the way in, with their samples. */
function differencesOf(evidence: Evidence): readonly Found[] {
  return allSamples(evidence).flatMap((sample) =>
    sample.seen.flatMap((seen) =>
      requestDifferences(sample, seen).map((one) => ({ ...one, sample })),
    ),
  )
}

/** Whether each request arrives once. */
export function checkOnce(evidence: Evidence): Result {
  const cached = cacheProbes.map(({ name }) => name)
  const asked = allSamples(evidence).filter(({ probe }) => !cached.includes(probe.name))
  const [most] = asked.filter(({ seen }) => seen.length > 1)
  if (most === undefined) return blind(evidence) ?? ok("Each request arrives once")
  return wrong(`The proxy sends a request ${most.seen.length} times`, {
    effect: "A wrong password counts as several, so accounts are locked sooner.",
    remedy: {
      nginx: "proxy_next_upstream off; and no `mirror`",
      caddy: "lb_try_duration 0, and one upstream",
      traefik: "remove the middleware retry, and mirroring",
      haproxy: "retries 0, and no `retry-on`",
    },
  })
}

function blind({ blindness }: Evidence): Result | null {
  return blindness === null ? null : unknown(blindness)
}

/** Whether path, query and method arrive as they were sent. */
export function checkTargets(evidence: Evidence): Result {
  const found = differencesOf(evidence)
  // A cache may ask for the body of what was asked for its head.
  const method = found.find(({ name, sent }) => name === "method" && sent !== "HEAD")
  const targets = found.filter(({ name }) => name === "target")
  const target = targets.find(({ sample }) => sample.probe.name !== "spelling")
  if (method !== undefined) {
    const text = `The proxy turns ${method.sent} into ${method.arrived}`
    return wrong(text, { effect: "Requests are refused with 405.", remedy: remedies.methods })
  }
  if (target !== undefined) return targetResult(target)
  const [spelling] = targets
  if (spelling !== undefined) {
    return warning(
      `The proxy respells paths: '${spelling.sent}' arrives as '${spelling.arrived}'`,
      {
        effect: "Paths with escapes or doubled slashes are judged otherwise than they were sent.",
        remedy: remedies.path,
      },
    )
  }
  const odd = sampleOf(evidence, "spelling")
  const isOnlyOdd = checkRoutes(evidence).outcome === "ok"
  if (isOnlyOdd && odd !== undefined && odd.exchange.answer !== null && !isReached(odd)) {
    const text = `The proxy refuses paths with escapes or doubled slashes (${odd.exchange.answer.status})`
    return warning(text, { effect: "Apps behind the same proxy may need them." })
  }
  return blind(evidence) ?? ok("Method, path and query arrive as they were sent")
}

function targetResult({ sent, arrived, sample: { address } }: Found): Result {
  const [shownSent, shownArrived] = [sent, arrived].map((text) => shortened(text, shownMax))
  if (address.path !== "" && arrived === `${address.path}${sent}`) {
    return wrong(`The proxy does not remove the path ${address.path} of the public address`, {
      effect: "Every request gets 404.",
      remedy: {
        nginx: `location ${address.path}/ { proxy_pass http://postern/; }`,
        caddy: `handle_path ${address.path}/* { reverse_proxy … }`,
        traefik: `stripPrefix.prefixes: [${address.path}]`,
        haproxy: `http-request replace-path ${address.path}/(.*) /\\1`,
      },
    })
  }
  const isQuery = sent.split("?")[0] === arrived.split("?")[0]
  const what = isQuery ? "the query" : "the path"
  return wrong(`The proxy changes ${what}: '${shownSent}' arrives as '${shownArrived}'`, {
    effect: isQuery
      ? "Links and returns to apps lose where they lead."
      : "Requests reach another route, or none: 404.",
    remedy: remedies.path,
  })
}

/** Whether headers arrive as they were sent. */
export function checkRequestHeaders(evidence: Evidence): Results {
  // A cache asks for the whole answer.
  const hasCache = checkCaching(evidence)?.outcome === "wrong"
  const isCaches = (name: string) => hasCache && name === "if-none-match"
  const headers = differencesOf(evidence).filter(
    ({ name }) => !["method", "target", "body"].includes(name),
  )
  const byName = [...kinds].flatMap((kind) => headers.filter((one) => one.kind === kind))
  const first = byName.filter(
    ({ name }, at) => byName.findIndex((one) => one.name === name) === at && !isCaches(name),
  )
  const read = first.filter(({ name }) => Object.hasOwn(readHeaders, name))
  const isAllGone = first.filter(({ kind }) => kind === "missing").length > 5
  if (isAllGone) {
    return wrong("The proxy passes on hardly any header", {
      effect: "Tokens, cookies and the kind of the body get lost.",
      remedy: { nginx: "remove `proxy_pass_request_headers off`" },
    })
  }
  if (read.length > 0) return read.map(headerResult)
  const others = first.filter(({ kind }) => kind !== "added")
  if (others.length > 0) {
    const names = others.map(({ name }) => name).join(", ")
    return warning(`The proxy removes or changes request headers: ${names}`, {
      effect: "Postern does not read them; apps behind the same proxy may.",
      remedy: remedyFor(remedies.headers, "NAME", others[0]?.name ?? ""),
    })
  }
  return blind(evidence) ?? ok("Headers arrive as they were sent")
}

function headerResult({ name, kind, sent, arrived }: Found): Result {
  const effect = readHeaders[name] ?? ""
  const remedy = remedyFor(remedies.headers, "NAME", name)
  if (kind === "missing") return wrong(`The proxy removes the header ${name}`, { effect, remedy })
  if (kind === "added") {
    return wrong(`The proxy adds a header ${name} of its own`, { effect, remedy })
  }
  const [shownSent, shownArrived] = [sent, arrived].map((text) => shortened(text, shownMax))
  const text = `The proxy changes the header ${name}: '${shownSent}' arrives as '${shownArrived}'`
  return wrong(text, { effect, remedy })
}

/** Whether bodies arrive as they were sent. */
export function checkRequestBodies(evidence: Evidence): Result {
  const found = differencesOf(evidence).find(({ name }) => name === "body")
  if (found === undefined) return blind(evidence) ?? ok("Bodies arrive as they were sent")
  const { sent, arrived, sample } = found
  const text = `The proxy changes bodies: ${sent} of ${sample.probe.method} ${sample.probe.path} arrive as ${arrived}`
  return wrong(text, { effect: "Logins are refused with 400.", remedy: remedies.bodies })
}
