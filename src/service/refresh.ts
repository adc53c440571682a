// Gives new tokens for a refresh token (RFC 6749 §6, RFC 9700 §4.14.2). Each refresh token works
// once. During a short grace time the token before the newest one gets the same answer again,
// because answers get lost and browser tabs refresh at the same time. Any later reuse of an old
// token is treated as theft and ends the session.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import { type FactorRequirement, mustEnrol } from "../domain/factor_requirement.ts"
import { networkOf } from "../domain/ip_address.ts"
import { isAnotherClient, judge, type Presented } from "../domain/session.ts"
import type { User } from "../domain/user.ts"
import {
  AuthError,
  enrolmentRequired,
  type RefusalReason,
  tooManyRequests,
  Unavailable,
} from "../errors.ts"
import { createRateLimit, type RateLimit } from "../limit/rate_limit.ts"
import type { RevocationWindow, RotationOutcome, Store } from "../store/store.ts"
import { type AuditFields, auditEnded, callerFields } from "../telemetry/audit.ts"
import { hasExpired, readSignedToken } from "../token/access_token.ts"
import type { AccessClaims } from "../token/claims.ts"
import {
  isRefreshToken,
  type RefreshTokenContent,
  readRefreshToken,
  refreshTokenFault,
  sidInPlaceOf,
} from "../token/refresh_token.ts"
import { refreshLimits } from "./limits.ts"
import {
  byPassword,
  type GrantParts,
  grantTokens,
  newSession,
  type SessionSettings,
  type Tokens,
} from "./session_tokens.ts"
import { requireRate, type TokenUseParts } from "./token_use.ts"

/**
 * Gives the next tokens for a refresh token. Throws AuthError `invalid_token`. Throws AuthError
 * `too_many_requests` for too many invalid tokens of a client, or too many uses of a session or an
 * account. Throws Unavailable when the store can't write. After `too_many_requests` and Unavailable
 * the refresh token is still valid.
 */
export type Refresh = (token: string, caller: Caller) => Promise<Tokens>

interface RefreshParts extends GrantParts, TokenUseParts {
  readonly store: Store
  readonly settings: SessionSettings
  readonly clock: Clock
  readonly windowNow: () => RevocationWindow
  /** Who must have a second factor. */
  readonly requirement: FactorRequirement
}

/**
 * Why a refresh token is refused, by the audit trail's reason: the caller's message, and the reason
 * in the access log, which may be more exact for an `invalid` token.
 */
const refusals = {
  invalid: ["Invalid token", "malformed"],
  expired: ["Token has expired", "expired"],
  ended: ["Token has been revoked", "revoked"],
  reused: ["Token has been revoked", "reused"],
  access_token: ["Only refresh tokens are allowed", "type"],
} as const satisfies Readonly<Record<string, readonly [string, RefusalReason]>>

/** The audit event of each outcome that gives tokens. */
const eventsOfUse = {
  rotated: "session.refreshed",
  set_back: "session.set_back",
  replayed: "session.replayed",
} as const

/** What a refresh token is when it gives tokens. */
const goingOn: readonly Presented[] = ["current", "parent", "shared", "newer"]

/** The outcomes for a session that was found. */
type Used = Exclude<RotationOutcome, { readonly outcome: "gone" }>

const secondsUntilRetry = 60

/** The number of Flask-JWT-Extended's token: one before the first token of its session. */
const beforeFirst = -1

/** How often to try to start a session while the user is being changed. */
const startRoundsMax = 5

interface Request {
  readonly parts: RefreshParts
  /** The time of the request, and the times that decide how a session ends. */
  readonly window: RevocationWindow
  readonly caller: Caller
  /** The fields of all its audit events. */
  readonly fields: AuditFields
  /** How often clients were refused. */
  readonly refused: RateLimit<Caller>
}

/** Makes the use case. */
export function createRefresh(parts: RefreshParts): Refresh {
  const keyOf = ({ address }: Caller) => networkOf(address)
  const { steady: seconds } = parts.clock
  const refused = createRateLimit([{ ...refreshLimits.refusalsOfClient, keyOf }], { seconds })
  return async (token, caller) => {
    const fields = callerFields(caller)
    await parts.keys.catchUp()
    const request = { parts, window: parts.windowNow(), caller, fields, refused }
    if (!isRefreshToken(token)) return refreshFlaskToken(token, request)
    const presented = readRefreshToken(token, parts.keys.refreshKey())
    if (presented === null) throw refusal("invalid", request, refreshTokenFault(token))
    await requireDue(presented, request)
    const rotated = await rotate(presented, request)
    if (rotated.outcome !== "gone") return answer(rotated, request)
    throw refusal("ended", withFields(request, { session: presented.sid }))
  }
}

// Counts a use before the store writes. Reuse of an old token is not limited, so that the limit
// never hides a theft.
async function requireDue(
  { sid, rotations }: RefreshTokenContent,
  request: Request,
): Promise<void> {
  const { parts, window, caller } = request
  const found = await parts.store.sessions.find(sid)
  if (found === null || rotations < found.session.rotations - 1) return
  const { user, session } = found
  const { username } = user
  const named = withFields(request, { user: username, session: sid })
  requireRate({ id: sid, username }, { ...named.fields, reason: "refresh" }, parts)
  const judged = judge(
    session,
    { presented: rotations, ...caller },
    { ...window, ...parts.settings },
  )
  if (goingOn.includes(judged)) requireEnrolled(user, named)
}

