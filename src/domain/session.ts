// A session is the life of one login. These are the rules by which it goes on. Pure: each engine of
// the store applies them to the state right before a change.
//
// A thief who always refreshes within the grace after the owner gets the owner's tokens. So a
// generation of tokens counts as shared when two different clients were given its refresh token.
// Three shared generations in a row are theft.

import { isAhead } from "../clock.ts"
import type { Caller } from "./caller.ts"
import { networkOf } from "./ip_address.ts"

/** What a request states about the client that uses a refresh token. */
export type Client = Pick<Caller, "address" | "userAgent">

/** A use of a session: when it was given a refresh token or sent its cookie, and who asked. */
export interface Use extends Client {
  readonly at: number
}

/** One moment, by two readings of the clock (clock.ts). */
export interface Moment {
  /** By `now()`: when a session starts, is used, ends. */
  readonly at: number
  /** By `steady()`: for measuring how long ago a refresh token was given. */
  readonly steadyAt: number
}

/** The life of one login. Instants are epoch seconds. */
export interface Session {
  /** Names it in tokens; 128 random bits as base64url. */
  readonly sid: string
  readonly username: string
  /** When the password was checked. */
  readonly startedAt: number
  /**
   * When it was last used: at the login, then at each rotation. The use of a cookie moves it on
   * after a twentieth of the idle life.
   */
  readonly lastUsedAt: number
  /** The same moment by the steady clock: the grace is measured from it. */
  readonly rotatedAt: number
  /** When it ends unless it is used; never after `expiresAt`. */
  readonly idleExpiresAt: number
  /** When it ends in any case. */
  readonly expiresAt: number
  /** How often its refresh token was rotated: the number of the current one. */
  readonly rotations: number
  /** Address and user agent of its last use, for the user to recognise it by. */
  readonly address: string
  readonly userAgent: string
  /** The use that lists show while the last use is too recent to show; null until a rotation. */
  readonly usedBefore: Use | null
  /** The last generation that two clients shared, as its number in `rotations`. */
  readonly sharedRotation: number
  /** How many generations in a row were shared, up to that one; 0 for none. */
  readonly sharedRun: number
  /** How the user logged in (RFC 8176 §2): `pwd`, `otp`, `hwk`, `swk`. */
  readonly amr: readonly string[]
  /** When a second factor was checked; null for none. */
  readonly factorAt: number | null
}

/**
 * How sure it is who logged in, by the words of NIST SP 800-63B: "aal2" with a second factor, or
 * with a passkey alone.
 */
export type AssuranceLevel = "aal1" | "aal2"

/** How long a session lasts. */
export interface SessionLife {
  readonly idleSeconds: number
  readonly maxAgeSeconds: number
}

/**
 * What a refresh token is to its session. "shared": the parent, from a second client, for the first
 * time in this generation. "newer": its number is higher than the session's. "ahead": the session
 * starts long after now (clock.ts).
 */
export type Presented = "current" | "parent" | "shared" | "newer" | "reused" | "expired" | "ahead"

/** The highest number that fits into a refresh token. It has no successor. */
const rotationsMax = 2 ** 48 - 1

/** This many shared generations in a row are theft. */
const sharedRunMax = 3

/** Lists round uses down to this: their reader must not learn when exactly a token was used. */
const listStepSeconds = 600

/** Whether a session goes on at an instant. */
export function isAlive(session: Session, now: number): boolean {
  return now < session.idleExpiresAt && !isAhead(session.startedAt, { now })
}

/** For how long a second factor counts (NIST SP 800-63B-4 §2.2.3). */
const factorSecondsMax = 86_400

/** The assurance of a session at an instant. Without its factor it goes on as "aal1". */
export function assuranceOf({ factorAt }: Pick<Session, "factorAt">, now: number): AssuranceLevel {
  return factorAt !== null && now < factorAt + factorSecondsMax ? "aal2" : "aal1"
}

/** When a session that started and is used at these instants ends; never after `endsBy`. */
export function expiryOf(
  times: { readonly startedAt: number; readonly usedAt: number; readonly endsBy?: number },
  { idleSeconds, maxAgeSeconds }: SessionLife,
): Pick<Session, "idleExpiresAt" | "expiresAt"> {
  const { startedAt, usedAt, endsBy = Number.POSITIVE_INFINITY } = times
  // From the earlier of the two: a clock that was ahead at the start gives no longer life.
  const expiresAt = Math.min(Math.min(startedAt, usedAt) + maxAgeSeconds, endsBy)
  return { expiresAt, idleExpiresAt: Math.min(usedAt + idleSeconds, expiresAt) }
}

