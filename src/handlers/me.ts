// GET /me: what Postern knows about the user of the token.

import type { GuardedContext, Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import type { Principal } from "../service/authenticate.ts"

/** Answers the principal. `logged_in_at` is in epoch seconds, or null if the token has none. */
export function me(): Handler<GuardedContext<Principal>> {
  return (_request, { principal: { username, roles, claims, loggedInAt } }) =>
    json(200, { username, roles, claims, logged_in_at: loggedInAt })
}
