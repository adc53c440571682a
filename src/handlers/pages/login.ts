// GET /login: the login page. POST /login with a form: logs a browser in, by cookie. Afterwards
// /continue looks whether the cookie came back, and goes on to where the person was going.

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { cookieNames, readCookie } from "../../http/cookies.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { HttpRequest, Reply } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { isSameOrigin } from "../../http/same_origin.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import { askForFactor } from "../../pages/factor_cookie.ts"
import { waitingFault } from "../../pages/fault_reply.ts"
import type { Site } from "../../pages/layout.ts"
import type { LoginFault } from "../../pages/login_page.ts"
import { type LoginPlace, loginReply } from "../../pages/login_reply.ts"
import { unlistedPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { pathOf, readWay, wayNames } from "../../pages/way.ts"
import { deviceTokenOf } from "../../service/browser/devices.ts"
import { trustTokenOf } from "../../service/browser/trusted_browser.ts"

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
    const { again, over, ...fields } = readQuery(head, ["again", "over", ...wayNames])
    const way = readWay(fields, parts.findHost)
    if (way === null) return unlisted(parts.site)
    const session = await findSession(head, parts)
    if (session !== null && again === "") return redirect(pathOf("/continue", way))
    const username = session?.user.username ?? ""
    // Only after one of our own pages: a link must not make the page say what never happened.
    const fault = isSameOrigin(head, parts.site.origin) ? overOf(over) : null
    const isAgain = session !== null
    return loginReply({ way, username, stays: false, isAgain, before: session }, fault, parts)
  }
}

/** Logs a browser in. */
export function logInByForm(parts: PageParts): BodyHandler {
  const { site, clock, cookieSessions } = parts
  return withBody(async (request) => {
    const typed = await readTyped(request, parts)
    if (typed === null) return unlisted(site)
    const { username, password, way, before, asksAgain, isAgain } = typed
    if (username === "") return loginReply(typed, { kind: "no_username" }, parts)
    if (password === "") return loginReply(typed, { kind: "no_password" }, parts)
    const devices = readCookie(request, cookieNames.devices)
    const deviceToken = deviceTokenOf(devices, username, parts.deviceKey())
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
      return loginReply(typed, faultOf(error), parts)
    }
  })
}

async function readTyped(request: HttpRequest, parts: PageParts): Promise<Typed | null> {
  const { username, password, stay, again, ...fields } = readForm(request, fieldNames)
  const way = readWay(fields, parts.findHost)
  if (way === null) return null
  const before = await findSession(request, parts)
  const asksAgain = again !== ""
  const isAgain = asksAgain && before?.user.username === username
  return { username, password, stays: stay !== "", way, before, asksAgain, isAgain }
}

function trustTokenIn(
  head: HttpRequest,
  username: string,
  { trust, cookieKey }: PageParts,
): string | undefined {
  if (trust.seconds === null) return undefined
  return trustTokenOf(readCookie(head, cookieNames.trust), username, cookieKey())
}

function overOf(over: string): LoginFault | null {
  return over === "late" || over === "codes" ? { kind: over } : null
}

function faultOf(error: unknown): LoginFault {
  const waiting = waitingFault(error)
  if (waiting !== null) return waiting
  if (error instanceof AuthError && error.code === "invalid_credentials") return { kind: "wrong" }
  throw error
}

function unlisted(site: Site): Reply {
  return pageReply(unlistedPage(site), { status: 400 })
}
