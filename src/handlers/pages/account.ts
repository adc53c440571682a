// GET /account: the person's sessions and password. Its forms end one session, or all others, or
// the trust in devices.

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readQuery } from "../../http/query.ts"
import { isSameOrigin } from "../../http/same_origin.ts"
import { type Done, doneKinds } from "../../pages/account_page.ts"
import { accountReply } from "../../pages/account_reply.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import type { BrowserSession, PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { noWay, pathOf } from "../../pages/way.ts"
import { callerFields } from "../../telemetry/audit.ts"

/** Shows the account. */
export function showAccount(parts: PageParts): Handler<SessionContext> {
  return (head, { principal: session }) => {
    const { done } = readQuery(head, ["done"])
    // Only after one of our own forms: a link must not make the page say what never happened.
    const isOwn = isSameOrigin(head, parts.site.origin)
    const kind = isOwn ? (doneKinds.find((one) => one === done) ?? null) : null
    return accountReply(session, { done: kind, fault: null }, parts)
  }
}

/** Ends one of the person's sessions. */
export function endSession(parts: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    if (!isFresh(session, parts)) return askAgain()
    const { session: sid } = readForm(request, ["session"])
    try {
      await parts.sessions.end(sid, principalOf(session, parts), callerOf(request))
    } catch (error) {
      // It ended before, which is as good.
      if (!(error instanceof AuthError) || error.code !== "not_found") throw error
    }
    return done("ended")
  })
}

/** Ends all sessions of the person but this one. */
export function endOtherSessions(parts: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    if (!isFresh(session, parts)) return askAgain()
    await parts.sessions.endOthers(principalOf(session, parts), callerOf(request))
    return done("others_ended")
  })
}

/** Ends the trust in all devices of the person. */
export function endTrust(parts: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    if (!isFresh(session, parts)) return askAgain()
    const fields = { ...callerFields(callerOf(request)), reason: "by_user" }
    await parts.trust.endAll(session.user.username, fields)
    return done("trust_ended")
  })
}

function principalOf(session: BrowserSession, { cookieSessions }: PageParts) {
  return cookieSessions.principalOf(session)
}

// ASVS 5.0 7.5.2: ending sessions takes a recent login.
function isFresh(session: BrowserSession, parts: PageParts): boolean {
  return principalOf(session, parts).fresh
}

function askAgain() {
  return redirect(pathOf("/login", noWay, { again: "1" }))
}

function done(kind: Done) {
  return redirect(pathOf("/account", noWay, { done: kind }))
}