// Before the token is used up: the session goes on once its user has a factor. An old token is left
// to the store, which ends its session.
function requireEnrolled(user: User, { parts, fields }: Request): void {
  if (!mustEnrol(user, parts.requirement)) return
  parts.audit("refresh.refused", { ...fields, reason: "not_enrolled" })
  throw enrolmentRequired()
}

function rotate(
  { sid, rotations: presented }: RefreshTokenContent,
  { parts, window, caller: { address, userAgent } }: Request,
): Promise<RotationOutcome> {
  const { store, settings: life } = parts
  return store.sessions.rotate(sid, { presented, address, userAgent, life, window })
}

async function answer({ outcome, session, user }: Used, request: Request): Promise<Tokens> {
  const { parts, window, caller } = request
  const { sid, username } = session
  const named = withFields(request, { user: username, session: sid })
  if (outcome === "reused") {
    parts.audit("session.reused", { ...named.fields, other: session.address })
    parts.audit("session.ended", { ...named.fields, reason: "reused" })
    throw errorOf("reused")
  }
  if (outcome === "expired") throw refusal("expired", named)
  if (outcome === "ahead") {
    // Not 401, which makes clients log in again: the session works again once the clock is right.
    const message = "The clock is behind the time at which this session started"
    throw new Unavailable(message, { retryAfterSeconds: secondsUntilRetry })
  }
  // The store ends the sessions of a disabled user. This check holds even if it did not.
  if (user.disabled) throw refusal("ended", named)
  const tokens = await grantTokens(session, { user, issuedAt: window.at, fresh: false }, parts)
  const isShared = outcome === "replayed" && isAnotherClient(session, caller)
  const shared = isShared ? { other: session.address, reason: "another_client" } : {}
  parts.audit(eventsOfUse[outcome], { ...named.fields, ...shared })
  return tokens
}

// A refresh token of Flask-JWT-Extended starts a session, once. After that it counts as the token
// before that session's first refresh token.
async function refreshFlaskToken(token: string, request: Request): Promise<Tokens> {
  const { parts, window, caller, fields, refused } = request
  const wait = refused.wait(caller)
  if (wait > 0) {
    parts.audit("refresh.refused", { ...fields, reason: "not_checked" })
    throw tooManyRequests(wait)
  }
  const claims = await readSignedToken(token, parts.tokens, window.at)
  if (typeof claims === "string") throw refusal("invalid", request, claims)
  if (claims.isAhead) throw refusal("invalid", request, "not_yet_valid")
  const user = await parts.store.users.find(claims.username)
  const named = withFields(request, { user: user?.username })
  if (claims.isAccess) throw refusal("access_token", named)
  if (hasExpired(claims, parts.tokens, window.at)) throw refusal("expired", named)
  const sid = sidInPlaceOf(claims, parts.keys.refreshKey())
  const presented = { sid, rotations: beforeFirst }
  await requireDue(presented, named)
  for (let round = 0; round < startRoundsMax; round += 1) {
    const rotated = await rotate(presented, named)
    const used = rotated.outcome === "gone" ? await startInPlaceOf(claims, sid, named) : rotated
    // Null: another request started the session first, or the user was changed meanwhile.
    if (used !== null) return answer(used, named)
  }
  throw new Unavailable("The account is being changed: try again")
}

async function startInPlaceOf(
  { username, jti, issuedAt, expiresAt }: AccessClaims,
  sid: string,
  request: Request,
): Promise<Used | null> {
  const { parts, window, caller, fields } = request
  const { store, settings, audit, tokens } = parts
  const user = await store.users.find(username)
  if (user === null || user.disabled || issuedAt < user.tokensNotBefore) {
    throw refusal("ended", request)
  }
  const startedAt = Math.min(issuedAt, window.at)
  const times = { ...window, life: settings }
  const session = newSession({ sid, username, startedAt, ...byPassword }, caller, times)
  if (window.at >= session.idleExpiresAt) throw refusal("expired", request)
  if (await store.sessions.isTokenRevoked(jti)) throw refusal("ended", request)
  requireEnrolled(user, request)
  requireRate({ id: sid, username }, { ...fields, reason: "refresh" }, parts)
  const started = await store.sessions.start(session, {
    ifPasswordHash: user.passwordHash,
    sessionsMax: settings.perUserMax,
    window,
    replaces: { jti, issuedAt, expiresAt: expiresAt + tokens.leewaySeconds, isListed: false },
  })
  if (started === null) return null
  audit("session.started", { ...fields, session: sid, reason: "exchanged" })
  auditEnded(started.ended, { ...fields, reason: "too_many" }, audit)
  return { outcome: "rotated", session, user }
}

/** The request with more fields for its audit events. */
function withFields(request: Request, fields: AuditFields): Request {
  return { ...request, fields: { ...request.fields, ...fields } }
}

/** Audits a refusal, and gives the error to throw. */
function refusal(
  reason: keyof typeof refusals,
  { parts: { audit }, fields, caller, refused }: Request,
  logged?: RefusalReason,
): AuthError {
  audit("refresh.refused", { ...fields, reason })
  const wait = refused.take(caller)
  if (wait > 0) return tooManyRequests(wait)
  if (refused.wait(caller) > 0) {
    audit("client.throttled", { ...callerFields(caller), reason: "refresh" })
  }
  return errorOf(reason, logged)
}

function errorOf(reason: keyof typeof refusals, logged?: RefusalReason): AuthError {
  const [message, usual] = refusals[reason]
  return new AuthError("invalid_token", message, { reason: logged ?? usual })
}
