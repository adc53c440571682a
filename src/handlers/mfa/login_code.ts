// POST /login/code: takes a code, and gives the tokens of a new session. It completes the login of
// an `mfa_token`. Without one it steps up the session of an access token (RFC 9470).

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import type { HttpRequest } from "../../http/message.ts"
import { readSentTokens } from "../../http/sent_tokens.ts"
import { findStepUp, stepUpByCode } from "../../service/factors/step_up.ts"
import type { LoginTokens } from "../../service/sessions.ts"
import { tokenReply } from "../token_reply.ts"
import type { MfaHandlerParts } from "./mfa_handler_parts.ts"

const missing = "Missing mfa_token: send it, or an access token as Bearer"

/** A code, and the request that it came with. */
interface SentCode {
  readonly code: string
  /** Whether the device is to be trusted. */
  readonly trusts: boolean
  readonly request: HttpRequest
}

/** Answers the tokens of a new session. */
export function loginByCode(parts: MfaHandlerParts): BodyHandler {
  return withBody(async (request) => {
    const members = readTexts(request, ["code"], {
      ...({ optional: ["mfa_token"], flags: ["trust_device"], unknown: "ignored" } as const),
    })
    const sent = { request, code: members.code, trusts: members.trust_device === true }
    const { header, body } = readSentTokens(request, ["mfa_token"])
    const [ticket] = body.tokens
    // Clients attach an old access token to everything, so the ticket comes first.
    if (ticket !== undefined) return tokenReply(await complete(ticket, sent, parts))
    if (header.fault !== null) throw header.fault
    const [token] = header.tokens
    if (token !== undefined) return tokenReply(await stepUp(token, sent, parts))
    throw new AuthError("missing_token", missing, { reason: "missing_token" })
  })
}

async function complete(
  ticket: string,
  { request, code, trusts }: SentCode,
  { factorLogin, sessions, settings: life }: MfaHandlerParts,
): Promise<LoginTokens> {
  const caller = callerOf(request)
  const login = await factorLogin.require(ticket, caller)
  return sessions.grant(await factorLogin.logInByCode(login, code, { life, trusts, caller }))
}

async function stepUp(
  token: string,
  { request, code }: SentCode,
  { factors, sessions, settings: life }: MfaHandlerParts,
): Promise<LoginTokens> {
  const principal = await sessions.authenticate(token)
  const found = await findStepUp(principal, factors)
  const started = await stepUpByCode(found, { code, life }, callerOf(request), factors)
  // The password was not typed for these tokens.
  return sessions.grant(started, { fresh: principal.fresh })
}
