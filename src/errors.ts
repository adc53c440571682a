// The closed list of refusals, and the two other kinds of failure. Nothing here knows HTTP.
//
//   AuthError      a refusal: the caller gets the code and the sentence
//   Unavailable    a failure of the world (disk full, queue full): 503, the cause goes to the log
//   OperatorError  a mistake of the operator: sentence and hint on the command line
//   anything else  a bug: 500 with the request id, the stack goes to the log

/** Every code a caller can get in `error`; OAuth's own names where OAuth has one. */
export const errorCodes = [
  "invalid_request",
  "password_blocked",
  "invalid_credentials",
  "invalid_code",
  "mfa_required",
  "mfa_enrolment_required",
  "missing_token",
  "invalid_token",
  "insufficient_user_authentication",
  "insufficient_scope",
  "wrong_password",
  "access_denied",
  "not_found",
  "method_not_allowed",
  "request_timeout",
  "username_taken",
  "last_admin",
  "precondition_failed",
  "content_too_large",
  "uri_too_long",
  "unsupported_media_type",
  "expectation_failed",
  "misdirected_request",
  "precondition_required",
  "too_many_requests",
  "header_fields_too_large",
  "server_error",
  "temporarily_unavailable",
  "http_version_not_supported",
] as const

/** One of them. */
export type ErrorCode = (typeof errorCodes)[number]

/**
 * Why a token is refused, in the words of the access log. The operator reads them there; no reply
 * has them, since a forger could learn from them.
 */
export const refusalReasons = [
  // No token was read.
  ...["missing_token", "other_scheme", "bad_header", "two_tokens"],
  // The token was not made here.
  ...["malformed", "header", "algorithm", "type", "unknown_key", "signature", "unknown_token"],
  // Our key signed the token, but not for use here.
  ...["issuer", "audience", "lifetime", "claims"],
  // The token is good at another time.
  ...["not_yet_valid", "expired"],
  // The token was good before.
  ...["revoked", "reused", "user_unknown", "user_disabled"],
  // The token is good, but not for this request.
  ...["not_fresh", "missing_role", "missing_factor", "not_enrolled"],
  // A proxy asks about another request, which no token could help.
  ...["untrusted_proxy", "forwarded_headers", "other_host", "unlisted_host", "other_user"],
] as const

/** One of them. */
export type RefusalReason = (typeof refusalReasons)[number]

/**
 * An error that has a stack only with a cause. Nobody reads where a refusal was thrown, and finding
 * that out takes longer than refusing. In a flood that counts.
 */
class Refusal extends Error {
  constructor(message: string, cause?: unknown) {
    const { stackTraceLimit } = Error
    if (cause === undefined) Error.stackTraceLimit = 0
    super(message, cause === undefined ? undefined : { cause })
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** A refusal. The message is shown to the caller, so it never holds a token, password or hash. */
export class AuthError extends Refusal {
  override readonly name = "AuthError"
  readonly code: ErrorCode
  /** After how many seconds to ask again, where that is the reason. */
  readonly retryAfterSeconds: number | null
  /** What the access log says about the token; the caller never sees this. */
  readonly reason: RefusalReason | undefined
  /** The assurance that a login needs to have, where that is missing. */
  readonly acr: "aal2" | undefined

  constructor(
    code: ErrorCode,
    message: string,
    {
      retryAfterSeconds = null,
      reason,
      acr,
    }: {
      readonly retryAfterSeconds?: number | null
      readonly reason?: RefusalReason
      readonly acr?: "aal2"
    } = {},
  ) {
    super(message)
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
    this.reason = reason
    this.acr = acr
  }
}

/** The refusal of a user who has to set up a second factor before anything else. */
export function enrolmentRequired(): AuthError {
  return new AuthError(
    "insufficient_user_authentication",
    "Second factor required: log in to set one up",
    { reason: "not_enrolled", acr: "aal2" },
  )
}

/** The refusal of a service token where a person has to log in. Nobody looks it up. */
export function serviceTokenRefused(): AuthError {
  const message = "Service tokens are not accepted here"
  return new AuthError("invalid_token", message, { reason: "type" })
}

/** The refusal of a client that asks too often. */
export function tooManyRequests(retryAfterSeconds: number): AuthError {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds))
  const message = `Too many attempts: try again in ${seconds} s`
  return new AuthError("too_many_requests", message, { retryAfterSeconds: seconds })
}

/** The world failed, nothing was changed, and trying again later may work. */
export class Unavailable extends Refusal {
  override readonly name = "Unavailable"
  readonly retryAfterSeconds: number

  constructor(message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, options.cause)
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1
  }
}

/** Exit codes of the command line; those above 64 are `sysexits.h`'s. */
export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  damagedData: 65,
  unavailable: 69,
  inUse: 75,
  badSettings: 78,
} as const

/** How a command ended. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A mistake that the operator can mend: what is wrong, what to do, and how the process exits. */
export class OperatorError extends Error {
  override readonly name = "OperatorError"
  /** What is wrong, a line each: the message, then its details. */
  readonly lines: readonly string[]
  readonly hint: string
  readonly exitCode: ExitCode

  constructor(
    message: string,
    options: {
      readonly hint: string
      readonly exitCode: ExitCode
      readonly details?: readonly string[]
      readonly cause?: unknown
    },
  ) {
    const lines = [message, ...(options.details ?? [])]
    super(lines.join("\n"), { cause: options.cause })
    this.lines = lines
    this.hint = options.hint
    this.exitCode = options.exitCode
  }
}

/** The `code` of a system error (`ENOENT`, …), or null for any other thrown value. */
export function systemCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === "string" ? code : null
}
