// GET /admin/users/{username}/sessions: where a user is logged in.

import type { Handler } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import { unknownUser } from "../../service/create_user.ts"
import { shownSession } from "../list_sessions.ts"
import { type AdminContext, type AdminParts, usernameOf } from "./admin_parts.ts"

/**
 * Answers the sessions of a user, the last used first. Last uses are rounded, as users see them: a
 * thief could use the exact second, and who can read the store knows it anyway.
 */
export function listUserSessions({ accounts, listSessions }: AdminParts): Handler<AdminContext> {
  return async (_head, context) => {
    const username = usernameOf(context)
    if ((await accounts.find(username)) === null) throw unknownUser(username)
    const sessions = await listSessions(username)
    return json(200, { sessions: sessions.map(shownSession) })
  }
}
