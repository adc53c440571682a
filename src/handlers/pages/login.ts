// GET /login: the login page. POST /login with a form: logs a browser in, by cookie. Afterwards
// /continue looks whether the cookie came back, and goes on to where the person was going.

import { callerOf } from "../../http/caller.ts"
import { cookieNames, readCookie } from "../../http/cookies.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { HttpRequest } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import { askForFactor } from "../../pages/factor_cookie.ts"
import { faultOf } from "../../pages/fault_reply.ts"
import { type LoginPlace, loginReply, overs } from "../../pages/login_page.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { pathOf, readNews, requireWay, wayNames } from "../../pages/way.ts"
import { userTokenOf } from "../../service/browser/user_tokens.ts"

const fieldNames = ["username", "password", "stay", "again", ...wayNames] as const

/** What was typed, and by whom. */
interface Typed extends LoginPlace {
  readonly password: string
  /** Whether the page asked for the password again. */
  readonly asksAgain: boolean
}

/** Shows the page. A person who is logged in goes on, unless the password is asked for again. */
export function showLogin(parts: PageParts): Handler {
  return async (head) => {
    const { again, ...fields } = readQuery(head, ["again", ...wayNames])
    const way = requireWay(fields, parts)
    const session = await findSession(head, parts)
    if (session !== null && again === "") return redirect(pathOf("/continue", way))
    const username = session?.user.username ?? ""
    const kind = readNews(head, { name: "over", words: overs }, parts.site)
    const fault = kind === null ? null : { kind }
    const isAgain = session !== null
    return loginReply({ way, username, stays: false, isAgain, before: session }, fault, parts)
  }
}

/** Logs a browser in. */
export function logInByForm(parts: PageParts): BodyHandler {
  const { clock, cookieSessions } = parts
  return withBody(async (request) => {
    const typed = await readTyped(request, parts)
    const { username, password, way, before, asksAgain, isAgain } = typed
    if (username === "") return loginReply(typed, { kind: "no_username" }, parts)
    if (password === "") return loginReply(typed, { kind: "no_password" }, parts)
    const cookie = readCookie(request, cookieNames.devices)
    const key = parts.keys.refreshKey()
    const deviceToken = userTokenOf(username, { kind: "device", cookie, key })
    // The host of the way would ask for another login, with the factor.
    const needsFactor = asksAgain || way.to?.host.rule.mfa === true
    const trustToken = needsFactor ? undefined : trustTokenIn(request, username, parts)
    const login = {
      ...{ username, password, ...(deviceToken === undefined ? {} : { deviceToken }) },
      ...(trustToken === undefined ? {} : { trustToken }),
      stays: before !== null && isAgain ? cookieSessions.stays(before.session) : typed.stays,
      replaces: before?.session.sid ?? null,
    }
    try {
      const started = await cookieSessions.logIn(login, callerOf(request))
      if ("due" in started) {
        return await askForFactor(started, { way, stays: login.stays }, request, parts)
      }
      const path = pathOf("/continue", way, { after: String(clock.now()) })
      return redirect(path, cookiesOfLogin(request, started, parts))
    } catch (error) {
      return loginReply(typed, faultOf(error, { invalid_credentials: "wrong" }), parts)
    }
  })
}

async function readTyped(request: HttpRequest, parts: PageParts): Promise<Typed> {
  const { username, password, stay, again, ...fields } = readForm(request, fieldNames)
  const way = requireWay(fields, parts)
  const before = await findSession(request, parts)
  const asksAgain = again !== ""
  const isAgain = asksAgain && before?.user.username === username
  return { username, password, stays: stay !== "", way, before, asksAgain, isAgain }
}

function trustTokenIn(
  head: HttpRequest,
  username: string,
  { trust, keys }: PageParts,
): string | undefined {
  if (trust.seconds === null) return undefined
  const cookie = readCookie(head, cookieNames.trust)
  return userTokenOf(username, { kind: "trust", cookie, key: keys.cookieKey() })
}
