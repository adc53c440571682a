// Error replies: {"error": <code>, "msg": <sentence>}. One table gives each code its status. A code
// without a status does not compile.

import {
  AuthError,
  type ErrorCode,
  errorCodes,
  type RefusalReason,
  Unavailable,
} from "../errors.ts"
import { jsonHeaders, jsonText, type Reply } from "./message.ts"

const statuses: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  password_blocked: 400,
  invalid_credentials: 401,
  invalid_code: 401,
  mfa_required: 401,
  mfa_enrolment_required: 401,
  missing_token: 401,
  invalid_token: 401,
  insufficient_user_authentication: 401,
  insufficient_scope: 403,
  wrong_password: 403,
  access_denied: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  username_taken: 409,
  last_admin: 409,
  precondition_failed: 412,
  content_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  expectation_failed: 417,
  misdirected_request: 421,
  precondition_required: 428,
  too_many_requests: 429,
  header_fields_too_large: 431,
  server_error: 500,
  temporarily_unavailable: 503,
  http_version_not_supported: 505,
}

const realm = 'Bearer realm="postern"'

/** Codes that RFC 6750 §3.1 and RFC 9470 §3 put into `WWW-Authenticate`. */
const challengedCodes: readonly ErrorCode[] = [
  "invalid_token",
  "insufficient_user_authentication",
  "insufficient_scope",
]

/**
 * The headers of a code. Every 401 has a challenge (RFC 9110 §11.6.1). So has the 403 for a missing
 * role, since a token of another user could help. `wrong_password` has none, since the token is
 * good. When no token was sent, the challenge names no `error` (RFC 6750 §3).
 */
function headersOf(code: ErrorCode): Reply["headers"] {
  const isChallenged = statuses[code] === 401 || code === "insufficient_scope"
  if (!isChallenged) return jsonHeaders
  const isNamed = challengedCodes.includes(code)
  const challenge = isNamed ? `${realm}, error="${code}"` : realm
  return Object.freeze({ ...jsonHeaders, "WWW-Authenticate": challenge })
}

const headersByCode = Object.fromEntries(
  errorCodes.map((code) => [code, headersOf(code)]),
) as Readonly<Record<ErrorCode, Reply["headers"]>>

/** The reply for a code. `more` are further headers. */
export function problem(code: ErrorCode, msg: string, more?: Reply["headers"]): Reply {
  const own = headersByCode[code]
  const headers = more === undefined ? own : { ...own, ...more }
  return { status: statuses[code], headers, body: jsonText({ error: code, msg }) }
}

/** The reply for a refusal. */
export function refusalReply(error: AuthError): Reply {
  const { code, message, reason, acr } = error
  const waits = retryAfter(error.retryAfterSeconds)
  const more = acr === undefined ? waits : challengeOf(code, `acr_values="${acr}"`)
  const reply = problem(code, message, more)
  // Member by member, because a spread takes longer than the rest of this function.
  const { status, headers, body } = reply
  return reason === undefined ? reply : { status, headers, body, reason }
}

/**
 * The reply to a login that is not enough for a request (RFC 9470 §3). `challenge` says which login
 * would do.
 */
export function insufficientReply(
  msg: string,
  { reason, challenge }: { readonly reason: RefusalReason; readonly challenge: string | null },
): Reply {
  const code = "insufficient_user_authentication"
  const more = challenge === null ? undefined : challengeOf(code, challenge)
  return { ...problem(code, msg, more), reason }
}

/** The challenge of a code with a further parameter. */
function challengeOf(code: ErrorCode, parameter: string): Reply["headers"] {
  return { "WWW-Authenticate": `${headersByCode[code]["WWW-Authenticate"]}, ${parameter}` }
}

/**
 * The reply for nginx's `auth_request`. For nginx 401 and 403 are refusals, and everything else is
 * a failure: its client would get a 500. So each refusal of a request is one of the two. What fails
 * here, or is too busy, stays a failure: nginx can show another page for it.
 */
export function asDenial(reply: Reply): Reply {
  const { status } = reply
  const isRefusal = (status >= 400 && status < 500) || status === 505
  return isRefusal && status !== 401 && status !== 403 ? { ...reply, status: 403 } : reply
}

/** The reply for a thrown value. Null for a bug, which the caller logs. */
export function problemOf(error: unknown): Reply | null {
  if (error instanceof AuthError) return refusalReply(error)
  if (error instanceof Unavailable) {
    return problem("temporarily_unavailable", error.message, retryAfter(error.retryAfterSeconds))
  }
  return null
}

function retryAfter(seconds: number | null): Reply["headers"] | undefined {
  return seconds === null ? undefined : { "Retry-After": String(seconds) }
}
