// GET /invite and GET /reset: the page behind a link of the operator's. The token moves from the
// address into a cookie, so that it is not in the history, and nothing else happens. POST uses the
// link: only a person sends the form.

import type { LinkKind } from "../../domain/user.ts"
import { callerOf } from "../../http/caller.ts"
import { cookieNames, deleteCookie, readCookie, setCookie } from "../../http/cookies.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { Reply, RequestHead } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import { askForFactor } from "../../pages/factor_cookie.ts"
import { faultOf, formReply } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { texts } from "../../pages/texts.ts"
import { noWay, pathOf } from "../../pages/way.ts"
import { linkGonePage, type WelcomeView, welcomePage } from "../../pages/welcome_page.ts"
import type { FoundLink } from "../../service/browser/links.ts"
import { isLinkToken } from "../../token/link_token.ts"

/** The page is open for so long at most: as long as the shorter link is good. */
const cookieSeconds = 3600

const noLinkCookie = deleteCookie(cookieNames.link)

/** Shows the page, once the token is in its cookie. */
export function showLink(kind: LinkKind, parts: PageParts): Handler {
  return async (head) => {
    const { t: value } = readQuery(head, ["t"])
    if (value !== "") {
      if (!isLinkToken(value)) return gone(parts)
      const cookie = setCookie(cookieNames.link, { value, maxAgeSeconds: cookieSeconds })
      return redirect(`/${kind}`, [cookie])
    }
    const link = await findLink(head, kind, parts)
    return link === null ? gone(parts) : show(link, null, parts)
  }
}

/** Sets the password, and logs the browser in. */
export function useLinkByForm(kind: LinkKind, parts: PageParts): BodyHandler {
  const { links, clock } = parts
  return withBody(async (request) => {
    const { username, password } = readForm(request, ["username", "password"])
    const link = await findLink(request, kind, parts)
    if (link === null) return gone(parts)
    // The browser keeps one link at a time, so this may be the page of an earlier one. Nobody sets
    // the password of a user who is not on the page.
    const { username: linked } = link.user
    const refuse = (reason: string) => show(link, { kind: "refused", reason }, parts)
    if (username !== linked) return refuse(texts.link.other(linked))
    if (password === "") return refuse(texts.link.noPassword)
    const before = await findSession(request, parts)
    const chosen = { password, replaces: before?.session.sid ?? null }
    try {
      const started = await links.use(link, chosen, callerOf(request))
      if (started === null) return gone(parts)
      if ("due" in started) {
        const reply = await askForFactor(started, { way: noWay, stays: false }, request, parts)
        return { ...reply, cookies: [...(reply.cookies ?? []), noLinkCookie] }
      }
      const path = pathOf("/continue", noWay, { after: String(clock.now()) })
      const cookies = cookiesOfLogin(request, started, parts)
      return redirect(path, [...cookies, noLinkCookie])
    } catch (error) {
      const kinds = { invalid_request: "refused", password_blocked: "refused" } as const
      return show(link, faultOf(error, kinds), parts)
    }
  })
}

function findLink(
  head: RequestHead,
  kind: LinkKind,
  { links }: PageParts,
): Promise<FoundLink | null> {
  const token = readCookie(head, cookieNames.link)
  return token === null ? Promise.resolve(null) : links.find(token, kind)
}

function show(
  { kind, user: { username }, secondsLeft, removesFactors }: FoundLink,
  fault: WelcomeView["fault"],
  { site }: PageParts,
): Reply {
  const view = { kind, username, secondsLeft, removesFactors, fault }
  return formReply(welcomePage(view, site), fault)
}

function gone({ site }: PageParts): Reply {
  return pageReply(linkGonePage(site), { status: 410, cookies: [noLinkCookie] })
}
