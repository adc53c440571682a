// What the audit trail says, counted: logins, refreshes, throttles, second factors. Every event
// counts, also one that the trail only sums up in a flood.

import { type Audit, type AuditEvent, auditEvents } from "../telemetry/audit.ts"
import { Counts } from "./counts.ts"
import type { Series } from "./series.ts"

const loginOutcomes: Partial<Record<AuditEvent, string>> = {
  "login.succeeded": "succeeded",
  "login.failed": "failed",
}
const refreshOutcomes: Partial<Record<AuditEvent, string>> = {
  "session.refreshed": "rotated",
  "session.replayed": "replayed",
  "session.set_back": "set_back",
  "session.reused": "reused",
}
const refreshRefusals = ["invalid", "expired", "ended", "access_token", "not_checked"]
const throttleReasons = ["delay", "login", "logins", "refresh", "logout", "registration"]

/** Counts the events of the audit trail. */
export class EventTally {
  readonly #events = new Counts(
    ["event"],
    auditEvents.map((event) => [event]),
  )
  readonly #logins = new Counts(["outcome"], listed(Object.values(loginOutcomes)))
  readonly #refreshes = new Counts(["outcome"], listed(Object.values(refreshOutcomes)))
  readonly #refreshRefusals = new Counts(["reason"], listed(refreshRefusals))
  readonly #throttles = new Counts(["reason"], listed(throttleReasons))
  readonly #factors = new Counts(["event", "method"])

  /** Counts an event, as the audit trail gets it. */
  readonly hear: Audit = (event, { reason = "none" }) => {
    this.#events.add(event)
    const login = loginOutcomes[event]
    if (login !== undefined) this.#logins.add(login)
    const refresh = refreshOutcomes[event]
    if (refresh !== undefined) this.#refreshes.add(refresh)
    if (event === "refresh.refused") this.#refreshRefusals.add(reason)
    if (event === "login.delayed") this.#throttles.add("delay")
    if (event === "client.throttled") this.#throttles.add(reason)
    if (event.startsWith("mfa.")) this.#factors.add(event.slice("mfa.".length), reason)
  }

  /** The series of events. */
  series(): readonly Series[] {
    return [
      this.#logins.series("postern_logins_total", "Logins by their outcome."),
      this.#refreshes.series(
        "postern_refreshes_total",
        "Refresh tokens that were used: rotated, replayed within the grace, set back after a restore, or reused, which ends the session.",
      ),
      this.#refreshRefusals.series(
        "postern_refresh_refusals_total",
        "Refresh tokens that were refused, by reason. Reused ones are not among them.",
      ),
      this.#throttles.series(
        "postern_throttles_total",
        "Times that a client, an account or a session reached a limit. With reason delay one has to wait before its next attempt at an account.",
      ),
      this.#factors.series(
        "postern_mfa_total",
        "Events of second factors, such as required, used and failed, by the method.",
      ),
      this.#events.series(
        "postern_audit_events_total",
        "Events of the audit trail, also those that it sums up in a flood.",
      ),
    ]
  }
}

function listed(words: readonly string[]): readonly (readonly string[])[] {
  return words.map((word) => [word])
}
