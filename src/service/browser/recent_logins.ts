// Collects the recent logins and failures of users from the events of the audit trail, for the
// account page. They are kept in memory and written once a minute: a login waits for nothing more,
// and a flood of failures is one write a user. A crash loses the last minute.

import type { Clock } from "../../clock.ts"
import { emptyHistory, joinHistories, type LoginHistory } from "../../domain/login_history.ts"
import type { HistoryStore } from "../../store/history_store.ts"
import type { Audit, AuditEvent, AuditFields } from "../../telemetry/audit.ts"

/** The recent logins of all users: those in the store, and those that are not written yet. */
export interface RecentLogins {
  /** Takes an event of the audit trail. */
  readonly note: Audit
  /** What is known of a user, with what is not written yet. */
  find(username: string): Promise<LoginHistory>
  /** Writes what came in. @throws Unavailable; then it is written the next time */
  flush(): Promise<void>
}

/** Above this many users in a minute the others are left out: the memory is bounded. */
const usersMax = 1000
/** Users whose histories are written at a time. */
const usersAtOnce = 8

const loginEvents: readonly AuditEvent[] = ["login.succeeded", "link.used"]
const failureEvents: readonly AuditEvent[] = ["login.failed", "password.refused", "mfa.failed"]
const codeReasons: readonly (string | undefined)[] = ["otp", "recovery"]

/** Makes the collector. */
export function createRecentLogins({
  store,
  clock,
}: {
  readonly store: { readonly histories: HistoryStore }
  readonly clock: Pick<Clock, "now">
}): RecentLogins {
  let waiting = new Map<string, LoginHistory>()
  const join = (added: LoginHistory) => {
    const { username } = added
    if (!waiting.has(username) && waiting.size >= usersMax) return
    waiting.set(username, joinHistories(waiting.get(username) ?? emptyHistory(username), added))
  }
  return {
    note(event, fields) {
      const added = historyOf(event, fields, clock.now())
      if (added !== null) join(added)
    },
    async find(username) {
      const kept = (await store.histories.find(username)) ?? emptyHistory(username)
      return joinHistories(kept, waiting.get(username) ?? emptyHistory(username))
    },
    async flush() {
      const unwritten = waiting.values()
      waiting = new Map()
      const failures: unknown[] = []
      const writeInTurn = async () => {
        for (const added of unwritten) {
          try {
            if (failures.length === 0) await store.histories.add(added)
            else join(added)
          } catch (error) {
            failures.push(error)
            join(added)
          }
        }
      }
      await Promise.all(Array.from({ length: usersAtOnce }, writeInTurn))
      if (failures.length > 0) throw failures[0]
    },
  }
}

function historyOf(
  event: AuditEvent,
  { user: username, client: address, reason }: AuditFields,
  at: number,
): LoginHistory | null {
  if (username === undefined || address === undefined) return null
  const none = emptyHistory(username)
  if (loginEvents.includes(event)) return { ...none, logins: [{ at, address }] }
  if (!failureEvents.includes(event)) return null
  if (event !== "mfa.failed") return { ...none, failures: [{ at, address, count: 1 }] }
  // A wrong passkey does not say that anybody knows the password.
  const isCode = codeReasons.includes(reason)
  return isCode ? { ...none, failures: [{ at, address, count: 1, isCode }] } : null
}
