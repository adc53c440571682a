// Sizes: the largest body, target and cookies that Postern takes, and the largest head it sends.

import { type Evidence, type Sample, sampleOf } from "../evidence.ts"
import { ok, type Results, unknown, wrong } from "../finding.ts"
import { type Remedy, remedies } from "../remedies.ts"
import { isReached, outcomeOf } from "./routes.ts"

interface Size {
  readonly probe: string
  /** The same in small: when that is not passed on either, the size is not why. */
  readonly small: string
  readonly what: string
  readonly effect: string
  readonly remedy: Remedy
}

const sizes: readonly Size[] = [
  {
    ...{ probe: "login", small: "small_login", what: "a body of 16 KiB" },
    effect: "Long passwords and tokens are refused.",
    remedy: remedies.bodySize,
  },
  {
    ...{ probe: "large_head", small: "query", what: "a request's head of 6 KiB" },
    effect: "Browsers with many cookies are refused.",
    remedy: remedies.headSize,
  },
  {
    ...{ probe: "large_reply", small: "query", what: "an answer's head of 6 KiB" },
    effect: "Redirects that carry a long address fail: users see an error after the login.",
    remedy: remedies.replyBuffers,
  },
]

/** Whether what is large passes. */
export function checkSizes(evidence: Evidence): Results {
  const results = sizes.flatMap((size) => {
    const sample = sampleOf(evidence, size.probe)
    const small = sampleOf(evidence, size.small)
    if (sample === undefined || passes(sample)) return []
    if (small !== undefined && !isReached(small)) return []
    // Small requests get the same: the size is not why.
    const isSame = (one: Sample) => isLostSmall(one) && statusOf(one) === statusOf(sample)
    if (evidence.samples.some(isSame)) return []
    const { what, effect, remedy } = size
    if (sample.exchange.failure?.code === "timeout") return unknown(`Not answered in time: ${what}`)
    return wrong(`The proxy does not pass ${what} (${outcomeOf(sample)})`, { effect, remedy })
  })
  return results.length > 0 ? results : ok("Bodies of 16 KiB and large heads pass")
}

function isLostSmall(sample: Sample): boolean {
  const isLarge = sizes.some(({ probe }) => probe === sample.probe.name)
  return !isLarge && !isReached(sample)
}

function statusOf({ exchange: { answer } }: Sample): number | undefined {
  return answer?.status
}

function passes(sample: Sample): boolean {
  const { answer } = sample.exchange
  if (answer === null) return false
  const sent = sample.seen[0]?.reply?.status
  return sent === undefined ? isReached(sample) : sent === answer.status || answer.status < 500
}
