// Who must have a second factor (POSTERN_REQUIRE_MFA), and what a login needs after its password.
// Pure.

import { isEnrolled } from "./factors.ts"
import type { User } from "./user.ts"

/** Nobody, everybody, or the users who have a role. */
export type FactorRequirement =
  | { readonly kind: "none" | "all" }
  | { readonly kind: "role"; readonly role: string }

/** What a login needs after its password: a factor, or the set-up of one. */
export type DueStep = "factor" | "enrolment"

/**
 * How it stands with a user's second factor. "required": the user must set one up; "locked": after
 * so many wrong codes no code counts.
 */
export type FactorState = "none" | "required" | "on" | "locked"

/** Whether a user must have a second factor. */
export function isRequiredOf(
  { roles }: Pick<User, "roles">,
  requirement: FactorRequirement,
): boolean {
  if (requirement.kind === "role") return roles.includes(requirement.role)
  return requirement.kind === "all"
}

/** Whether a user has to set up a second factor before anything else. */
export function mustEnrol(
  user: Pick<User, "roles" | "factors">,
  requirement: FactorRequirement,
): boolean {
  return isRequiredOf(user, requirement) && !isEnrolled(user.factors)
}

/** What a login of a user needs after its password; null when it is complete. */
export function dueStepOf(
  user: Pick<User, "roles" | "factors">,
  requirement: FactorRequirement,
): DueStep | null {
  if (isEnrolled(user.factors)) return "factor"
  return mustEnrol(user, requirement) ? "enrolment" : null
}

/** The state of a user's second factor. */
export function factorStateOf(
  user: Pick<User, "roles" | "factors">,
  {
    requirement,
    failuresMax,
  }: { readonly requirement: FactorRequirement; readonly failuresMax: number },
): FactorState {
  if (!isEnrolled(user.factors)) return mustEnrol(user, requirement) ? "required" : "none"
  return user.factors.failures < failuresMax ? "on" : "locked"
}
