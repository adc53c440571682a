// Whether the proxy answers from a cache what must be asked each time.

import { type Evidence, isOfPostern, type Sample } from "../evidence.ts"
import { ok, type Result, wrong } from "../finding.ts"
import { headerOf } from "../http_answer.ts"
import { cacheProbes } from "../probes.ts"
import { remedies } from "../remedies.ts"

/** Whether the same question twice is answered twice. */
export function checkCaching({ samples, blindness }: Evidence): Result | null {
  const pairs = cacheProbes.map(({ name }) => samples.filter(({ probe }) => probe.name === name))
  const answered = pairs.filter((pair) => pair.length === 2 && pair.every(isOfPostern))
  const cached = answered.find((pair) => isCached(pair, blindness === null))
  if (cached !== undefined) {
    return wrong(`The proxy answers ${cached[0]?.probe.path} from a cache`, {
      effect: "Users may get each other's answers and tokens, and logouts seem not to work.",
      remedy: remedies.caching,
    })
  }
  // Where nothing was answered twice, another check says why.
  return answered.length > 0 ? ok("No answer comes from a cache") : null
}

function isCached(pair: readonly Sample[], isSeen: boolean): boolean {
  // Both have what arrived with their mark.
  if (isSeen) return pair[0]?.seen.length === 1
  const [id, other] = pair.map(({ exchange: { answer } }) =>
    headerOf(answer?.rawHeaders ?? [], "x-request-id"),
  )
  return id !== undefined && id === other
}
