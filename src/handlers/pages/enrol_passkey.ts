// POST /login/enrol/passkey: sets up a passkey for a login that can't go on without a second
// factor, logs the browser in, and shows the recovery codes. Its options are below that path.

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { json, type Reply, type RequestHead } from "../../http/message.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import { deviceName } from "../../pages/device_names.ts"
import { enrolPlaceOf } from "../../pages/enrol_place.ts"
import { findPendingLogin, noFactorCookie, startOverAt } from "../../pages/factor_cookie.ts"
import { waitingFault } from "../../pages/fault_reply.ts"
import { unlistedPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { readCredential } from "../../pages/passkey_asker.ts"
import type { TotpFault } from "../../pages/totp_page.ts"
import { afterEnrolment, newTotpReply } from "../../pages/totp_reply.ts"
import { noWay, pathOf, readWay, type Way, wayNames } from "../../pages/way.ts"

/** Answers options for `navigator.credentials.create`. */
export function offerEnrolPasskey(parts: PageParts): BodyHandler {
  return withBody(async (request) => {
    const way = readWay(readForm(request, wayNames), parts.findHost) ?? noWay
    const login = await findPendingLogin(request, parts)
    // The script follows, and leaves the page.
    if (login?.ticket.due !== "enrolment") return startOver(request, way, parts)
    return json(200, await (await parts.passkeys()).offerFor(login))
  })
}

/** Sets the passkey up. */
export function enrolPasskeyByForm(parts: PageParts): BodyHandler {
  const { passkeys, cookieSessions, site } = parts
  return withBody(async (request) => {
    const { credential, ...fields } = readForm(request, ["credential", ...wayNames])
    const way = readWay(fields, parts.findHost)
    if (way === null) return pageReply(unlistedPage(site), { status: 400 })
    const login = await findPendingLogin(request, parts)
    if (login?.ticket.due !== "enrolment") return startOver(request, way, parts)
    const caller = callerOf(request)
    try {
      const before = await findSession(request, parts)
      const how = { life: cookieSessions.lifeOf(login.ticket.stays), caller }
      const sent = { credential: readCredential(credential), name: deviceName(caller.userAgent) }
      const enrolled = await (await passkeys()).enrol(sent, login, how)
      await cookieSessions.endReplaced(before?.session.sid ?? null, caller)
      const cookies = [...cookiesOfLogin(request, enrolled.stored, parts), noFactorCookie]
      const shown = { username: login.user.username, codes: enrolled.recoveryCodes }
      return afterEnrolment(shown, pathOf("/continue", way), { cookies, site })
    } catch (error) {
      const fault = faultOf(error)
      // Another request was faster, or the password was changed.
      const isOver = fault === null || (await findPendingLogin(request, parts)) === null
      if (isOver) return startOver(request, way, parts)
      const place = await enrolPlaceOf(request, { login, way }, parts)
      return newTotpReply(place, { sealed: "", fault }, parts)
    }
  })
}

function faultOf(error: unknown): TotpFault | null {
  const waiting = waitingFault(error)
  if (waiting !== null) return waiting
  const code = error instanceof AuthError ? error.code : null
  if (code === "invalid_request") return { kind: "passkey" }
  if (code === "invalid_token") return null
  throw error
}

async function startOver(head: RequestHead, way: Way, parts: PageParts): Promise<Reply> {
  return redirect(await startOverAt(head, { way, over: "late" }, parts), [noFactorCookie])
}
