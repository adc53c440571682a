// GET /account: the person's sessions and password. Its forms end one session, or all others, or
// the trust in devices.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { HttpRequest } from "../../http/message.ts"
import { type Done, doneKinds } from "../../pages/account_page.ts"
import { accountReply } from "../../pages/account_reply.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import { unlessGone } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { noWay, pathOf, readNews } from "../../pages/way.ts"
import type { Principal } from "../../service/authenticate.ts"
import { callerFields } from "../../telemetry/audit.ts"

/** Shows the account. */
export function showAccount(parts: PageParts): Handler<SessionContext> {
  return (head, { principal: session }) => {
    const done = readNews(head, { name: "done", words: doneKinds }, parts.site)
    return accountReply(session, { done, fault: null }, parts)
  }
}

/** Ends one of the person's sessions. */
export function endSession(parts: PageParts): BodyHandler<SessionContext> {
  return endingBy(parts, async (request, principal) => {
    const { session: sid } = readForm(request, ["session"])
    await unlessGone(parts.sessions.end(sid, principal, callerOf(request)))
    return "ended"
  })
}

/** Ends all sessions of the person but this one. */
export function endOtherSessions(parts: PageParts): BodyHandler<SessionContext> {
  return endingBy(parts, async (request, principal) => {
    await parts.sessions.endOthers(principal, callerOf(request))
    return "others_ended"
  })
}

/** Ends the trust in all devices of the person. */
export function endTrust(parts: PageParts): BodyHandler<SessionContext> {
  return endingBy(parts, async (request, { username }) => {
    await parts.trust.endAll(username, { ...callerFields(callerOf(request)), reason: "by_user" })
    return "trust_ended"
  })
}

// ASVS 5.0 7.5.2: ending sessions takes a recent login.
function endingBy(
  { cookieSessions }: PageParts,
  end: (request: HttpRequest, principal: Principal) => Promise<Done>,
): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    const principal = cookieSessions.principalOf(session)
    if (!principal.fresh) return redirect(pathOf("/login", noWay, { again: "1" }))
    return redirect(pathOf("/account", noWay, { done: await end(request, principal) }))
  })
}
