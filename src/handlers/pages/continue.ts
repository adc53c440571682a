// GET /continue: after a login, or sent here by a protected host that does not know the browser. It
// looks whether the browser has its cookie, and goes on: to the host, to the account, or back to
// the login page.

import type { Handler } from "../../http/guard.ts"
import type { RequestHead } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { findSession } from "../../pages/browser_cookies.ts"
import { cookiePage, handOverPage, noFactorPage, onwardPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { texts } from "../../pages/texts.ts"
import { noWay, pathOf, pathOver, placeOf, requireWay, wayNames } from "../../pages/way.ts"

/**
 * After this many tries the next one won't work either. Tabs that are opened at once get a state
 * each, and the browser keeps the last one: a try fails while the answers to other tabs still come
 * in. Each try takes two redirects, and browsers follow 16 or 20 in a row.
 */
const attemptsMax = 7

/** A cookie that is missing so soon after a login was dropped by the browser. */
const checkSecondsMax = 120

/** Sends the browser to the host, to the account, or back to the login page. */
export function goOn(parts: PageParts): Handler {
  const { site, handOver } = parts
  return async (head) => {
    const way = requireWay(readQuery(head, wayNames), parts)
    const session = await findSession(head, parts)
    if (session === null) {
      if (comesFromLogin(head, parts)) return pageReply(cookiePage(site), { status: 400 })
      return redirect(pathOf("/login", way))
    }
    const again = () => redirect(pathOf("/login", way, { again: "1" }))
    if (parts.cookieSessions.principalOf(session).mustEnrol) return again()
    const { to, state, attempt } = way
    const place = placeOf(way)
    if (place !== null || to === null) return redirect(place ?? "/account")
    const leave = (location: string) =>
      comesFromLogin(head, parts)
        ? pageReply(onwardPage(to, texts.onward.loggedIn, site), { next: location })
        : redirect(location)
    // Without a state the host has to begin: it sends the browser back here with one.
    if (state === null) return leave(to.url)
    if (attempt >= attemptsMax) {
      return pageReply(handOverPage(to, site), { status: 400 })
    }
    const handed = handOver(session, { to, state, attempt })
    if (handed.kind === "go") return leave(handed.location)
    if (handed.kind === "again") return again()
    if (handed.kind === "no_factor") {
      return pageReply(noFactorPage(to, pathOver("totp", way), site), { status: 403 })
    }
    return redirect(pathOf("/denied", { ...noWay, to }))
  }
}

function comesFromLogin(head: RequestHead, { clock }: PageParts): boolean {
  const { after } = readQuery(head, ["after"])
  return /^\d{1,12}$/.test(after) && Math.abs(clock.now() - Number(after)) <= checkSecondsMax
}
