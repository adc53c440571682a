// GET /login/code and GET /login/recovery: ask for the second factor of a login whose password was
// right. POST /login/code with a form: takes the code and logs the browser in.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { readQuery } from "../../http/query.ts"
import { type CodeKind, codeReply } from "../../pages/code_page.ts"
import { atStep, completeLogin, findPendingLogin, startOver } from "../../pages/factor_cookie.ts"
import { faultOf } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { pathOf, requireWay, wayNames } from "../../pages/way.ts"

const fieldNames = ["code", "kind", "trust", ...wayNames] as const

/** Shows the page. */
export function showCode(kind: CodeKind, parts: PageParts): Handler {
  return async (head) => {
    const way = requireWay(readQuery(head, wayNames), parts)
    return atStep(head, { due: "factor", way }, parts, (login) =>
      codeReply(head, { login, way, kind, trusts: false }, null, parts),
    )
  }
}

/** Completes the login. */
export function logInByCodeForm(parts: PageParts): BodyHandler {
  const { factors, cookieSessions, clock } = parts
  return withBody(async (request) => {
    const { code, kind: sent, trust, ...fields } = readForm(request, fieldNames)
    const way = requireWay(fields, parts)
    const kind = sent === "recovery" ? sent : "otp"
    const trusts = trust !== ""
    return atStep(request, { due: "factor", way }, parts, async (login) => {
      const place = { login, way, trusts, kind } as const
      if (code.trim() === "") return codeReply(request, place, { kind: "no_code" }, parts)
      try {
        const life = cookieSessions.lifeOf(login.ticket.stays)
        const completion = { life, trusts, caller: callerOf(request) }
        const { factorLogin } = await factors()
        const started = await factorLogin.logInByCode(login, code, completion)
        const path = pathOf("/continue", way, { after: String(clock.now()) })
        return redirect(path, await completeLogin(request, started, parts))
      } catch (error) {
        const fault = faultOf(error, { invalid_code: "wrong", invalid_token: "over" })
        // After the last try, and when another request was faster.
        const isOver = fault.kind === "over" || (await findPendingLogin(request, parts)) === null
        if (isOver) return startOver(request, { way, over: "codes" }, parts)
        return codeReply(request, place, fault, parts)
      }
    })
  })
}
