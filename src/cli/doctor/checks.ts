// The table of checks, and the order in which they judge. When Postern does not answer, or refuses
// the Host header, one finding says why, and the checks of answers are left out.

import { checkAddresses } from "./checks/addresses.ts"
import { findNoAnswer } from "./checks/answer.ts"
import { checkCaching } from "./checks/caching.ts"
import { checkClientAddress } from "./checks/client_address.ts"
import { checkClock } from "./checks/clock.ts"
import { checkKeepAlive, checkPatience } from "./checks/connections.ts"
import { checkCookies } from "./checks/cookies.ts"
import { checkGates } from "./checks/gates.ts"
import { checkHost, findMisdirected } from "./checks/host.ts"
import { checkIssuer } from "./checks/issuer.ts"
import { checkPasskeys } from "./checks/passkeys.ts"
import { checkReplies } from "./checks/replies.ts"
import {
  checkOnce,
  checkRequestBodies,
  checkRequestHeaders,
  checkTargets,
} from "./checks/requests.ts"
import { checkRoutes, isReached } from "./checks/routes.ts"
import { checkSizes } from "./checks/sizes.ts"
import { checkCertificate, checkPlain } from "./checks/tls.ts"
import { type Evidence, mainSample } from "./evidence.ts"
import { type Finding, ok, type Result, type Results, unknown } from "./finding.ts"

type Check = (evidence: Evidence) => Results

/** Checks of the way to the proxy. */
const outside: readonly (readonly [name: string, check: Check])[] = [
  ["certificate", checkCertificate],
  ["http", checkPlain],
]

/** Checks that need Postern's own answers. */
const inside: readonly (readonly [name: string, check: Check])[] = [
  ["addresses", checkAddresses],
  ["issuer", checkIssuer],
  ["passkeys", checkPasskeys],
  ["host", checkHost],
  ["client address", checkClientAddress],
  ["routes", checkRoutes],
  ["once", checkOnce],
  ["path", checkTargets],
  ["request headers", checkRequestHeaders],
  ["request bodies", checkRequestBodies],
  ["answers", checkReplies],
  ["cookies", checkCookies],
  ["sizes", checkSizes],
  ["connections", checkKeepAlive],
  ["late answers", checkPatience],
  ["cache", checkCaching],
  ["clock", checkClock],
]

/** Judges the evidence. */
export function findings(evidence: Evidence): readonly Finding[] {
  const isInside = evidence.blindness === null
  const isElsewhereReached = evidence.samples.some((sample) =>
    isInside ? sample.seen.length > 0 : isReached(sample),
  )
  const misdirected = findMisdirected(evidence)
  const noAnswer = isElsewhereReached ? null : findNoAnswer(evidence)
  const fatal = misdirected ?? noAnswer
  const hasAnswer = evidence.firsts.some(({ exchange }) => exchange.link !== null)
  return [
    { check: misdirected === null ? "answer" : "host", ...(fatal ?? answered(evidence)) },
    ...(hasAnswer ? run(outside, evidence) : []),
    ...(fatal !== null
      ? [{ check: "all else", ...notReached }]
      : evidence.samples.length === 0
        ? [{ check: "all else", ...late(evidence) }]
        : run(inside, evidence)),
    ...checkGates(evidence),
    ...(evidence.isCutShort && evidence.samples.length > 0 && fatal === null
      ? [{ check: "time", ...unknown("There was no time for all questions: answers come late") }]
      : []),
  ]
}

const notReached: Result = unknown("Nothing more can be said until Postern answers")

function late(evidence: Evidence): Result {
  const seconds = Math.round((mainSample(evidence)?.exchange.millis ?? 0) / 100) / 10
  return unknown(`An answer took ${seconds} s, so there was no time for more questions`, {
    effect: "Users wait for each page and each token.",
    remedy: { any: "Look at the proxy's log: a first upstream that does not answer, DNS, or load" },
  })
}

function answered({ address }: Evidence): Result {
  return ok(`Postern answers at ${address.text}`)
}

function run(checks: typeof inside, evidence: Evidence): readonly Finding[] {
  return checks.flatMap(([check, judge]) =>
    [judge(evidence) ?? []].flat().map((one) => ({ check, ...one })),
  )
}
