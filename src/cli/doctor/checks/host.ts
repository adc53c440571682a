// The Host header, which many proxies replace.

import { allSamples, type Evidence, mainSample } from "../evidence.ts"
import { ok, type Result, unknown, warning, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { remedies } from "../remedies.ts"

/** A refusal of the Host header: then no other answer says anything. Null when it is accepted. */
export function findMisdirected(evidence: Evidence): Result | null {
  const main = mainSample(evidence)
  if (main?.exchange.answer?.status !== 421) return null
  const { address, facts } = evidence
  const arrived = main.seen.map(({ rawHeaders }) => headerOf(rawHeaders, "host"))[0]
  const listed = facts?.allowedHosts?.join(",") ?? ""
  const effect = "Every request gets 421."
  if (arrived === undefined || arrived.toLowerCase() === address.host) {
    const remedy = { any: `POSTERN_ALLOWED_HOSTS=${[listed, address.name].filter(Boolean).join()}` }
    return wrong(`POSTERN_ALLOWED_HOSTS does not have '${address.name}'`, { effect, remedy })
  }
  const text = `The proxy sends 'Host: ${arrived}' in the place of '${address.host}', and POSTERN_ALLOWED_HOSTS is ${listed}`
  return wrong(text, { effect, remedy: remedies.host })
}

/** Whether Host arrives as it was sent. */
export function checkHost(evidence: Evidence): Result {
  const { address, blindness } = evidence
  const hosts = allSamples(evidence).flatMap(({ seen }) =>
    seen.map(({ rawHeaders }) => headerOf(rawHeaders, "host")),
  )
  const other = hosts.find((host) => host?.toLowerCase() !== address.host)
  if (other === undefined) {
    if (hosts.length > 0) return ok(`Host arrives as '${address.host}'`)
    return unknown(blindness ?? "No request arrived")
  }
  return warning(`The proxy sends 'Host: ${other}' in the place of '${address.host}'`, {
    effect: "Postern would answer 421 as soon as POSTERN_ALLOWED_HOSTS is set.",
    remedy: remedies.host,
  })
}
