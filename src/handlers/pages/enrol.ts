// GET /login/enrol: sets a second factor up for a login that can't go on without one. POST: takes
// the first code, logs the browser in, and shows the recovery codes.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { Reply, RequestHead } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import { enrolPlaceOf } from "../../pages/enrol_place.ts"
import {
  findPendingLogin,
  noFactorCookie,
  startOverAt,
  toItsStep,
} from "../../pages/factor_cookie.ts"
import { unlistedPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { afterEnrolment, newTotpReply, totpFaultOf } from "../../pages/totp_reply.ts"
import { pathOf, readWay, type Way, wayNames } from "../../pages/way.ts"

/** Shows the page. A login that took too long starts over. */
export function showEnrol(parts: PageParts): Handler {
  return async (head) => {
    const way = readWay(readQuery(head, wayNames), parts.findHost)
    if (way === null) return pageReply(unlistedPage(parts.site), { status: 400 })
    const login = await findPendingLogin(head, parts)
    if (login === null) return startOver(head, way, parts)
    if (login.ticket.due !== "enrolment") return toItsStep(login, way)
    return newTotpReply(await enrolPlaceOf(head, { login, way }, parts), null, parts)
  }
}

/** Sets the factor up. */
export function enrolByForm(parts: PageParts): BodyHandler {
  const { factors, cookieSessions, site } = parts
  return withBody(async (request) => {
    const { code, offer: sealed, ...fields } = readForm(request, ["code", "offer", ...wayNames])
    const way = readWay(fields, parts.findHost)
    if (way === null) return pageReply(unlistedPage(site), { status: 400 })
    const login = await findPendingLogin(request, parts)
    if (login === null) return startOver(request, way, parts)
    if (login.ticket.due !== "enrolment") return toItsStep(login, way)
    const place = await enrolPlaceOf(request, { login, way }, parts)
    if (code.trim() === "") {
      return newTotpReply(place, { sealed, fault: { kind: "no_code" } }, parts)
    }
    const caller = callerOf(request)
    try {
      const before = await findSession(request, parts)
      const how = { life: cookieSessions.lifeOf(login.ticket.stays), caller }
      const enrolled = await (await factors()).enrol(login, { code, sealed }, how)
      await cookieSessions.endReplaced(before?.session.sid ?? null, caller)
      const cookies = [...cookiesOfLogin(request, enrolled.stored, parts), noFactorCookie]
      const shown = { username: login.user.username, codes: enrolled.recoveryCodes }
      return afterEnrolment(shown, pathOf("/continue", way), { cookies, site })
    } catch (error) {
      const fault = totpFaultOf(error)
      // Another request was faster, or the password was changed.
      const isOver = fault === null || (await findPendingLogin(request, parts)) === null
      if (isOver) return startOver(request, way, parts)
      return newTotpReply(place, { sealed, fault }, parts)
    }
  })
}

async function startOver(head: RequestHead, way: Way, parts: PageParts): Promise<Reply> {
  return redirect(await startOverAt(head, { way, over: "late" }, parts), [noFactorCookie])
}
