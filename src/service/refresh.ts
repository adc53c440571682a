// A refresh token for new tokens (RFC 6749 §6, RFC 9700 §4.14.2). Each works once; its parent is
// answered alike for a short time, since answers get lost and tabs ask at once. Whatever is older
// was stolen from one of its two users, and ends the session.

import { type Clock, steadySeconds } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import { networkOf } from "../domain/ip_address.ts"
import { isAnotherClient } from "../domain/session.ts"
import { AuthError, type RefusalReason, tooManyRequests, Unavailable } from "../errors.ts"
import { createRateLimit, type RateLimit } from "../limit/rate_limit.ts"
import type { Ending, RotationOutcome, Store } from "../store/store.ts"
import { type AuditFields, auditEnded, callerFields } from "../telemetry/audit.ts"
import { hasExpired, readSignedToken } from "../token/access_token.ts"
import type { AccessClaims } from "../token/claims.ts"
import {
  isRefreshToken,
  readRefreshToken,
  refreshTokenFault,
  sidInPlaceOf,
} from "../token/refresh_token.ts"
import {
  type GrantParts,
  grantTokens,
  newSession,
  type SessionSettings,
  type Tokens,
} from "./session_tokens.ts"
import { requireRate, type TokenUse, type TokenUseParts } from "./token_use.ts"

/** What refreshing works with. */
export interface RefreshParts extends GrantParts, TokenUseParts {
  readonly store: Store
  readonly settings: SessionSettings
  readonly clock: Clock
  readonly endingNow: () => Ending
}

/** Why a refresh token is refused: a word for the audit trail, a sentence for the caller. */
const refusalTexts = {
  invalid: "Invalid token",
  expired: "Token has expired",
  ended: "Token has been revoked",
  reused: "Token has been revoked",
  access_token: "Only refresh tokens are allowed",
} as const

/** The same for the access log, where `invalid` is told in full. */
const refusalReasonsOf: Readonly<Record<keyof typeof refusalTexts, RefusalReason>> = {
  invalid: "malformed",
  expired: "expired",
  ended: "revoked",
  reused: "reused",
  access_token: "type",
}

/** What a use that gave tokens is in the audit trail. */
const eventsOfUse = {
  rotated: "session.refreshed",
  set_back: "session.set_back",
  replayed: "session.replayed",
} as const

/** What became of a refresh token whose session was found. */
type Used = Exclude<RotationOutcome, { readonly outcome: "gone" }>

const secondsUntilRetry = 60

/** Nobody guesses a tag of 160 bits: this keeps who tries from having signatures checked. */
const refusalsOfClient = { capacity: 3000, secondsPerToken: 0.2 }

/** The number of the token that a refresh token of Flask-JWT-Extended is the parent of. */
const beforeFirst = -1

/** Which refresh token of which session. */
interface Presented {
  readonly sid: string
  readonly rotations: number
}

/** One use of a refresh token. */
interface Attempt {
  readonly parts: RefreshParts
  /** How a session would end by it, and so when it is. */
  readonly ending: Ending
  readonly caller: Caller
  /** What every event of it tells. */
  readonly fields: AuditFields
  /** Of refusals, by client. */
  readonly refusals: RateLimit<Caller>
}

/**
 * Makes the function from a refresh token to new tokens.
 * The function throws AuthError `invalid_token`; `too_many_requests` for too many of those from a
 * client, or too many good ones of a session or an account; and Unavailable when the store can't
 * take the change. The refresh token is as good as before after the last two.
 */
export function createRefresh(
  parts: RefreshParts,
): (token: string, caller: Caller) => Promise<Tokens> {
  const seconds = () => steadySeconds(parts.clock)
  const keyOf = ({ address }: Caller) => networkOf(address)
  const refusals = createRateLimit([{ ...refusalsOfClient, keyOf }], { seconds })
  return async (token, caller) => {
    const fields = callerFields(caller)
    const attempt = { parts, ending: parts.endingNow(), caller, fields, refusals }
    if (!isRefreshToken(token)) return exchange(token, attempt)
    const claim = readRefreshToken(token, parts.refreshKey())
    if (claim === null) throw refusal("invalid", attempt, { fault: refreshTokenFault(token) })
    await admit(claim, attempt)
    const rotated = await rotate(claim, attempt)
    if (rotated.outcome !== "gone") return answer(rotated, attempt)
    throw refusal("ended", telling(attempt, { session: claim.sid }))
  }
}

// Before anything is written. What gives no tokens is not kept waiting: a session that is over, and
// a token that was stolen, which is found out however many came before it.
async function admit({ sid, rotations }: Presented, attempt: Attempt): Promise<void> {
  const session = await attempt.parts.store.findSession(sid)
  if (session === null || rotations < session.rotations - 1) return
  const { username } = session
  requireRefreshRate({ id: sid, username }, telling(attempt, { user: username, session: sid }))
}

function requireRefreshRate(use: TokenUse, { parts, fields }: Attempt): void {
  requireRate(use, { ...fields, reason: "refresh" }, parts)
}

function rotate(
  { sid, rotations: presented }: Presented,
  { parts, ending, caller: { address, userAgent } }: Attempt,
): Promise<RotationOutcome> {
  const { store, settings: life, clock } = parts
  const steadyAt = clock.steady?.()
  return store.rotateSession(sid, { presented, steadyAt, address, userAgent, life, ending })
}

