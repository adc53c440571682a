// POST /password with a form: changes the password, ends all sessions, and gives this browser
// another one.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, lacksOwnFactor, withBody } from "../../http/guard.ts"
import type { PasswordFault } from "../../pages/account_page.ts"
import { accountReply } from "../../pages/account_reply.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import { faultOf } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { noWay, pathOf } from "../../pages/way.ts"

/**
 * Changes the password. The current one is asked for, so the login may be an old one, but one with
 * the second factor where there is one.
 */
export function changePasswordByForm(parts: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    if (lacksOwnFactor(parts.cookieSessions.principalOf(session))) {
      return redirect(pathOf("/login", noWay, { again: "1" }))
    }
    const { current, new: next } = readForm(request, ["current", "new"])
    const refuse = (fault: PasswordFault) => accountReply(session, { done: null, fault }, parts)
    if (current === "") return refuse({ kind: "no_current" })
    if (next === "") return refuse({ kind: "no_new" })
    try {
      const passwords = { current, next }
      const started = await parts.cookieSessions.changePassword(
        passwords,
        session,
        callerOf(request),
      )
      return redirect("/account?done=changed", cookiesOfLogin(request, started, parts))
    } catch (error) {
      const fault = faultOf(error, {
        ...({ wrong_password: "wrong_current" } as const),
        ...({ invalid_request: "refused", password_blocked: "refused" } as const),
      })
      // Too many wrong passwords end the session.
      const isOver = (await findSession(request, parts)) === null
      return isOver ? redirect("/login") : refuse(fault)
    }
  })
}
