// All addresses of the name: browsers choose one of them, and try IPv6 first.

import { isIPv4 } from "node:net"
import { type Evidence, mainSample, type Sample } from "../evidence.ts"
import { ok, type Result, type Results, unknown, wrong } from "../finding.ts"
import { isReached } from "./routes.ts"

/** Errors of a machine that has no IPv6, or no way there. */
const noWay: readonly string[] = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"]

/** Whether the service answers at each address of its name. */
export function checkAddresses(evidence: Evidence): Results {
  const { firsts, address } = evidence
  const main = mainSample(evidence)
  const others = firsts.filter((sample) => sample !== main)
  const results = others.flatMap((sample) => resultFor(sample, address.name) ?? [])
  if (results.length > 0) return results
  const list = firsts.map(({ endpoint }) => endpoint.address).join(", ")
  return ok(`The service answers at ${list}`)
}

function resultFor(sample: Sample, name: string): Result | null {
  const { address } = sample.endpoint
  const { failure, answer } = sample.exchange
  const kind = isIPv4(address) ? "IPv4" : "IPv6"
  const remedy = {
    any: `Let the proxy listen at ${address}, or remove it from the DNS of '${name}'`,
    nginx: kind === "IPv6" ? "listen [::]:443 ssl;" : "listen 443 ssl;",
  }
  const effect = `Users whose browser chooses ${kind} wait, or get an error.`
  if (failure !== null) {
    const text = `The ${kind} address ${address} does not answer (${failure.code})`
    if (noWay.includes(failure.code)) return unknown(`${text}: this machine has no way there`)
    return wrong(text, { effect, remedy })
  }
  if (isReached(sample)) return null
  return wrong(`Something else answers at the ${kind} address ${address} (${answer?.status})`, {
    effect,
    remedy,
  })
}