async function answer({ outcome, session }: Used, attempt: Attempt): Promise<Tokens> {
  const { store, audit } = attempt.parts
  const { sid, username } = session
  const told = telling(attempt, { user: username, session: sid })
  if (outcome === "reused") {
    audit("session.reused", { ...told.fields, other: session.address })
    audit("session.ended", { ...told.fields, reason: "reused" })
    throw new AuthError("invalid_token", refusalTexts.reused, { reason: "reused" })
  }
  if (outcome === "expired") throw refusal("expired", told)
  if (outcome === "ahead") throw behind()
  // Looked at anew: roles may have changed, and who is gone gets nothing.
  const user = await store.findUser(username)
  if (user === null || user.disabled) throw refusal("ended", told)
  const granted = { user, issuedAt: attempt.ending.at, fresh: false }
  const tokens = await grantTokens(session, granted, attempt.parts)
  const isShared = outcome === "replayed" && isAnotherClient(session, attempt.caller)
  const shared = isShared ? { other: session.address, reason: "another_client" } : {}
  audit(eventsOfUse[outcome], { ...told.fields, ...shared })
  return tokens
}

// A refresh token that Flask-JWT-Extended made starts a session, once. It is from then on the
// parent of that session's first token, and treated like any other parent.
async function exchange(token: string, attempt: Attempt): Promise<Tokens> {
  const { store, tokens, refreshKey } = attempt.parts
  const { at: now } = attempt.ending
  const wait = attempt.refusals.wait(attempt.caller)
  if (wait > 0) {
    attempt.parts.audit("refresh.refused", { ...attempt.fields, reason: "not_checked" })
    throw tooManyRequests(wait)
  }
  const claims = await readSignedToken(token, tokens, now)
  if (typeof claims === "string") throw refusal("invalid", attempt, { fault: claims })
  if (claims.isAhead) throw refusal("invalid", attempt, { fault: "not_yet_valid" })
  const user = await store.findUser(claims.username)
  const told = telling(attempt, { user: user?.username })
  if (claims.isAccess) throw refusal("access_token", told)
  if (hasExpired(claims, tokens, now)) throw refusal("expired", told)
  const sid = sidInPlaceOf(claims, refreshKey())
  await admit({ sid, rotations: beforeFirst }, attempt)
  const rotated = await rotate({ sid, rotations: beforeFirst }, attempt)
  const used = rotated.outcome === "gone" ? await startInPlaceOf(claims, sid, told) : rotated
  return answer(used, attempt)
}

async function startInPlaceOf(claims: AccessClaims, sid: string, told: Attempt): Promise<Used> {
  const { username, jti, issuedAt, expiresAt } = claims
  const { parts, ending, caller, fields } = told
  const { store, settings, audit } = parts
  const user = await store.findUser(username)
  if (user === null || user.disabled || issuedAt < user.tokensNotBefore) {
    throw refusal("ended", told)
  }
  const times = { life: settings, now: ending.at }
  const startedAt = Math.min(issuedAt, ending.at)
  const session = newSession({ sid, username, startedAt }, caller, times)
  if (ending.at >= session.idleExpiresAt) throw refusal("expired", told)
  if (await store.isTokenRevoked(jti)) throw refusal("ended", told)
  requireRefreshRate({ id: sid, username }, told)
  const started = await store.startSession(session, {
    ifPasswordHash: user.passwordHash,
    sessionsMax: settings.perUserMax,
    ending,
    replaces: { jti, issuedAt, expiresAt: expiresAt + parts.tokens.leewaySeconds, isListed: false },
  })
  if (started !== null) {
    audit("session.started", { ...fields, session: sid, reason: "exchanged" })
    auditEnded(started.ended, { ...fields, reason: "too_many" }, audit)
    return { outcome: "rotated", session }
  }
  // Another request with the same token was first: this one gets the same answer.
  const rotated = await rotate({ sid, rotations: beforeFirst }, told)
  if (rotated.outcome !== "gone") return rotated
  if (await store.isTokenRevoked(jti)) throw refusal("ended", told)
  // The user was changed between the look and the start: look again.
  return startInPlaceOf(claims, sid, told)
}

// The session is good once the clock is right: not a reason to log in again.
function behind(): Unavailable {
  const message = "The clock is behind the time at which this session started"
  return new Unavailable(message, { retryAfterSeconds: secondsUntilRetry })
}

/** The same attempt, whose events tell more. */
function telling(attempt: Attempt, fields: AuditFields): Attempt {
  return { ...attempt, fields: { ...attempt.fields, ...fields } }
}

/** Audits why a token is refused, and gives what to throw. */
function refusal(
  reason: keyof typeof refusalTexts,
  { parts: { audit }, fields, caller, refusals }: Attempt,
  { fault = refusalReasonsOf[reason] }: { readonly fault?: RefusalReason } = {},
): AuthError {
  audit("refresh.refused", { ...fields, reason })
  const wait = refusals.take(caller)
  if (wait > 0) return tooManyRequests(wait)
  if (refusals.wait(caller) > 0) {
    audit("client.throttled", { ...callerFields(caller), reason: "refresh" })
  }
  return new AuthError("invalid_token", refusalTexts[reason], { reason: fault })
}
