// THE page: every path of the service and whom it admits. `anyone` and `guard` are the only ways to
// make a row, so nothing is public because somebody forgot.

import { livez, readyz } from "./handlers/health.ts"
import { jwks } from "./handlers/jwks.ts"
import { login } from "./handlers/login.ts"
import { me } from "./handlers/me.ts"
import { protectedDemo } from "./handlers/protected.ts"
import { anyone, guard } from "./http/guard.ts"
import type { Route } from "./http/router.ts"
import type { Sessions } from "./service/sessions.ts"

/** What the handlers work with. */
export interface RouteParts {
  readonly sessions: Sessions
  /** The JWK Set's members. */
  readonly publicKeys: readonly object[]
  /** Whether the store and the keys are open and the process is not on its way out. */
  readonly isReady: () => boolean
}

/** The route table. */
export function routes({ sessions, publicKeys, isReady }: RouteParts): readonly Route[] {
  const guarded = guard(sessions.authenticate)
  return [
    ["POST", "/login", anyone(login(sessions))],
    ["GET", "/protected", guarded(protectedDemo())],
    ["GET", "/me", guarded(me())],
    ["GET", "/.well-known/jwks.json", anyone(jwks(publicKeys))],
    ["GET", "/livez", anyone(livez())],
    ["GET", "/healthz", anyone(livez())],
    ["GET", "/readyz", anyone(readyz(isReady))],
  ]
}
