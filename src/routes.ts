// THE page: every path of the service, who may use it, and how often. Only `anyone` and `guard`
// make a row, so nothing is public by omission.

import { endOtherSessions, endSession } from "./handlers/end_sessions.ts"
import { livez, readyz } from "./handlers/health.ts"
import { jwks, type PublicKeys } from "./handlers/jwks.ts"
import { listSessions } from "./handlers/list_sessions.ts"
import { type AnswerPending, login } from "./handlers/login.ts"
import { logout } from "./handlers/logout.ts"
import { me } from "./handlers/me.ts"
import { openApi } from "./handlers/openapi.ts"
import { changePassword } from "./handlers/password.ts"
import { protectedDemo } from "./handlers/protected.ts"
import { refresh } from "./handlers/refresh.ts"
import { registerAccount } from "./handlers/register.ts"
import { revocations } from "./handlers/revocations.ts"
import { serverMetadata } from "./handlers/server_metadata.ts"
import { type AuthenticateMachine, anyone, guard } from "./http/guard.ts"
import type { RouteGroup } from "./http/router.ts"
import type { Principal } from "./service/authenticate.ts"
import {
  loginLimits,
  logoutLimits,
  passwordLimits,
  refreshLimits,
  registrationLimits,
} from "./service/limits.ts"
import type { Register } from "./service/registration.ts"
import type { Sessions } from "./service/sessions.ts"
import { factorRoutes, type LoadFactors } from "./wings/factor_routes.ts"

/** The parts that handlers use. */
export interface RouteParts {
  readonly sessions: Sessions
  /** Finds the machine that sent a service token. */
  readonly machine: AuthenticateMachine<Principal>
  /** Loads the wing of second factors. */
  readonly factors: LoadFactors
  /** Null when people may not create an account. */
  readonly register: Register | null
  /** The issuer whose keys are published; null with a shared secret. */
  readonly issuer: string | null
  readonly publicKeys: PublicKeys
  /** The rows of the admin API (wings/admin.ts); none when it is off. */
  readonly admin?: RouteGroup
  /** Whether the service takes requests: not while it starts or stops, or can't use its store. */
  readonly isReady: () => Promise<boolean>
}

/** The route table, by groups. */
export function routes({
  sessions,
  machine,
  factors,
  register,
  admin = [],
  issuer,
  publicKeys,
  isReady,
}: RouteParts): readonly RouteGroup[] {
  const answerPending: AnswerPending = async (...login) => (await factors()).answer(...login)
  const guarded = guard(sessions.authenticate)
  const guardedForMachines = guard(sessions.authenticate, { machine })
  const freshlyGuarded = guard(sessions.authenticate, { fresh: true })
  const surelyGuarded = guard(sessions.authenticate, { fresh: true, acr: "own" })
  const registration: RouteGroup =
    register === null
      ? []
      : [["POST", "/register", anyone(registerAccount(register), registrationLimits)]]
  const tokens: RouteGroup = [
    ["POST", "/login", anyone(login(sessions, answerPending), loginLimits)],
    ...registration,
    ["POST", "/refresh", anyone(refresh(sessions), refreshLimits)],
    ["POST", "/logout", anyone(logout(sessions), logoutLimits)],
  ]
  const account: RouteGroup = [
    ["GET", "/protected", guardedForMachines(protectedDemo())],
    ["GET", "/me", guardedForMachines(me())],
    ["GET", "/sessions", guarded(listSessions(sessions))],
    ["DELETE", "/sessions", freshlyGuarded(endOtherSessions(sessions))],
    ["DELETE", "/sessions/{sid}", freshlyGuarded(endSession(sessions))],
    ["POST", "/password", surelyGuarded(changePassword(sessions), passwordLimits)],
  ]
  const verifiers: RouteGroup = [
    ["GET", "/revocations", anyone(revocations(sessions))],
    ["GET", "/.well-known/jwks.json", anyone(jwks(publicKeys))],
    ...metadata(issuer),
  ]
  const health: RouteGroup = [
    ["GET", "/livez", anyone(livez())],
    ["GET", "/healthz", anyone(livez())],
    ["GET", "/readyz", anyone(readyz(isReady))],
  ]
  const secondFactors = factorRoutes(factors, sessions.authenticate)
  const described = [tokens, account, secondFactors, admin, verifiers, health]
  const description: RouteGroup = [
    ["GET", "/openapi.json", anyone(openApi(() => [...described, description].flat(), issuer))],
  ]
  return [...described, description]
}

// An issuer with a path has its metadata at two addresses: where RFC 8414 §3.1 puts the path, and,
// through a proxy that takes the path away, at the issuer's own.
function metadata(issuer: string | null): RouteGroup {
  if (issuer === null) return []
  const path = "/.well-known/oauth-authorization-server"
  const ofIssuer = issuer.replace(/^https?:\/\/[^/]+/, "")
  const paths = new Set([path, `${path}${ofIssuer}`])
  return [...paths].map((one) => ["GET", one, anyone(serverMetadata(issuer))])
}
