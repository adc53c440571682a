// From when on a user's tokens count that belong to no session, which Flask-JWT-Extended made.

import type { User, UserChange } from "../store/store.ts"

const secondsAheadMax = 60

/**
 * Refuses those from before now. They carry whole seconds, so those of this second go too. What is
 * dated far ahead is of a clock that was wrong, and not kept.
 */
export function refusingBefore({ tokensNotBefore: before }: User, now: number): UserChange {
  const latest = before > now + secondsAheadMax ? now : Math.max(now, before - 1)
  return { tokensNotBefore: latest + 1 }
}
