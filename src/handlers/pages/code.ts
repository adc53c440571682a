// GET /login/code and GET /login/recovery: ask for the second factor of a login whose password was
// right. POST /login/code with a form: takes the code and logs the browser in.

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { Reply, RequestHead } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin, findSession } from "../../pages/browser_cookies.ts"
import type { CodeFault, CodeKind } from "../../pages/code_page.ts"
import { codeReply } from "../../pages/code_reply.ts"
import {
  findPendingLogin,
  noFactorCookie,
  startOverAt,
  toItsStep,
} from "../../pages/factor_cookie.ts"
import { waitingFault } from "../../pages/fault_reply.ts"
import type { Over } from "../../pages/login_page.ts"
import { unlistedPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { pathOf, readWay, type Way, wayNames } from "../../pages/way.ts"

const fieldNames = ["code", "kind", "trust", ...wayNames] as const

/** Shows the page. A login that took too long starts over. */
export function showCode(kind: CodeKind, parts: PageParts): Handler {
  return async (head) => {
    const way = readWay(readQuery(head, wayNames), parts.findHost)
    if (way === null) return unlisted(parts)
    const login = await findPendingLogin(head, parts)
    if (login === null) return startOver(head, { way, over: "late" }, parts)
    if (login.ticket.due !== "factor") return toItsStep(login, way)
    return codeReply(head, { login, way, kind, trusts: false }, null, parts)
  }
}

/** Completes the login. */
export function logInByCodeForm(parts: PageParts): BodyHandler {
  const { factors, cookieSessions, clock } = parts
  return withBody(async (request) => {
    const { code, kind: sent, trust, ...fields } = readForm(request, fieldNames)
    const way = readWay(fields, parts.findHost)
    if (way === null) return unlisted(parts)
    const login = await findPendingLogin(request, parts)
    if (login === null) return startOver(request, { way, over: "late" }, parts)
    if (login.ticket.due !== "factor") return toItsStep(login, way)
    const trusts = trust !== ""
    const waits = { login, way, trusts, kind: sent === "recovery" ? sent : "otp" } as const
    if (code.trim() === "") return codeReply(request, waits, { kind: "no_code" }, parts)
    const caller = callerOf(request)
    try {
      const before = await findSession(request, parts)
      const life = cookieSessions.lifeOf(login.ticket.stays)
      const how = { code, life, trusts, caller }
      const started = await (await factors()).logIn(login, how)
      await cookieSessions.endReplaced(before?.session.sid ?? null, caller)
      const path = pathOf("/continue", way, { after: String(clock.now()) })
      return redirect(path, [...cookiesOfLogin(request, started, parts), noFactorCookie])
    } catch (error) {
      const fault = faultOf(error)
      // After the last try, and when another request was faster.
      const isOver = fault === null || (await findPendingLogin(request, parts)) === null
      if (isOver) return startOver(request, { way, over: "codes" }, parts)
      return codeReply(request, waits, fault, parts)
    }
  })
}

/** What to say about an error; null when the login is over. */
function faultOf(error: unknown): CodeFault | null {
  const waiting = waitingFault(error)
  if (waiting !== null) return waiting
  const code = error instanceof AuthError ? error.code : null
  if (code === "invalid_code") return { kind: "wrong" }
  if (code === "invalid_token") return null
  throw error
}

async function startOver(
  head: RequestHead,
  why: { readonly way: Way; readonly over: Over },
  parts: PageParts,
): Promise<Reply> {
  return redirect(await startOverAt(head, why, parts), [noFactorCookie])
}

function unlisted({ site }: PageParts): Reply {
  return pageReply(unlistedPage(site), { status: 400 })
}
