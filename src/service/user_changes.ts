// Changes of a user as operators make them: on the act's conditions, and audited with who acts.

import type { UserChange, UserReset } from "../domain/user.ts"
import type { RevocationWindow, Store } from "../store/store.ts"
import { type Audit, auditEnded } from "../telemetry/audit.ts"
import type { Act } from "./act.ts"
import { requireName, unknownUser } from "./create_user.ts"
import { refusedChange, refusedReset } from "./user_rights.ts"
import { type UserView, viewOf } from "./user_view.ts"

interface UserChangeParts {
  readonly store: Store
  readonly audit: Audit
  /** The times that decide how a session ends now. */
  readonly windowNow: () => RevocationWindow
}

/** Changes the user of a typed name. `reason` is the audit trail's word for the change. */
export async function changeUserBy(
  {
    typed,
    change,
    reason,
  }: { readonly typed: string; readonly change: UserChange; readonly reason: string },
  act: Act,
  { store, audit }: UserChangeParts,
): Promise<UserView> {
  const username = requireName(typed)
  const changed = await store.users.change(username, change, act.condition)
  if (changed === "unknown") throw unknownUser(username)
  if (typeof changed === "string") throw refusedChange(changed, change, username)
  audit("user.changed", { ...act.fields, user: username, reason })
  return viewOf(changed)
}

/** Changes the user of a typed name, and makes all earlier tokens of the user invalid. */
export async function resetUserBy(
  {
    typed,
    reset,
    reason,
  }: { readonly typed: string; readonly reset: UserReset; readonly reason: string },
  act: Act,
  { store, audit, windowNow }: UserChangeParts,
): Promise<UserView> {
  const username = requireName(typed)
  const options = { window: windowNow(), ...act.condition }
  const outcome = await store.users.reset(username, reset, options)
  if (typeof outcome === "string") throw refusedReset(outcome, username)
  const fields = { ...act.fields, reason }
  audit("user.changed", { ...fields, user: username })
  auditEnded(outcome.ended, fields, audit)
  return viewOf(outcome.user)
}
