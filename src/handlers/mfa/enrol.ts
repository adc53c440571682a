// POST /mfa/totp: offers a secret to an authenticator app. POST /mfa/totp/confirm: its first code
// puts it in force. POST /mfa/passkeys/options: what a browser needs to make a passkey. POST
// /mfa/passkeys: takes the passkey. A user who has no recovery codes gets some with the first
// factor, and a login that had to set one up is complete.

import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { type HttpRequest, json, type Reply } from "../../http/message.ts"
import type { Enrolled } from "../../service/factors/enrolment.ts"
import type { StoreFactor } from "../../service/factors/storing.ts"
import type { StartedLogin } from "../../service/session_start.ts"
import { tokenReply } from "../token_reply.ts"
import type { Enrolling, EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers a secret, as text and as the address for a QR code. It is not in force yet. */
export function offerTotp({ enrolment }: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (_request, { principal: { username } }) => {
    const { secret, uri } = await enrolment.offerTotp(username)
    return json(200, { secret, uri })
  })
}

/** Answers recovery codes to a user who had none, and tokens when this completes a login. */
export function confirmTotp(parts: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (request, { principal }) => {
    const { code } = readTexts(request, ["code"], { optional: ["mfa_token"] })
    const storeFactor = storingOf(request, principal, parts)
    const enrolled = await parts.enrolment.confirmTotp(principal.username, code, storeFactor)
    return enrolledReply(enrolled, {}, parts)
  })
}

/** Answers options for `navigator.credentials.create`. */
export function offerPasskey({ passkeyEnrolment }: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (_request, { principal }) =>
    json(200, await passkeyEnrolment.options(principal)),
  )
}

/** Answers the passkey, and tokens in its place when this completes a login. */
export function addPasskey(parts: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (request, { principal }) => {
    const { credential, name } = readTexts(request, [], {
      objects: ["credential"],
      optional: ["name", "mfa_token"],
    })
    const sent = { credential, name: name ?? "" }
    const storeFactor = storingOf(request, principal, parts)
    const added = await parts.passkeyEnrolment.add(sent, principal, storeFactor)
    const { id, name: chosen } = added.passkey
    return enrolledReply(added, { id, name: chosen }, parts)
  })
}

function storingOf(
  request: HttpRequest,
  enroller: Enrolling,
  { storing, settings: life }: MfaHandlerParts,
): StoreFactor<StartedLogin | null> {
  const { login } = enroller
  const caller = callerOf(request)
  return login === undefined
    ? storing.inSession(enroller, caller)
    : storing.inLogin(login, { life, caller })
}

/** Tokens when a login is complete; otherwise what there is to say about the factor. */
async function enrolledReply(
  { stored, recoveryCodes }: Enrolled<StartedLogin | null>,
  factor: object,
  { sessions }: MfaHandlerParts,
): Promise<Reply> {
  if (stored === null) return json(200, { ...factor, recovery_codes: recoveryCodes ?? undefined })
  return tokenReply({ ...(await sessions.grant(stored)), ...(recoveryCodes && { recoveryCodes }) })
}
