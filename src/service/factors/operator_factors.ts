// What an operator can do with the second factors of users: look at them, and remove them for
// somebody who has lost them. The command line and the control socket call this.

import { type FactorRequirement, isRequiredOf } from "../../domain/factor_requirement.ts"
import { type FactorMethod, isEnrolled, methodsOf } from "../../domain/factors.ts"
import type { TrustedDevice } from "../../domain/trusted_device.ts"
import type { User } from "../../domain/user.ts"
import { hasVersion } from "../../domain/user_condition.ts"
import { quotedName } from "../../domain/username.ts"
import { AuthError } from "../../errors.ts"
import type { RevocationWindow, Store } from "../../store/store.ts"
import { type Audit, auditEnded } from "../../telemetry/audit.ts"
import { type Act, byOperator, changedSinceSeen } from "../act.ts"
import { requireName, unknownUser } from "../create_user.ts"
import type { DeviceTrust } from "../device_trust.ts"
import { mfaLimits } from "../limits.ts"
import { refusedReset } from "../user_rights.ts"
import { type UserView, viewOf } from "../user_view.ts"

/** A user's second factors as an operator may see them. Instants are epoch seconds. */
export interface FactorSummary {
  readonly username: string
  /** Whether the user must have a factor. */
  readonly isRequired: boolean
  readonly methods: readonly FactorMethod[]
  readonly totp: UsedFactor | null
  readonly passkeys: readonly (UsedFactor & { readonly name: string; readonly isSynced: boolean })[]
  readonly recoveryCodesLeft: number
  readonly trustedDevices: readonly Omit<TrustedDevice, "id">[]
  /** Wrong codes in a row. */
  readonly wrongCodes: number
  /** Whether they are so many that no code counts. */
  readonly isLocked: boolean
}

/** Since when there is a factor, and when it was used last. */
export interface UsedFactor {
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** What was removed, and what is left. */
export interface ResetFactors {
  readonly removed: FactorMethod | "all"
  /** The methods that are left. */
  readonly methods: readonly FactorMethod[]
  readonly isRequired: boolean
  readonly user: UserView
}

/** What the commands work with. */
export interface OperatorFactorParts {
  readonly store: Pick<Store, "users">
  readonly requirement: FactorRequirement
  readonly trust: DeviceTrust
  readonly windowNow: () => RevocationWindow
  readonly audit: Audit
}

/**
 * The second factors of a user.
 * @throws AuthError `invalid_request`, `not_found`
 */
export async function listFactors(
  typed: string,
  { store, requirement, trust }: OperatorFactorParts,
): Promise<FactorSummary> {
  const user = await requireUser(typed, store)
  const { username, factors } = user
  const { totp = null, passkeys = [], recoveryCodes = [], failures = 0 } = factors ?? {}
  return {
    username,
    isRequired: isRequiredOf(user, requirement),
    methods: methodsOf(factors),
    totp: totp && usesOf(totp),
    passkeys: passkeys.map((one) => ({
      ...{ name: one.name, isSynced: one.isSynced },
      ...usesOf(one),
    })),
    recoveryCodesLeft: isEnrolled(factors) ? recoveryCodes.length : 0,
    trustedDevices: trust.listOf(user).map(({ id: _id, ...device }) => device),
    wrongCodes: failures,
    isLocked: failures >= mfaLimits.failuresOfAccount.inARow,
  }
}

/**
 * Removes all second factors of a user, or those of a method, and ends the user's sessions.
 * @throws AuthError `invalid_request`; `not_found`, also for a user who has no such factor
 */
export async function resetFactors(
  { username: typed, method }: { readonly username: string; readonly method: FactorMethod | null },
  { store, requirement, windowNow, audit }: OperatorFactorParts,
  { fields, condition }: Act = byOperator,
): Promise<ResetFactors> {
  const found = await requireUser(typed, store)
  if (!hasVersion(found, condition)) throw changedSinceSeen()
  const { username, factors } = found
  const known = methodsOf(factors)
  if (method === null ? known.length === 0 : !known.includes(method)) {
    throw new AuthError("not_found", `The user ${quotedName(username)} has no ${nounOf(method)}`)
  }
  const removed = method ?? "all"
  const change = { window: windowNow(), factors: { removeAll: removed }, ...condition } as const
  const reset = await store.users.reset(username, {}, change)
  if (typeof reset === "string") throw refusedReset(reset, username)
  audit("mfa.reset", { ...fields, user: username, reason: removed })
  auditEnded(reset.ended, { ...fields, reason: "mfa_changed" }, audit)
  const { user } = reset
  const left = { methods: methodsOf(user.factors), isRequired: isRequiredOf(user, requirement) }
  return { removed, ...left, user: viewOf(user) }
}

/** The two as commands. */
export function createFactorCommands(parts: OperatorFactorParts) {
  return {
    list: (username: string) => listFactors(username, parts),
    reset: (user: Parameters<typeof resetFactors>[0], act?: Act) => resetFactors(user, parts, act),
  }
}

async function requireUser(typed: string, { users }: Pick<Store, "users">): Promise<User> {
  const username = requireName(typed)
  const user = await users.find(username)
  if (user === null) throw unknownUser(username)
  return user
}

function usesOf({ createdAt, lastUsedAt }: UsedFactor): UsedFactor {
  return { createdAt, lastUsedAt }
}

function nounOf(method: FactorMethod | null): string {
  if (method === null) return "second factor"
  const nouns = { otp: "authenticator app", recovery: "recovery codes", passkey: "passkey" }
  return nouns[method]
}
