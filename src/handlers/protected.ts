// GET /protected: shows that a token works, as in Flask-JWT-Extended's tutorial.

import type { GuardedContext, Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import type { Principal } from "../service/authenticate.ts"

/** Answers who is logged in. */
export function protectedDemo(): Handler<GuardedContext<Principal>> {
  return (_request, { principal }) => json(200, { logged_in_as: principal.username })
}
