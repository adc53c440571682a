// Audit events that anybody can cause without end: the first of each minute are lines of their own,
// the others are counted, and a line tells how many there were. So no flood fills the disk, and no
// event is lost without a count:
//
//   {"time":"…","level":"audit","event":"refresh.refused","client":"2001:db8::/64",
//    "reason":"invalid","count":51234,"seconds":60}
//
// Lines are counted by client, by the network around it, since who has an IPv6 /48 has 65,536
// clients, and for all. `client` names the smallest of these that had too many; a line without it
// is about all. A sum has no user, session or request. Events of one kind never hide those of
// another, and what happens to sessions, users and keys is never summed: other limits bound that.

import { networkOf, widerNetworkOf } from "../domain/ip_address.ts"
import type { Audit, AuditEvent, AuditFields } from "./audit.ts"

/** The events that are summed, when they are many. */
export const summedEvents: readonly AuditEvent[] = [
  "login.failed",
  "login.delayed",
  "client.throttled",
  "refresh.refused",
  "password.refused",
]

/** An audit trail that grows by no more than so much, whoever asks. */
export interface SummingAudit {
  readonly audit: Audit
  /** Writes the sums of a minute that is over. To be called from time to time. */
  summarize(): void
  /** Writes the sums so far: before the process ends. */
  close(): void
}

/** Whom lines are counted by, and how many of an event they may have in a period. */
const tiers: readonly {
  readonly linesMax: number
  readonly nameOf: (address: string) => string | undefined
}[] = [
  { linesMax: 100, nameOf: networkOf },
  { linesMax: 300, nameOf: widerNetworkOf },
  { linesMax: 600, nameOf: () => undefined },
]

const periodSeconds = 60

/** What was not written line by line. */
interface Sum {
  readonly event: AuditEvent
  readonly client: string | undefined
  readonly reason: string | undefined
  count: number
}

/** Puts sums in front of a trail. `seconds` is a clock that is never set. */
export function createSummingAudit(write: Audit, seconds: () => number): SummingAudit {
  let startedAt = seconds()
  // Bounded: only a line that is written makes an entry, and only who has many of those a sum.
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
