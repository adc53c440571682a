// The admin API's page: every path that it adds to routes.ts. Loaded only when POSTERN_ADMIN_API is
// on. One guard stands before all of it: an access token as `Authorization: Bearer`, never a
// cookie; the role of admins, as the store has it now; a fresh login, with the user's second factor
// where there is one.

import type { CommandParts } from "../admin/admin_command.ts"
import type { Clock } from "../clock.ts"
import { adminRole } from "../domain/user_condition.ts"
import {
  type AdminParts,
  changeUser,
  remove,
  runNew,
  runSeen,
} from "../handlers/admin/admin_parts.ts"
import { resetFactors, showFactors } from "../handlers/admin/factors.ts"
import { changeKeys, listKeys } from "../handlers/admin/keys.ts"
import { createServiceToken, listServiceTokens } from "../handlers/admin/service_tokens.ts"
import { listUserSessions } from "../handlers/admin/sessions.ts"
import { makeLink, setClaim, setPassword, showLock, showUser } from "../handlers/admin/user.ts"
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
  const seen = { run: runSeen, parts }
  // Names that are never used again, such as a session's: an admin can't mean another one. And a
  // revocation must not fail because somebody has just replaced the token.
  const unseen = { run: runNew, parts }
  const { passwords, links, searches, serviceTokens } = adminLimits
  return [
    ["GET", "/admin/users", admin(listUsers(parts), { searches })],
    ["POST", "/admin/users", admin(createUser(parts), { passwords, links })],
    ["GET", "/admin/users/{username%}", admin(showUser(parts))],
    ["DELETE", "/admin/users/{username%}", admin(remove("user.delete", seen))],
    ["POST", "/admin/users/{username%}/password", admin(setPassword(parts), { passwords })],
    ["POST", "/admin/users/{username%}/link", admin(makeLink(parts), { links })],
    ["POST", "/admin/users/{username%}/disable", admin(changeUser("user.disable", parts))],
    ["POST", "/admin/users/{username%}/enable", admin(changeUser("user.enable", parts))],
    ["POST", "/admin/users/{username%}/logout", admin(changeUser("user.logout", parts))],
    ["POST", "/admin/users/{username%}/unlock", admin(changeUser("user.unlock", parts))],
    ["GET", "/admin/users/{username%}/lock", admin(showLock(parts))],
    ["PUT", "/admin/users/{username%}/roles/{role%}", admin(changeUser("user.role.add", parts))],
    [
      "DELETE",
      "/admin/users/{username%}/roles/{role%}",
      admin(changeUser("user.role.remove", parts)),
    ],
    ["PUT", "/admin/users/{username%}/claims/{claim%}", admin(setClaim(parts))],
    [
      "DELETE",
      "/admin/users/{username%}/claims/{claim%}",
      admin(changeUser("user.claim.remove", parts)),
    ],
    ["GET", "/admin/users/{username%}/factors", admin(showFactors(parts))],
    ["DELETE", "/admin/users/{username%}/factors", admin(resetFactors(parts))],
    ["DELETE", "/admin/users/{username%}/factors/{method}", admin(resetFactors(parts))],
    ["GET", "/admin/users/{username%}/sessions", admin(listUserSessions(parts))],
    ["DELETE", "/admin/sessions/{sid}", admin(remove("session.end", unseen))],
    ["DELETE", "/admin/reserved/{username%}", admin(remove("user.release", unseen))],
    ["GET", "/admin/keys", admin(listKeys(parts))],
    ["POST", "/admin/keys/rotate", admin(changeKeys("key.rotate", parts))],
    ["DELETE", "/admin/keys/{kid%}", admin(changeKeys("key.retire", parts))],
    ["GET", "/admin/tokens", admin(listServiceTokens(parts))],
    ["POST", "/admin/tokens", admin(createServiceToken(parts), { serviceTokens })],
    ["DELETE", "/admin/tokens/{name%}", admin(remove("token.revoke", unseen))],
  ]
}
