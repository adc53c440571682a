// The clocks of this machine, of the service, and of the proxy.

import { secondsOfDate } from "../../../clock.ts"
import { type Evidence, mainSample } from "../evidence.ts"
import { ok, type Result, unknown, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"

/** What Postern and its verifiers accept. */
const secondsApartMax = 5

/** Whether the clocks agree. */
export function checkClock(evidence: Evidence): Result {
  const { secondsAhead, answeredAt } = evidence
  const rawHeaders = mainSample(evidence)?.exchange.answer?.rawHeaders ?? []
  const date = secondsOfDate(headerOf(rawHeaders, "date") ?? "")
  const apart = secondsAhead ?? 0
  if (Math.abs(apart) > secondsApartMax) return apartResult("The clock of the service", apart)
  if (Number.isNaN(date)) {
    if (secondsAhead === null) return unknown("The answer has no date")
    return ok("The clock of the service agrees with this one; the answer has no date")
  }
  const dateApart = Math.round(date - answeredAt)
  if (Math.abs(dateApart) > secondsApartMax) return apartResult("The date of answers", dateApart)
  return ok("The clocks agree")
}

function apartResult(what: string, seconds: number): Result {
  const where = seconds > 0 ? "ahead of" : "behind"
  return wrong(`${what} is ${Math.abs(Math.round(seconds))} s ${where} this machine's clock`, {
    effect: "Fresh tokens are refused as not yet valid, and good ones as expired.",
    remedy: { any: "Run NTP on both machines" },
  })
}
