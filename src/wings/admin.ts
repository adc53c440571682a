// The admin API's page: every path that it adds to routes.ts. Only start.ts loads this file, and
// only when POSTERN_ADMIN_API is on. One guard stands before all of it: an access token as
// `Authorization: Bearer`, never a cookie; the role of admins, as the store has it now; a fresh
// login, with the user's second factor where there is one.

import type { CommandParts } from "../admin/admin_command.ts"
import type { Clock } from "../clock.ts"
import { adminRole } from "../domain/user_condition.ts"
import type { AdminParts } from "../handlers/admin/admin_parts.ts"
import { resetFactors, showFactors } from "../handlers/admin/factors.ts"
import { listKeys, retireKey, rotateKeys } from "../handlers/admin/keys.ts"
import { changeRole, removeClaim, setClaim } from "../handlers/admin/rights.ts"
import {
  createServiceToken,
  listServiceTokens,
  revokeServiceToken,
} from "../handlers/admin/service_tokens.ts"
import { endUserSession, listUserSessions } from "../handlers/admin/sessions.ts"
import {
  changeUser,
  deleteUser,
  makeLink,
  releaseName,
  setPassword,
  showLock,
  showUser,
} from "../handlers/admin/user.ts"
import { createUser, listUsers } from "../handlers/admin/users.ts"
import { guard } from "../http/guard.ts"
import type { RouteGroup } from "../http/router.ts"
import { createAdminRates } from "../service/admin_rates.ts"
import { adminLimits } from "../service/limits.ts"
import { listSessions } from "../service/listed_sessions.ts"
import type { SessionSettings } from "../service/session_tokens.ts"
import type { Sessions } from "../service/sessions.ts"
import type { Store } from "../store/store.ts"

/** What the API works with. */
export interface AdminWingParts extends CommandParts {
  readonly sessions: Pick<Sessions, "authenticate">
  readonly store: Store
  readonly clock: Clock
  readonly settings: SessionSettings
}

/** Makes the rows. */
export function createAdminRoutes(wing: AdminWingParts): RouteGroup {
  const parts: AdminParts = {
    ...wing,
    requireRate: createAdminRates(wing.clock.steady),
    listSessions: (username) => listSessions(username, wing),
  }
  const admin = guard(wing.sessions.authenticate, { fresh: true, acr: "own", role: adminRole })
  const { passwords, links, searches, serviceTokens } = adminLimits
  return [
    ["GET", "/admin/users", admin(listUsers(parts), { searches })],
    ["POST", "/admin/users", admin(createUser(parts), { passwords, links })],
    ["GET", "/admin/users/{username%}", admin(showUser(parts))],
    ["DELETE", "/admin/users/{username%}", admin(deleteUser(parts))],
    ["POST", "/admin/users/{username%}/password", admin(setPassword(parts), { passwords })],
    ["POST", "/admin/users/{username%}/link", admin(makeLink(parts), { links })],
    ["POST", "/admin/users/{username%}/disable", admin(changeUser("user.disable", parts))],
    ["POST", "/admin/users/{username%}/enable", admin(changeUser("user.enable", parts))],
    ["POST", "/admin/users/{username%}/logout", admin(changeUser("user.logout", parts))],
    ["POST", "/admin/users/{username%}/unlock", admin(changeUser("user.unlock", parts))],
    ["GET", "/admin/users/{username%}/lock", admin(showLock(parts))],
    ["PUT", "/admin/users/{username%}/roles/{role%}", admin(changeRole("user.role.add", parts))],
    [
      "DELETE",
      "/admin/users/{username%}/roles/{role%}",
      admin(changeRole("user.role.remove", parts)),
    ],
    ["PUT", "/admin/users/{username%}/claims/{claim%}", admin(setClaim(parts))],
    ["DELETE", "/admin/users/{username%}/claims/{claim%}", admin(removeClaim(parts))],
    ["GET", "/admin/users/{username%}/factors", admin(showFactors(parts))],
    ["DELETE", "/admin/users/{username%}/factors", admin(resetFactors(parts))],
    ["DELETE", "/admin/users/{username%}/factors/{method}", admin(resetFactors(parts))],
    ["GET", "/admin/users/{username%}/sessions", admin(listUserSessions(parts))],
    ["DELETE", "/admin/sessions/{sid}", admin(endUserSession(parts))],
    ["DELETE", "/admin/reserved/{username%}", admin(releaseName(parts))],
    ["GET", "/admin/keys", admin(listKeys(parts))],
    ["POST", "/admin/keys/rotate", admin(rotateKeys(parts))],
    ["DELETE", "/admin/keys/{kid%}", admin(retireKey(parts))],
    ["GET", "/admin/tokens", admin(listServiceTokens(parts))],
    ["POST", "/admin/tokens", admin(createServiceToken(parts), { serviceTokens })],
    ["DELETE", "/admin/tokens/{name%}", admin(revokeServiceToken(parts))],
  ]
}
