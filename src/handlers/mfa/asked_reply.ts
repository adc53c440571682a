// The reply to a right password that needs a second factor, or the set-up of one: a ticket, and
// nothing that opens anything.

import { jsonText, type Reply } from "../../http/message.ts"
import { problem } from "../../http/problem.ts"
import type { AskedFactor } from "../../service/factors/factor_login.ts"

const replies = {
  factor: { code: "mfa_required", msg: "Second factor required" },
  enrolment: { code: "mfa_enrolment_required", msg: "Set up a second factor to log in" },
} as const

/** Asks for the factor. */
export function askedReply({ due, ticket, methods, expiresInSeconds }: AskedFactor): Reply {
  const { code: error, msg } = replies[due]
  const more = { mfa_token: ticket, methods, expires_in: expiresInSeconds }
  return { ...problem(error, msg), body: jsonText({ error, msg, ...more }) }
}
