// How often the tokens of a session, and all tokens of an account together, may make the store
// write: each refresh and each revoked token is a record in the journal and a line in the audit
// trail. Tabs that ask at once are far below these rates. What is over them is refused before
// anything is written, so it changes nothing about the token that was sent.

import { createLimiter } from "./limiter.ts"

/** What is about to write: a session, or a token without one, and whose it is. */
export interface TokenUse {
  /** The `sid`, or the `jti` of a token without a session. */
  readonly id: string
  readonly username: string
}

/** What came of counting a use. */
export interface CountedUse {
  /** Seconds until it may be; 0 when it may be now, and was counted. */
  readonly wait: number
  /** Whether it was the last one for now. */
  readonly isLast: boolean
}

/** Counts uses. */
export interface TokenRates {
  count(use: TokenUse): CountedUse
}

/** A hundred tabs at once, which repeat what got lost, and then one in three seconds. */
const usesOfOne = { capacity: 240, secondsPerToken: 3 }
/** More than two sessions spend: a stolen token does not keep its owner's others waiting. */
const usesOfAccount = { capacity: 600, secondsPerToken: 0.5 }
const entriesMax = 20_000

/** Makes the rates. `seconds` is a clock that is never set. */
export function createTokenRates(seconds: () => number): TokenRates {
  const ofOne = createLimiter(usesOfOne, { entriesMax, seconds })
  const ofAccount = createLimiter(usesOfAccount, { entriesMax, seconds })
  const waitOf = ({ id, username }: TokenUse) => Math.max(ofOne.wait(id), ofAccount.wait(username))

  return {
    count(use) {
      const wait = waitOf(use)
      if (wait > 0) return { wait, isLast: false }
      ofOne.take(use.id)
      ofAccount.take(use.username)
      return { wait, isLast: waitOf(use) > 0 }
    },
  }
}
