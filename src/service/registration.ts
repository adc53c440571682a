// People who make their own account, where the settings let them. Nothing but a name and a password
// is theirs to say. How many is limited, by client and for all together, before a password is
// hashed: each account costs work and room on the disk for good.

import { type Audit, callerFields } from "../audit.ts"
import type { Caller } from "../caller.ts"
import { steadySeconds } from "../clock.ts"
import { AuthError, tooManyRequests } from "../errors.ts"
import { networkOf } from "../ip_address.ts"
import { createLimiter } from "../limit/limiter.ts"
import { isReservedName, quotedName } from "../username.ts"
import type { Credentials } from "./credential_check.ts"
import { addUser, type NewUserParts, requireChoosable, requireName } from "./new_user.ts"

/**
 * Makes an account and gives its name. Throws AuthError `invalid_request`, `password_blocked`,
 * `username_taken` and `too_many_requests`, and Unavailable.
 */
export type Register = (credentials: Credentials, caller: Caller) => Promise<string>

/** To look at a password takes time, too, were it refused. */
const attemptsOfClient = { capacity: 100, secondsPerToken: 1 }
/** A household or a class at once, then 30 in an hour. */
const accountsOfClient = { capacity: 30, secondsPerToken: 120 }
/** However many clients there are: at most 17,280 a day. */
const accountsOfAll = { capacity: 1000, secondsPerToken: 5 }
const clientsMax = 20_000

/** Makes the use case. */
export function createRegister(parts: NewUserParts & { readonly audit: Audit }): Register {
  const { audit, clock } = parts
  const seconds = () => steadySeconds(clock)
  const attempts = createLimiter(attemptsOfClient, { entriesMax: clientsMax, seconds })
  const ofClient = createLimiter(accountsOfClient, { entriesMax: clientsMax, seconds })
  const ofAll = createLimiter(accountsOfAll, { entriesMax: 1, seconds })

  return async ({ username: typed, password }, caller) => {
    const username = requireName(typed)
    if (isReservedName(username)) {
      throw new AuthError(
        "username_taken",
        `The name ${quotedName(username)} is kept for the operator`,
      )
    }
    const client = networkOf(caller.address)
    const pause = attempts.take(client)
    if (pause > 0) throw tooManyRequests(pause)
    await requireChoosable({ username, password })
    const told = callerFields(caller)
    const wait = Math.max(ofClient.wait(client), ofAll.wait(""))
    if (wait > 0) throw tooManyRequests(wait)
    ofClient.take(client)
    ofAll.take("")
    if (ofClient.wait(client) > 0) audit("client.throttled", { ...told, reason: "registration" })
    await addUser({ username, password }, parts)
    audit("user.registered", { ...told, user: username })
    return username
  }
}
