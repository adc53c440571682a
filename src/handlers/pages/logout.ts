// GET /logout: asks whether to log out. POST /logout with a form: ends the session of the browser.
// With `to` the person comes back to a protected host.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogout, findSession } from "../../pages/browser_cookies.ts"
import { loggedOutPage, logOutPage, onwardPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { texts } from "../../pages/texts.ts"
import { noWay, readWay, requireWay } from "../../pages/way.ts"

/** Shows the button, or says that there is nobody to log out. Changes nothing: anybody can link. */
export function showLogout(parts: PageParts): Handler {
  const { site } = parts
  return async (head) => {
    const way = requireWay(readQuery(head, ["to"]), parts)
    const session = await findSession(head, parts)
    if (session === null) return pageReply(loggedOutPage(site))
    const { username } = session.user
    return pageReply(logOutPage({ username, to: way.to?.url ?? null }, site))
  }
}

/** Ends the session, whatever `to` is. Without a session nothing is left to end. */
export function logOutByForm(parts: PageParts): BodyHandler {
  const { site, findHost, cookieSessions } = parts
  return withBody(async (request) => {
    const way = readWay(readForm(request, ["to"]), findHost) ?? noWay
    const session = await findSession(request, parts)
    if (session !== null) await cookieSessions.logOut(session.session.sid, callerOf(request))
    const { to } = way
    if (to === null) return redirect("/logout", cookiesOfLogout)
    const page = onwardPage(to, texts.loggedOut.title, site)
    return pageReply(page, { next: to.url, cookies: cookiesOfLogout })
  })
}
