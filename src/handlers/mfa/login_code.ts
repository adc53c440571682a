// POST /login/code: takes the ticket of a login and a code, and gives the tokens of the login.

import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { tokenReply } from "../../http/token_reply.ts"
import { logInByCode } from "../../service/factors/factor_login.ts"
import { findLogin, ticketIsOver } from "../../service/factors/mfa_tickets.ts"
import type { MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers the tokens of a new session. */
export function loginByCode({ factors, sessions, settings: life }: MfaHandlerParts): BodyHandler {
  return withBody(async (request) => {
    const typed = readTexts(request, ["mfa_token", "code"], {
      flags: ["trust_device"],
      unknown: "ignored",
    })
    const caller = callerOf(request)
    const login = await findLogin(typed.mfa_token, "json", caller, factors)
    if (login === null) throw ticketIsOver()
    const how = { code: typed.code, life, trusts: typed.trust_device === true }
    const started = await logInByCode(login, how, caller, factors)
    return tokenReply(await sessions.grant(started))
  })
}
