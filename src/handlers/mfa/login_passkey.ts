// POST /login/passkey/options: what a browser needs for a login by passkey. POST /login/passkey:
// takes its answer and gives the tokens of the login. With the ticket of a login both stand for the
// second factor, without one for the whole login.

import type { Caller } from "../../domain/caller.ts"
import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { json } from "../../http/message.ts"
import type { PasskeyAsker } from "../../service/factors/passkey_login.ts"
import { tokenReply } from "../token_reply.ts"
import type { MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers options for `navigator.credentials.get`. The body may be left out. */
export function offerPasskeyLogin(parts: MfaHandlerParts): BodyHandler {
  return withBody(async (request) => {
    const isEmpty = request.body.byteLength === 0
    const { mfa_token: ticket } = isEmpty
      ? {}
      : readTexts(request, [], { optional: ["mfa_token"], unknown: "ignored" })
    const asker = await askerBy(ticket, callerOf(request), parts)
    return json(200, await parts.passkeyLogin.options(asker))
  })
}

/** Answers the tokens of a new session. */
export function loginByPasskey(parts: MfaHandlerParts): BodyHandler {
  const { passkeyLogin, sessions, settings: life } = parts
  return withBody(async (request) => {
    const { credential, ...sent } = readTexts(request, [], {
      objects: ["credential"],
      optional: ["mfa_token"],
      flags: ["trust_device"],
      unknown: "ignored",
    })
    const caller = callerOf(request)
    const asker = await askerBy(sent.mfa_token, caller, parts)
    const completion = { life, trusts: sent.trust_device === true, caller }
    return tokenReply(await sessions.grant(await passkeyLogin.logIn(credential, asker, completion)))
  })
}

/** @throws AuthError `invalid_token` */
async function askerBy(
  ticket: string | null | undefined,
  caller: Caller,
  { factorLogin }: MfaHandlerParts,
): Promise<PasskeyAsker> {
  if (!ticket) return { kind: "client" }
  return { kind: "login", login: await factorLogin.require(ticket, caller) }
}
