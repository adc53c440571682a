// A logged-in user changes the password. Wrong current passwords count for the session: strangers
// who guess at the account can't stop the user, and the thief of an access token can't guess.
//
// Cheap checks come first: the limits, then the rules for a new password, then the hashes.

import type { Caller } from "../domain/caller.ts"
import type { Session } from "../domain/session.ts"
import { AuthError, tooManyRequests } from "../errors.ts"
import { createRateLimit } from "../limit/rate_limit.ts"
import type { ResetUser, RevocationWindow } from "../store/store.ts"
import { type CreateUserParts, requireChoosable } from "./create_user.ts"
import {
  type CredentialCheckParts,
  changedMeanwhile,
  checkCurrent,
  checksMax,
} from "./credential_check.ts"
import { passwordLimits } from "./limits.ts"
import { askerOf, attemptOfPasswordChange, type LoginAttempt } from "./login_attempt.ts"

interface WantedPassword {
  readonly username: string
  /** The session of the token; null for a token without a session. */
  readonly sid: string | null
  readonly current: string
  readonly next: string
}

/**
 * Sets a new password if the current one is right, ends the user's sessions and starts `successor`.
 * Gives the changed user. "wrong": the current password was wrong. "wrong_too_often": it was wrong
 * so often that the session should end. Throws AuthError `invalid_request` and `password_blocked`
 * when `next` is refused, `too_many_requests`, `invalid_token` when the user was disabled
 * meanwhile, and Unavailable.
 */
export type ChangePassword = (
  wanted: WantedPassword,
  options: { readonly successor: Session; readonly caller: Caller },
) => Promise<ResetUser | "wrong" | "wrong_too_often">

interface PasswordChangeParts extends CreateUserParts, CredentialCheckParts {
  readonly windowNow: () => RevocationWindow
}

/** Makes the use case. */
export function createChangePassword(parts: PasswordChangeParts): ChangePassword {
  const { store, hasher, guard, windowNow } = parts
  const keyOf = ({ username, device }: LoginAttempt) => `${username} ${device}`
  const { steady: seconds } = parts.clock
  const newPasswords = createRateLimit([{ ...passwordLimits.newPasswords, keyOf }], { seconds })

  return async (wanted, { successor, caller }) => {
    const { username, current, next } = wanted
    const attempt = { ...attemptOfPasswordChange(wanted, caller), username }
    guard.requireDue(attempt)
    const wait = newPasswords.take(attempt)
    if (wait > 0) throw tooManyRequests(wait)
    await requireChoosable({ username, password: next })
    for (let checks = 0; checks < checksMax; checks += 1) {
      const user = await checkCurrent(attempt, current, caller, parts)
      if (user === null) return guard.isOverFor(attempt) ? "wrong_too_often" : "wrong"
      const passwordHash = await hasher.hash(next, askerOf(attempt))
      const options = { window: windowNow(), ifPasswordHash: user.passwordHash, successor }
      const reset = await store.users.reset(username, { passwordHash }, options)
      if (reset === "disabled") throw new AuthError("invalid_token", "Token has been revoked")
      // "other_hash": check again, because a login may have rehashed the same password.
      if (typeof reset !== "string") return reset
    }
    throw changedMeanwhile()
  }
}
