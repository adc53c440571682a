// Who does what an operator can do: the operator at the machine, or a user with the role of admins
// over HTTP. The same use cases serve both.

import type { Caller } from "../domain/caller.ts"
import type { ChangeCondition, RefusedCondition } from "../domain/user_condition.ts"
import { AuthError } from "../errors.ts"
import type { Asker } from "../password/fair_queue.ts"
import { type AuditFields, callerFields } from "../telemetry/audit.ts"
import { operator } from "./login_attempt.ts"

/** Who acts, and on what conditions. */
export interface Act {
  /** What the audit trail says of who acts; nothing of the operator at the machine. */
  readonly fields: AuditFields
  /** Conditions of each change, of a user or of the keys. */
  readonly condition: ChangeCondition
  /** Refuses to make again what exists already; the operator may. */
  readonly onlyNew?: boolean
  /** Who waits for a password's hash. */
  readonly asker: Asker
}

/** An act of the operator at the machine, who may do anything. */
export const byOperator: Act = Object.freeze({ fields: {}, condition: {}, asker: operator })

/** What an admin has seen of what is to be changed: its versions, undefined for any; or nothing. */
export type Seen = { readonly ifVersion: readonly string[] | undefined } | "new"

/** An act of an admin over HTTP. It can't take the last admin away. */
export function byAdmin(username: string, caller: Caller, seen: Seen): Act {
  const ifVersion = seen === "new" ? undefined : seen.ifVersion
  return {
    fields: { by: username, ...callerFields(caller) },
    condition: { ifVersion, keepsAdmin: true },
    onlyNew: seen === "new",
    asker: { groups: [`admin ${username}`], isKnown: true },
  }
}

/** The error for a condition that did not hold. */
export function refusedCondition(refused: RefusedCondition): AuthError {
  if (refused === "other_version") return changedSinceSeen()
  const message = "Nobody else is enabled and has the role 'admin': make somebody an admin first"
  return new AuthError("last_admin", message)
}

/** The error for a change of something that was changed since it was read. */
export function changedSinceSeen(): AuthError {
  const message = "It was changed since you read it: read it again, and decide again"
  return new AuthError("precondition_failed", message)
}

/** Whether a refusal of the store is that of a condition. */
export function isRefusedCondition(refused: string): refused is RefusedCondition {
  return refused === "other_version" || refused === "last_admin"
}
