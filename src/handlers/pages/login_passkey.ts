// POST /login/passkey/options with a form: what the page's script needs for a passkey. POST
// /login/passkey with a form: logs a browser in by what the authenticator answered, in the place of
// the password or after it.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { type HttpRequest, json, type Reply } from "../../http/message.ts"
import { findSession } from "../../pages/browser_cookies.ts"
import { codeReply } from "../../pages/code_page.ts"
import { completeLogin, startOver } from "../../pages/factor_cookie.ts"
import { type Fault, faultOf } from "../../pages/fault_reply.ts"
import { loginReply } from "../../pages/login_page.ts"
import type { BrowserSession, PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import {
  browserOf,
  findPasskeyAsker,
  type PageAsker,
  passkeyFields,
  readCredential,
} from "../../pages/passkey_asker.ts"
import { noWay, pathOf, readWay, requireWay, type Way, wayNames } from "../../pages/way.ts"

/** A passkey that was sent, and by whom. */
interface Sent {
  readonly asker: PageAsker
  readonly way: Way
  /** The session of this browser. */
  readonly before: BrowserSession | null
  readonly stays: boolean
  /** Whether the device is to be trusted. */
  readonly trusts: boolean
}

/** Answers options for `navigator.credentials.get`, for this browser alone. */
export function offerPasskeyByForm(parts: PageParts): BodyHandler {
  return withBody(async (request) => {
    const fields = readForm(request, [...passkeyFields, ...wayNames])
    const { name, cookie } = browserOf(request)
    const before = await findSession(request, parts)
    const asker = await findPasskeyAsker(request, fields, { name, before }, parts)
    // The script follows, and leaves the page.
    if (asker === null) {
      const way = readWay(fields, parts.findHost) ?? noWay
      return startOver(request, { way, over: "late" }, parts)
    }
    const { passkeyLogin } = await parts.factors()
    return { ...json(200, await passkeyLogin.options(asker)), cookies: [cookie] }
  })
}

/** Logs a browser in. */
export function logInByPasskeyForm(parts: PageParts): BodyHandler {
  const { cookieSessions, clock } = parts
  return withBody(async (request) => {
    const names = ["credential", "stay", "trust", ...passkeyFields, ...wayNames] as const
    const { credential, stay, trust, ...fields } = readForm(request, names)
    const way = requireWay(fields, parts)
    const before = await findSession(request, parts)
    const { name } = browserOf(request)
    const asker = await findPasskeyAsker(request, fields, { name, before }, parts)
    if (asker === null) return startOver(request, { way, over: "late" }, parts)
    const stays = staysOf(asker, { before, wanted: stay !== "" }, parts)
    const trusts = trust !== ""
    try {
      const { passkeyLogin } = await parts.factors()
      const completion = { life: cookieSessions.lifeOf(stays), trusts, caller: callerOf(request) }
      const started = await passkeyLogin.logIn(readCredential(credential), asker, completion)
      const path = pathOf("/continue", way, { after: String(clock.now()) })
      return redirect(path, await completeLogin(request, started, parts))
    } catch (error) {
      const fault = faultOf(error, { invalid_credentials: "passkey" })
      return refused(request, { asker, way, before, stays, trusts }, fault, parts)
    }
  })
}

/** The session that a passkey renews: that of the user who logs in once more. */
function renewedBy(asker: PageAsker, before: BrowserSession | null): BrowserSession | null {
  return asker.kind === "browser" && asker.user !== null ? before : null
}

function staysOf(
  asker: PageAsker,
  { before, wanted }: { readonly before: BrowserSession | null; readonly wanted: boolean },
  { cookieSessions }: PageParts,
): boolean {
  if (asker.kind === "login") return asker.login.ticket.stays
  const renewed = renewedBy(asker, before)
  return renewed === null ? wanted : cookieSessions.stays(renewed.session)
}

/** The page on which the passkey was used, with what was wrong. */
async function refused(
  request: HttpRequest,
  { asker, way, before, stays, trusts }: Sent,
  fault: Fault<"passkey">,
  parts: PageParts,
): Promise<Reply> {
  if (asker.kind === "login") {
    return codeReply(request, { login: asker.login, way, kind: "otp", trusts }, fault, parts)
  }
  const renewed = renewedBy(asker, before)
  const username = renewed?.user.username ?? ""
  return loginReply({ way, before, username, stays, isAgain: renewed !== null }, fault, parts)
}
