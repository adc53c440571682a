// A user's change of the own password, by a session. A session is known to the account already, so
// its tries are judged by themselves: strangers who guess at the account can't keep its user from
// changing the password, and who stole an access token can't guess at the password with it.
//
// The order is that of the costs: the limits first, then what the new password is, then its hashes.

import { steadySeconds } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { Session } from "../domain/session.ts"
import { AuthError, tooManyRequests } from "../errors.ts"
import { createLimiter } from "../limit/limiter.ts"
import type { Ending, User, UserReset } from "../store/store.ts"
import { askerOf } from "./asker.ts"
import {
  attemptOfSession,
  type CredentialCheck,
  type CredentialCheckParts,
} from "./credential_check.ts"
import { type NewUserParts, requireChoosable } from "./new_user.ts"
import { refusingBefore } from "./tokens_not_before.ts"

/** What is asked for. */
export interface WantedPassword {
  readonly username: string
  /** The session that asks; null for a token that belongs to none. */
  readonly sid: string | null
  readonly current: string
  readonly next: string
}

/**
 * What became of it: the reset user; or the current password was wrong, perhaps so often in this
 * session that it should end.
 */
export type PasswordChange = UserReset | "wrong" | "wrong_too_often"

/**
 * Sets a password for who knows the current one, ends the user's sessions and starts `successor`.
 * Throws AuthError `invalid_request` and `password_blocked` when `next` won't do,
 * `too_many_requests`, `invalid_token` when the user was disabled meanwhile, and Unavailable.
 */
export type ChangePassword = (
  wanted: WantedPassword,
  options: { readonly successor: Session; readonly caller: Caller },
) => Promise<PasswordChange>

/** What a change works with. */
export interface PasswordChangeParts extends NewUserParts, Omit<CredentialCheckParts, "budget"> {
  readonly check: CredentialCheck
  readonly endingNow: () => Ending
}

/** To look at a new password takes time, too, were it refused. */
const triesOfSession = { capacity: 30, secondsPerToken: 2 }
const sessionsMax = 20_000
/** Five of them at once, and the tenth after 31 seconds. */
const wrongTriesMax = 10

/** Makes the use case. */
export function createChangePassword(parts: PasswordChangeParts): ChangePassword {
  const { clock, limits } = parts
  const seconds = () => steadySeconds(clock)
  const tries = createLimiter(triesOfSession, { entriesMax: sessionsMax, seconds })

  return async (wanted, options) => {
    const attempt = attemptOfSession(wanted, options.caller)
    const wait = limits.wait(attempt)
    const pause = wait > 0 ? wait : tries.take(`${attempt.username} ${attempt.device}`)
    if (pause > 0) throw tooManyRequests(pause)
    await requireChoosable({ username: wanted.username, password: wanted.next })
    const reset = await change(wanted, options, parts)
    if (reset !== null) return reset
    return limits.failures(attempt) < wrongTriesMax ? "wrong" : "wrong_too_often"
  }
}

async function change(
  wanted: WantedPassword,
  options: Parameters<ChangePassword>[1],
  parts: PasswordChangeParts,
): Promise<UserReset | null> {
  const { store, hasher, endingNow, check } = parts
  const { username, sid, current, next } = wanted
  const { successor, caller } = options
  const user = await check({ username, sid, password: current }, caller)
  if (user === null) return null
  const passwordHash = await hasher.hash(next, askerOf(attemptOfSession(wanted, caller)))
  const ending = endingNow()
  const changing = (before: User) => {
    // Since the check: no session starts of a user who may not log in.
    if (before.disabled) throw new AuthError("invalid_token", "Token has been revoked")
    return { passwordHash, ...refusingBefore(before, ending.at) }
  }
  const resetting = { ending, ifPasswordHash: user.passwordHash, successor }
  const outcome = await store.resetUser(username, changing, resetting)
  // Another hash by now may be of the same password: check again.
  return outcome ?? change(wanted, options, parts)
}
