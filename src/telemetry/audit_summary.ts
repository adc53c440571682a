// Sums up audit events that strangers can cause without limit. In each minute the first events get
// a line each. Further events are counted, and one line gives their number. So a flood can't fill
// the disk, and no event goes uncounted:
//
//   {"time":"…","level":"audit","event":"refresh.refused","client":"2001:db8::/64",
//    "reason":"invalid","count":51234,"seconds":60}
//
// Lines are counted for each client, for the network around it (an IPv6 /48 has 65,536 clients),
// and for all clients together. The `client` of a sum is the smallest of these groups that had too
// many lines. A sum without `client` is about all clients. A sum has no user, session or request.
// Each kind of event has its own counts. Events of sessions, users and keys are never summed,
// because other limits bound them.

import { networkOf, widerNetworkOf } from "../domain/ip_address.ts"
import type { Audit, AuditEvent, AuditFields } from "./audit.ts"

/** The events that are summed when there are many. */
export const summedEvents: readonly AuditEvent[] = [
  "login.failed",
  "login.delayed",
  "client.throttled",
  "refresh.refused",
  "password.refused",
  "mfa.failed",
]

/** An audit trail that grows at a bounded rate. */
export interface SummingAudit {
  readonly audit: Audit
  /** Writes the sums if the minute is over. Call it regularly. */
  summarize(): void
  /** Writes the sums so far. Call it before the process ends. */
  close(): void
}

/** The groups, the smallest first, and the most lines of one event for a group in a period. */
const tiers: readonly {
  readonly linesMax: number
  readonly nameOf: (address: string) => string | undefined
}[] = [
  { linesMax: 100, nameOf: networkOf },
  { linesMax: 300, nameOf: widerNetworkOf },
  { linesMax: 600, nameOf: () => undefined },
]

const periodSeconds = 60

/** Events that got no line of their own. */
interface Sum {
  readonly event: AuditEvent
  readonly client: string | undefined
  readonly reason: string | undefined
  count: number
}

/** Wraps a trail. `seconds` reads a clock that never goes back. */
export function createSummingAudit(write: Audit, seconds: () => number): SummingAudit {
  let startedAt = seconds()
  // Both maps are bounded: an entry needs a written line, and a sum needs a full group.
  const lines = new Map<string, number>()
  const sums = new Map<string, Sum>()

  return {
    audit(event, fields) {
      const { client } = fields
      if (client === undefined || !summedEvents.includes(event)) return write(event, fields)
      summarize()
      const named = tiers.map(({ linesMax, nameOf }, tier) => {
        const name = nameOf(client)
        return { linesMax, name, key: `${event} ${tier} ${name}` }
      })
      const full = named.find(({ key, linesMax }) => (lines.get(key) ?? 0) >= linesMax)
      if (full !== undefined) return add(event, full.name, fields)
      for (const { key } of named) lines.set(key, (lines.get(key) ?? 0) + 1)
      write(event, fields)
    },
    summarize,
    close: writeSums,
  }

  function add(event: AuditEvent, client: string | undefined, { reason }: AuditFields): void {
    const key = `${event} ${client ?? ""} ${reason ?? ""}`
    const sum = sums.get(key) ?? { event, client, reason, count: 0 }
    sum.count += 1
    sums.set(key, sum)
  }

  function summarize(): void {
    if (seconds() - startedAt >= periodSeconds) writeSums()
  }

  function writeSums(): void {
    const now = seconds()
    const period = Math.max(1, Math.round(now - startedAt))
    for (const { event, ...sum } of sums.values()) write(event, { ...sum, seconds: period })
    lines.clear()
    sums.clear()
    startedAt = now
  }
}
