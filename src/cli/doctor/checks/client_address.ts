// Whose address counts as the client's. A wrong one lets all users share one client's limits, or
// lets anybody escape them.

import type { SeenRequest } from "../../../admin/request_watch.ts"
import { canonicalAddress, isWithin, readNetwork } from "../../../domain/ip_address.ts"
import { isLoopback } from "../../../system/address.ts"
import { allSamples, type Evidence, isDirect, type Sample, sampleOf } from "../evidence.ts"
import { ok, type Result, unknown, warning, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { forged } from "../probes.ts"
import { remedies } from "../remedies.ts"

const shared = "All users share the limits of one client: a few wrong passwords keep everybody out."
const claimed = "Anybody can claim another address, and so escape every limit of a client."
/** A network of proxies is narrower. */
const proxyPrefixMin = 16

interface View {
  /** The header that the settings name, and the other one. */
  readonly header: string
  readonly other: string
  readonly trusted: readonly string[]
  readonly plain: SeenRequest
  readonly forged: SeenRequest | null
}

/** Whether the client's address arrives, and only that. */
export function checkClientAddress(evidence: Evidence): Result {
  const { facts, blindness } = evidence
  const sample = allSamples(evidence).find(
    ({ seen, probe }) => probe.name !== "forged" && seen.some(({ client }) => client !== null),
  )
  const plain = sample?.seen.find(({ client }) => client !== null)
  if (facts === null || sample === undefined || plain === undefined) {
    return unknown(blindness ?? "No request arrived")
  }
  if (isDirect(evidence) && isOwnAddress(sample, plain)) {
    return ok("No proxy is in between: Postern sees clients itself")
  }
  const header = facts.forwardedHeader
  const other = header === "Forwarded" ? "X-Forwarded-For" : "Forwarded"
  const trusted = facts.trustedProxies
  const forgedSeen = sampleOf(evidence, "forged")?.seen[0] ?? null
  const view = { header, other, trusted, plain, forged: forgedSeen }
  const result = findUntrusted(view) ?? findMissing(view) ?? findWrongHop(view) ?? findForged(view)
  return result ?? findWide(view) ?? ok(`The client counts as ${plain.client}, by ${header}`)
}

function isOwnAddress({ exchange: { link } }: Sample, { peer }: SeenRequest): boolean {
  return link !== null && canonicalAddress(link.localAddress) === peer.address
}

function findUntrusted({ plain, trusted, header, other }: View): Result | null {
  const { address, isTrusted } = plain.peer
  if (isTrusted) return null
  const list = [...trusted.map(shortNetwork), address].join()
  const written = [header, other].find((name) => headerOf(plain.rawHeaders, name) !== undefined)
  const setting = written === other ? ` and POSTERN_FORWARDED_HEADER=${other}` : ""
  const silent = written === undefined ? `, which sends no ${header}` : ""
  return wrong(`Postern does not trust the proxy at ${address}${silent}`, {
    effect: shared,
    remedy: {
      any: `POSTERN_TRUSTED_PROXIES=${list}${setting}`,
      ...(written === undefined ? remedies.forwardedFor : {}),
    },
  })
}

function findMissing({ plain, forged: claim, header, other }: View): Result | null {
  if (headerOf(plain.rawHeaders, header) !== undefined) return null
  const isPassed = claim?.client === forged.address
  if (headerOf(plain.rawHeaders, other) !== undefined) {
    return wrong(`The proxy writes ${other}, and Postern reads ${header}`, {
      effect: shared,
      remedy: { any: `POSTERN_FORWARDED_HEADER=${other}` },
    })
  }
  const passed = isPassed ? `, and passes on the ${header} of the client` : ""
  return wrong(`The proxy writes no ${header}${passed}`, {
    effect: isPassed ? claimed : shared,
    remedy: remedies.forwardedFor,
  })
}

/** The first proxy wrote the client's address first: what counts must be that. */
function findWrongHop({ plain, header, trusted }: View): Result | null {
  const [first = ""] = elementsOf(plain, header)
  const address = canonicalAddress(first)
  if (address === null) {
    return wrong(`The proxy writes '${first}' into ${header}, which is no address`, {
      effect: shared,
      remedy: remedies.forwardedFor,
    })
  }
  if (plain.client === address) return null
  return wrong(`A second proxy, at ${plain.client}, is not trusted`, {
    effect: shared,
    remedy: {
      any: `POSTERN_TRUSTED_PROXIES=${[...trusted.map(shortNetwork), plain.client].join()}`,
    },
  })
}

function findForged({ forged: claim, header, trusted }: View): Result | null {
  if (claim === null || claim.client !== forged.address) return null
  const elements = elementsOf(claim, header)
  const last = canonicalAddress(elements.at(-1) ?? "") ?? ""
  if (last === forged.address) {
    return wrong(`The proxy passes on the ${header} of the client`, {
      effect: claimed,
      remedy: remedies.forwardedFor,
    })
  }
  // The proxy did append this machine's address, which is that of a trusted proxy.
  const network = trusted.find((one) => isWithin(last, networks(one)))
  const isOne = network === undefined || isSingle(network) || isLoopback(last)
  return isOne ? null : tooWide(network, `this machine's address ${last} is in it`)
}

function findWide({ plain, trusted }: View): Result | null {
  const network = trusted.find((one) => isWithin(plain.peer.address, networks(one)))
  const [found] = networks(network ?? "")
  if (found === undefined || found.prefix >= proxyPrefixMin || isLoopback(found.start)) return null
  return tooWide(network ?? "", `the proxy is ${plain.peer.address}`)
}

function tooWide(network: string, why: string): Result {
  return warning(`POSTERN_TRUSTED_PROXIES has ${network}: ${why}`, {
    effect: "Each machine in that network can claim any address.",
    remedy: { any: "Name the proxies' addresses, or a network that has nothing else in it" },
  })
}

function elementsOf({ rawHeaders }: SeenRequest, header: string): readonly string[] {
  const elements = (headerOf(rawHeaders, header) ?? "").split(",").map((one) => one.trim())
  return elements.map((one) => {
    const text = header === "Forwarded" ? (/for="?([^";]+)/i.exec(one)?.[1] ?? one) : one
    return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, "$1")
  })
}

function networks(text: string) {
  const network = readNetwork(text)
  return network === null ? [] : [network]
}

function isSingle(network: string): boolean {
  return network.endsWith(network.includes(":") ? "/128" : "/32")
}

/** A single address without its length. */
function shortNetwork(network: string): string {
  return isSingle(network) ? network.replace(/\/\d+$/, "") : network
}
