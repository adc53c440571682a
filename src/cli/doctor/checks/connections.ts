// Connections between the proxy and Postern: the version of HTTP, whether they are kept, and how
// long the proxy waits for a late answer.

import { allSamples, type Evidence, isDirect, sampleOf } from "../evidence.ts"
import { ok, type Result, unknown, warning, wrong } from "../finding.ts"
import { slowReplySeconds } from "../probes.ts"
import { remedies } from "../remedies.ts"

/** The shortest time for which a proxy keeps an idle connection unless told: nginx's. */
const idleSeconds = 60

/** Whether connections are kept, and kept long enough. */
export function checkKeepAlive(evidence: Evidence): Result {
  const { blindness, facts } = evidence
  const seen = allSamples(evidence).flatMap((sample) => sample.seen)
  if (facts === null || seen.length === 0) return unknown(blindness ?? "No request arrived")
  if (isDirect(evidence)) return ok("No proxy is in between")
  const effect = "Each request costs a new connection: pages and tokens come later."
  const remedy = remedies.keepAlive
  if (seen.some(({ httpVersion }) => httpVersion === "1.0")) {
    return warning("The proxy speaks HTTP/1.0 to Postern", { effect, remedy })
  }
  if (!seen.some(({ number }) => number > 1) && turnsOf(evidence) > 1) {
    return warning("The proxy opens a connection for each request", { effect, remedy })
  }
  const kept = facts.keepAliveSeconds.proxy
  if (kept <= idleSeconds) {
    return warning(
      `Postern closes idle connections after ${kept} s, and proxies after ${idleSeconds} s or later`,
      {
        effect: "Now and then a request gets 502, because Postern closes its connection first.",
        remedy: {
          any: "POSTERN_PROXY_KEEP_ALIVE=75s, or let the proxy close earlier",
          nginx: `keepalive_timeout ${Math.max(1, kept - 5)}s; in the upstream block`,
          caddy: `transport http { keepalive ${Math.max(1, kept - 5)}s }`,
          traefik: `serversTransport.forwardingTimeouts.idleConnTimeout: ${Math.max(1, kept - 5)}s`,
          haproxy: `pool-purge-delay ${Math.max(1, kept - 5)}s on the server line`,
        },
      },
    )
  }
  return ok(`Connections are kept; the proxy must close them within ${kept} s`)
}

/** How many of the questions on one connection arrived. */
function turnsOf({ samples }: Evidence): number {
  return samples.filter(({ probe, seen }) => probe.name.startsWith("turn_") && seen.length > 0)
    .length
}

/** Whether the proxy waits for a login that has to wait for its turn. */
export function checkPatience(evidence: Evidence): Result | null {
  const sample = sampleOf(evidence, "slow")
  if (sample === undefined || evidence.blindness !== null) {
    return unknown(evidence.blindness ?? "No request arrived")
  }
  const { answer, failure, millis } = sample.exchange
  const seen = sample.seen[0]
  // Another check says why it did not arrive.
  if (seen === undefined) return null
  const isAnswered = answer !== null && answer.status < 500
  if (isAnswered) {
    return ok(`The proxy waits ${slowReplySeconds} s for an answer`)
  }
  const outcome = answer === null ? failure?.code : answer.status
  const seconds = Math.round(millis / 100) / 10
  return wrong(`The proxy gives up after ${seconds} s (${outcome})`, {
    effect: "While many log in, a login waits up to 5 s for its turn, and then users get an error.",
    remedy: remedies.patience,
  })
}
