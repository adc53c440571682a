// Sign-up: people create their own accounts, if the settings allow it. They choose only a username
// and a password. New accounts are limited for each client and for all clients together, because
// each costs a hash and disk space. The limits are checked before the hash. A taken name counts for
// the client but not for all clients: nobody can use up the accounts of others with taken names.

import type { Caller } from "../domain/caller.ts"
import { isReservedName, quotedName } from "../domain/username.ts"
import { AuthError, tooManyRequests } from "../errors.ts"
import { createRateLimit, ratesOfClient } from "../limit/rate_limit.ts"
import { type Audit, callerFields } from "../telemetry/audit.ts"
import {
  type CreateUserParts,
  createUser,
  nameTaken,
  requireChoosable,
  requireName,
} from "./create_user.ts"
import type { Credentials } from "./credential_check.ts"
import { registrationLimits } from "./limits.ts"
import { askerOf } from "./login_attempt.ts"

/**
 * Creates an account and gives its canonical username. Throws AuthError `invalid_request`,
 * `password_blocked`, `username_taken` and `too_many_requests`, and Unavailable.
 */
export type Register = (credentials: Credentials, caller: Caller) => Promise<string>

const { attemptsOfClient, accountsOfClient, accountsOfAll } = registrationLimits

/** Makes the use case. */
export function createRegister(parts: CreateUserParts & { readonly audit: Audit }): Register {
  const { store, audit, clock } = parts
  const clockOfLimits = { seconds: clock.steady }
  const addressOf = ({ address }: Caller) => address
  const attempts = createRateLimit(ratesOfClient(attemptsOfClient, addressOf), clockOfLimits)
  const ofClient = createRateLimit(ratesOfClient(accountsOfClient, addressOf), clockOfLimits)
  const ofAll = createRateLimit([{ ...accountsOfAll, keyOf: () => "all" }], clockOfLimits)

  return async ({ username: typed, password }, caller) => {
    const username = requireName(typed)
    if (isReservedName(username)) {
      const message = `The name ${quotedName(username)} is kept for the operator`
      throw new AuthError("username_taken", message)
    }
    const pause = attempts.take(caller)
    if (pause > 0) throw tooManyRequests(pause)
    const state = await store.users.findName(username)
    if (state === "free") await requireChoosable({ username, password })
    // No `await` until the account is counted: concurrent requests must not exceed the limit.
    const wait = Math.max(ofClient.wait(caller), state === "free" ? ofAll.wait(caller) : 0)
    if (wait > 0) throw tooManyRequests(wait)
    const fields = callerFields(caller)
    ofClient.take(caller)
    if (ofClient.wait(caller) > 0) {
      audit("client.throttled", { ...fields, reason: "registration" })
    }
    if (state !== "free") throw nameTaken(username, state)
    ofAll.take(caller)
    try {
      const asker = askerOf({ username, address: caller.address, device: null })
      await createUser({ username, password }, { ...parts, asker })
    } catch (error) {
      ofAll.giveBack(caller)
      // A name that somebody else took meanwhile still counts for the client, like any taken name.
      if (!(error instanceof AuthError)) ofClient.giveBack(caller)
      throw error
    }
    audit("user.registered", { ...fields, user: username })
    return username
  }
}
