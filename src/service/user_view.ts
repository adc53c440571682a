// Users as operators see them, one or many: never a hash, the tag of a link, or a secret of a
// second factor. Logins change what locks a user, which is no part of a user's version.

import {
  type FactorRequirement,
  type FactorState,
  factorStateOf,
} from "../domain/factor_requirement.ts"
import type { User, UserLink } from "../domain/user.ts"
import { versionOf } from "../domain/user_condition.ts"
import type { Store } from "../store/store.ts"
import type { PageQuestion } from "../store/user_pages.ts"
import { isLockedForStrangers } from "./account_failures.ts"
import { requireName, unknownUser } from "./create_user.ts"
import { mfaLimits } from "./limits.ts"

/** A user without the password hash, the tag of a link, and the second factors. */
export type UserSummary = Omit<User, "passwordHash" | "link" | "factors">

/** A user, and whether strangers are locked out after too many failed logins. */
export interface ListedUser extends UserSummary {
  readonly isLocked: boolean
  /** Whether the user was invited, and has not set a password yet. */
  readonly isInvited: boolean
  readonly factorState: FactorState
}

/** A user whose every member is of one version. Nothing that a login changes is in it. */
export interface UserView extends UserSummary {
  readonly version: string
  /** The link that was made last, until it is used or voided. It may have expired. */
  readonly link: Omit<UserLink, "tag"> | null
  /** Whether there is an authenticator app. */
  readonly hasTotp: boolean
  readonly passkeys: number
}

interface UserListParts {
  readonly store: Store
  readonly requirement: FactorRequirement
}

/** A page of users with their versions, and the name after which the next page begins. */
export interface ListedPage {
  readonly users: readonly (ListedUser & UserView)[]
  readonly next: string | null
}

/** Failures in a row, and whether they lock. */
export interface UserLock {
  /** Whether strangers are locked out. */
  readonly isLocked: boolean
  readonly strangers: number
  readonly devices: number
  readonly wrongCodes: number
  /** Whether no code counts. */
  readonly areCodesLocked: boolean
}

const wrongCodesMax = mfaLimits.failuresOfAccount.inARow

function summaryOf(user: User): UserSummary {
  const { passwordHash: _hash, link: _link, factors: _factors, ...rest } = user
  return rest
}

/** The user with the version. */
export function viewOf(user: User): UserView {
  const { link, factors } = user
  return {
    ...summaryOf(user),
    version: versionOf(user),
    link: link && withoutTag(link),
    hasTotp: factors !== null && factors.totp !== null,
    passkeys: factors?.passkeys.length ?? 0,
  }
}

function withoutTag({ tag: _tag, ...link }: UserLink): Omit<UserLink, "tag"> {
  return link
}

/** All users, ordered by name. */
export async function listUsers(parts: UserListParts): Promise<readonly ListedUser[]> {
  const users = await parts.store.users.list()
  return Promise.all(users.map((user) => listed(user, parts)))
}

/** A page of users, ordered by name. */
export async function pageOfUsers(
  question: PageQuestion,
  parts: UserListParts,
): Promise<ListedPage> {
  const { users, next } = await parts.store.users.page(question)
  const shown = users.map(async (user) => ({ ...viewOf(user), ...(await listed(user, parts)) }))
  return { users: await Promise.all(shown), next }
}

async function listed(user: User, { store, requirement }: UserListParts): Promise<ListedUser> {
  return {
    ...summaryOf(user),
    isLocked: isLockedForStrangers(await store.failures.find(user.username)),
    isInvited: user.link?.kind === "invite",
    factorState: factorStateOf(user, { requirement, failuresMax: wrongCodesMax }),
  }
}

/** The failures of the user of a typed name. @throws AuthError `invalid_request`, `not_found` */
export async function readLock(
  typed: string,
  { store }: { readonly store: Store },
): Promise<UserLock> {
  const username = requireName(typed)
  const user = await store.users.find(username)
  if (user === null) throw unknownUser(username)
  const failed = await store.failures.find(username)
  const { strangers = 0, devices = 0 } = failed ?? {}
  const wrongCodes = user.factors?.failures ?? 0
  return {
    isLocked: isLockedForStrangers(failed),
    ...{ strangers, devices, wrongCodes },
    areCodesLocked: wrongCodes >= wrongCodesMax,
  }
}
