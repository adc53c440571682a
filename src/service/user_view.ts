// Users as operators see them: never a hash, the tag of a link, or a secret of a second factor.

import type { FactorState } from "../domain/factor_requirement.ts"
import type { User, UserLink } from "../domain/user.ts"
import { versionOf } from "../domain/user_condition.ts"

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

/** What of a user a list may show. */
export function summaryOf(user: User): UserSummary {
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
