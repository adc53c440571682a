// GET /me: what Postern knows of who sent the token.

import type { GuardedContext, Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import type { Principal } from "../service/authenticate.ts"

/** Answers the principal; `logged_in_at` is in epoch seconds, null where the token does not tell. */
export function me(): Handler<GuardedContext<Principal>> {
  return (_request, { principal: { username, roles, claims, loggedInAt } }) =>
    json(200, { username, roles, claims, logged_in_at: loggedInAt })
}