/**
 * Judges the refresh token of a number (RFC 9700 §4.14.2). The parent of the current one is valid
 * for a short time after the rotation: its answer may have been lost, or two tabs sent it at once.
 * An older one was used before, so one of its two users stole it. The tag of a newer one proves
 * that we made it: the store was replaced by an older copy.
 */
export function judge(
  session: Session,
  { presented, ...client }: Client & { readonly presented: number },
  { at, steadyAt, graceSeconds }: Moment & { readonly graceSeconds: number },
): Presented {
  if (at >= session.idleExpiresAt) return "expired"
  if (isAhead(session.startedAt, { now: at })) return "ahead"
  if (presented === session.rotations) return "current"
  if (presented > session.rotations && presented < rotationsMax) return "newer"
  const isParent = presented === session.rotations - 1
  // The difference is negative after a restart with a clock that was set back.
  const sinceRotation = Math.abs(steadyAt - session.rotatedAt)
  if (!isParent || graceSeconds === 0 || sinceRotation > graceSeconds) return "reused"
  if (!isAnotherClient(session, client) || isShared(session)) return "parent"
  return nextSharedRun(session) < sharedRunMax ? "shared" : "reused"
}

/**
 * Whether another client asks than the one that used the session last. Both must differ: a phone
 * that goes from IPv4 to IPv6 keeps its user agent, and an updated app keeps its network.
 */
export function isAnotherClient(session: Session, { address, userAgent }: Client): boolean {
  return networkOf(address) !== networkOf(session.address) && userAgent !== session.userAgent
}

/** A session after the refresh token of a number was used. */
export function moveOn(
  session: Session,
  { presented, address, userAgent }: Client & { readonly presented: number },
  { at, steadyAt, life }: Moment & { readonly life: SessionLife },
): Session {
  return Object.freeze({
    ...afterUse(session, { at, address, userAgent }, life),
    rotatedAt: steadyAt,
    // One after the number that was used, even if that was far higher: none between them is valid.
    rotations: presented + 1,
  })
}

/**
 * A session that is used by its cookie, after a use. Its idle life is the one that it started with,
 * unless `life` has become shorter.
 */
export function touch(session: Session, use: Use, life: SessionLife): Session {
  const own = session.idleExpiresAt - session.lastUsedAt
  const idleSeconds = Math.min(own, life.idleSeconds)
  return Object.freeze(afterUse(session, use, { ...life, idleSeconds }))
}

function afterUse(session: Session, { at, ...client }: Use, life: SessionLife): Session {
  const { startedAt, expiresAt: endsBy, lastUsedAt, usedBefore } = session
  const isOfSameStep = stepOf(at) <= stepOf(lastUsedAt)
  return {
    ...session,
    ...expiryOf({ startedAt, usedAt: at, endsBy }, life),
    lastUsedAt: at,
    usedBefore: isOfSameStep && usedBefore !== null ? usedBefore : Object.freeze(lastUse(session)),
    ...client,
  }
}

/** A session whose current refresh token was given to a second client. */
export function markShared(session: Session): Session {
  const sharedRun = nextSharedRun(session)
  return Object.freeze({ ...session, sharedRotation: session.rotations, sharedRun })
}

/**
 * The use that lists show: the last one before the present ten minutes, rounded down to ten
 * minutes. A list never changes at the moment of a use, so a thief can't wait for that moment.
 */
export function listedUse(session: Session, now: number): Use {
  const isShown = session.usedBefore === null || stepOf(session.lastUsedAt) < stepOf(now)
  const use = isShown ? lastUse(session) : session.usedBefore
  return { ...use, at: stepOf(use.at) }
}

function lastUse({ lastUsedAt: at, address, userAgent }: Session): Use {
  return { at, address, userAgent }
}

function stepOf(instant: number): number {
  return instant - (instant % listStepSeconds)
}

function isShared({ rotations, sharedRotation, sharedRun }: Session): boolean {
  return sharedRun > 0 && sharedRotation === rotations
}

/** The length of the run when the present generation is shared too. */
function nextSharedRun({ rotations, sharedRotation, sharedRun }: Session): number {
  return sharedRotation === rotations - 1 ? sharedRun + 1 : 1
}
