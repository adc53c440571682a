// The audit trail of a service of a test.

import { type Audit, createAudit } from "../../src/telemetry/audit.ts"
import { createSummingAudit } from "../../src/telemetry/audit_summary.ts"
import type { CollectedLog } from "./collected_log.ts"
import type { FakeClock } from "./fake_clock.ts"

/** Makes a trail to a collected log. `hear` hears of each event, too. */
export function createTrail({ log }: CollectedLog, clock: FakeClock, hear: Audit = () => {}) {
  const write = createAudit({ log, file: null, clock })
  const { audit: sum, summarize } = createSummingAudit(write, clock.steady)
  const audit: Audit = (event, fields) => {
    sum(event, fields)
    hear(event, fields)
  }
  return { audit, summarizeAudit: summarize }
}
