// What the doctor has seen from outside and from inside, and how checks look at it.

import type { SeenRefusal, SeenRequest, WatchStarted } from "../../admin/request_watch.ts"
import type { Endpoint, Exchange, Lookup } from "./exchange.ts"
import { type HttpAnswer, headerOf, readableBody } from "./http_answer.ts"
import type { Probe } from "./probes.ts"
import type { PublicAddress } from "./public_address.ts"
import { type ProxyKind, proxyOf } from "./remedies.ts"

/** A question with what came of it on both sides. */
export interface Sample {
  readonly probe: Probe
  readonly mark: string
  readonly address: PublicAddress
  readonly endpoint: Endpoint
  readonly exchange: Exchange
  /** As the service saw it: nothing, once, or more than once. */
  readonly seen: readonly SeenRequest[]
}

/** A host that needs a login, with the questions to it. */
export interface GateEvidence {
  readonly address: PublicAddress
  readonly lookup: Lookup
  readonly samples: readonly Sample[]
}

/** All that was seen. */
export interface Evidence {
  readonly address: PublicAddress
  readonly lookup: Lookup
  /** The first question, at each address of the name. */
  readonly firsts: readonly Sample[]
  /** The other questions to the login host. */
  readonly samples: readonly Sample[]
  readonly gates: readonly GateEvidence[]
  /** How `http://` answers, where the address is https. */
  readonly plain: Sample | null
  /** Null without the control socket. */
  readonly facts: WatchStarted | null
  /** Why nothing is known of the inside; null when it is known. */
  readonly blindness: string | null
  readonly refusals: readonly SeenRefusal[]
  readonly proxy: ProxyKind | null
  /** This machine's clock, in epoch seconds, when the first answer came. */
  readonly answeredAt: number
  /** How many seconds the service's clock is ahead of this one, by its control socket. */
  readonly secondsAhead: number | null
  /** Questions that there was no time for. */
  readonly isCutShort: boolean
}

/** The sample that all others are measured by: the first that got an answer. */
export function mainSample({ firsts }: Evidence): Sample | undefined {
  return firsts.find(({ exchange }) => exchange.answer !== null) ?? firsts[0]
}

/** A sample by the name of its probe. */
export function sampleOf({ samples }: Pick<Evidence, "samples">, name: string): Sample | undefined {
  return samples.find(({ probe }) => probe.name === name)
}

/** The answers to the login host's questions, with those to the first. */
export function allSamples(evidence: Pick<Evidence, "firsts" | "samples">): readonly Sample[] {
  return [...evidence.firsts, ...evidence.samples]
}

/**
 * Whether each question came on the doctor's own connection, so that no proxy is in between. A
 * proxy's connection may have the port of one of the doctor's by chance, but not each time.
 */
export function isDirect(evidence: Pick<Evidence, "firsts" | "samples">): boolean {
  const arrived = allSamples(evidence).filter(({ seen }) => seen.length > 0)
  return (
    arrived.length > 0 &&
    arrived.every(({ seen, exchange: { link } }) =>
      seen.every(({ peer }) => peer.port === link?.localPort),
    )
  )
}

/** Whether an answer is one that Postern wrote. */
export function isOfPostern({ exchange: { answer }, seen }: Sample): boolean {
  if (answer === null) return false
  if (seen.some(({ reply }) => reply?.status === answer.status)) return true
  return isLikePostern(answer)
}

/** Whether an answer looks like Postern's, where the inside is not known. */
export function isLikePostern(answer: HttpAnswer): boolean {
  const { rawHeaders } = answer
  const id = headerOf(rawHeaders, "x-request-id") ?? ""
  const policy = headerOf(rawHeaders, "content-security-policy") ?? ""
  if (/^[\w-]{8}-[0-9a-z]+$/.test(id)) return true
  return (
    policy.includes("frame-ancestors 'none'") ||
    /^\{"error":"[a-z_]+","msg":"/.test(`${readableBody(answer)}`)
  )
}

/** The request with which the proxy asked Postern about a question to a protected host. */
export function verifyRequestOf({ seen }: Pick<Sample, "seen">): SeenRequest | undefined {
  return seen.find(({ target }) => target.startsWith("/verify/"))
}

/** The proxy, as its answers name it. */
export function proxyIn(samples: readonly Pick<Sample, "exchange">[]): ProxyKind | null {
  const kinds = samples.map(({ exchange: { answer } }) =>
    answer === null ? null : proxyOf(headerOf(answer.rawHeaders, "server")),
  )
  return kinds.find((kind) => kind !== null) ?? null
}

/** Text that is short enough to be shown. */
export function shortened(text: string, lengthMax = 60): string {
  const shown = text.replace(/doctor=[\w-]+/, "doctor=…")
  return shown.length > lengthMax ? `${shown.slice(0, lengthMax - 1)}…` : shown
}
