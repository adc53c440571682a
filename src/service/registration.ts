// People who make their own account, where the settings let them. Nothing but a name and a password
// is theirs to say. How many is limited, by client and for all together, before a password is
// hashed: each account costs work and room on the disk for good. Names that are taken count for the
// client that asks for them, and not for all together: nobody uses up what others may have by that.

import { steadySeconds } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import { isReservedName, quotedName } from "../domain/username.ts"
import { AuthError, tooManyRequests } from "../errors.ts"
import { createClientLimiter } from "../limit/client_limiter.ts"
import { createLimiter } from "../limit/limiter.ts"
import { type Audit, callerFields } from "../telemetry/audit.ts"
import { askerOf } from "./asker.ts"
import type { Credentials } from "./credential_check.ts"
import { addUser, type NewUserParts, nameTaken, requireChoosable, requireName } from "./new_user.ts"

/**
 * Makes an account and gives its name. Throws AuthError `invalid_request`, `password_blocked`,
 * `username_taken` and `too_many_requests`, and Unavailable.
 */
export type Register = (credentials: Credentials, caller: Caller) => Promise<string>

/** To look at a name or password takes time, too, were it refused. */
const attemptsOfClient = { capacity: 100, secondsPerToken: 1 }
/** A household or a class at once, then 30 in an hour. */
const accountsOfClient = { capacity: 30, secondsPerToken: 120 }
/** However many clients there are: at most 17,280 a day. */
const accountsOfAll = { capacity: 1000, secondsPerToken: 5 }
const clientsMax = 20_000

/** Makes the use case. */
export function createRegister(parts: NewUserParts & { readonly audit: Audit }): Register {
  const { store, audit, clock } = parts
  const seconds = () => steadySeconds(clock)
  const attempts = createClientLimiter(attemptsOfClient, { entriesMax: clientsMax, seconds })
  const ofClient = createClientLimiter(accountsOfClient, { entriesMax: clientsMax, seconds })
  const ofAll = createLimiter(accountsOfAll, { entriesMax: 1, seconds })

  return async ({ username: typed, password }, caller) => {
    const username = requireName(typed)
    if (isReservedName(username)) {
      throw new AuthError(
        "username_taken",
        `The name ${quotedName(username)} is kept for the operator`,
      )
    }
    const { address } = caller
    const pause = attempts.take(address)
    if (pause > 0) throw tooManyRequests(pause)
    const state = await store.findName(username)
    if (state === "free") await requireChoosable({ username, password })
    // From here on nothing is waited for until it is counted: many at once are no more than may be.
    const wait = Math.max(ofClient.wait(address), state === "free" ? ofAll.wait("") : 0)
    if (wait > 0) throw tooManyRequests(wait)
    const told = callerFields(caller)
    ofClient.take(address)
    if (ofClient.wait(address) > 0) audit("client.throttled", { ...told, reason: "registration" })
    if (state !== "free") throw nameTaken(username, state)
    ofAll.take("")
    try {
      const asker = askerOf({ username, address, device: null })
      await addUser({ username, password }, { ...parts, asker })
    } catch (error) {
      ofAll.giveBack("")
      // A name that is taken meanwhile counts for its client, as above.
      if (!(error instanceof AuthError)) ofClient.giveBack(address)
      throw error
    }
    audit("user.registered", { ...told, user: username })
    return username
  }
}
