// A session, the life of one login, and the rules by which it may go on. Pure: engines of the store
// decide by them, on the state right before a change.
//
// Two clients that go on with the same refresh tokens can't be told by their tokens, as long as
// each asks within the grace of the other. So a generation of tokens counts as shared when its
// token was given to two clients, whichever of the two came first, and three in a row are theft.

import { isAhead } from "../clock.ts"
import type { Caller } from "./caller.ts"
import { networkOf } from "./ip_address.ts"

/** Who used a refresh token, as far as it can be told. */
export type Client = Pick<Caller, "address" | "userAgent">

/** A use of a session: when it was given a refresh token, and who asked. */
export interface Use extends Client {
  readonly at: number
}

/** A moment by the two readings of the clock that sessions go by. */
export interface Moment {
  /** Epoch seconds by the machine's clock: when something starts, is used, ends. */
  readonly at: number
  /** By the steady clock: how long ago a refresh token was given. */
  readonly steadyAt: number
}

/** The life of one login. Instants are epoch seconds. */
export interface Session {
  /** Names it in tokens; 128 random bits as base64url. */
  readonly sid: string
  readonly username: string
  /** When the password was checked. */
  readonly startedAt: number
  /** When a refresh token was last given: at the login, then at each rotation. */
  readonly lastUsedAt: number
  /** The same by the steady clock, for the grace of the parent. */
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
  /** What lists tell of while the last use is too recent to be told; null until a rotation. */
  readonly usedBefore: Use | null
  /** The last generation, by its number in `rotations`, whose token two clients were given. */
  readonly sharedRotation: number
  /** How many generations in a row that were, the last one included; 0 before any. */
  readonly sharedRun: number
}

/** How long a session lasts. */
export interface SessionLife {
  readonly idleSeconds: number
  readonly maxAgeSeconds: number
}

/**
 * What a refresh token is to its session. "shared": the parent, from another client than the one
 * that was given its successor, for the first time in this generation; "newer": one that this state
 * has not seen yet.
 */
export type Presented = "current" | "parent" | "shared" | "newer" | "reused" | "expired" | "ahead"

/** The last number that a refresh token has room for: it has no successor. */
const rotationsMax = 2 ** 48 - 1

/** So many generations in a row that two clients share are theft. */
const sharedRunMax = 3

/** Lists tell of uses in such steps: who may read them must not learn when a token was used. */
const listStepSeconds = 600

/** Whether a session goes on at an instant. */
export function isAlive(session: Session, now: number): boolean {
  return now < session.idleExpiresAt && !isAhead(session.startedAt, { now })
}

/** When a session that started and is used at these instants ends; never after `endsBy`. */
export function expiryOf(
  times: { readonly startedAt: number; readonly usedAt: number; readonly endsBy?: number },
  { idleSeconds, maxAgeSeconds }: SessionLife,
): Pick<Session, "idleExpiresAt" | "expiresAt"> {
  const { startedAt, usedAt, endsBy = Number.POSITIVE_INFINITY } = times
  // By the clock of now, too: one that was ahead at the start gives no longer life.
  const expiresAt = Math.min(Math.min(startedAt, usedAt) + maxAgeSeconds, endsBy)
  return { expiresAt, idleExpiresAt: Math.min(usedAt + idleSeconds, expiresAt) }
}

/**
 * Judges the refresh token of a number (RFC 9700 §4.14.2). The parent of the current one is good
 * for a short time after the rotation: its answer may have been lost, or two tabs sent it at once.
 * Anything older was used before, so one of its two users stole it. One that is newer was made by
 * us all the same, as its tag proves: the store was replaced by an older copy.
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
  // Negative after a restart under a clock that was set back in between.
  const sinceRotation = Math.abs(steadyAt - session.rotatedAt)
  if (!isParent || graceSeconds === 0 || sinceRotation > graceSeconds) return "reused"
  if (!isAnotherClient(session, client) || isShared(session)) return "parent"
  return nextSharedRun(session) < sharedRunMax ? "shared" : "reused"
}

/**
 * Whether somebody else asks than who used the session last: another network and another user
 * agent. A phone that goes from IPv4 to IPv6 keeps its user agent, an updated app its network.
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
  const { startedAt, expiresAt: endsBy, lastUsedAt, usedBefore } = session
  const isOfSameStep = stepOf(at) <= stepOf(lastUsedAt)
  return Object.freeze({
    ...session,
    ...expiryOf({ startedAt, usedAt: at, endsBy }, life),
    lastUsedAt: at,
    rotatedAt: steadyAt,
    usedBefore: isOfSameStep && usedBefore !== null ? usedBefore : Object.freeze(lastUse(session)),
    // After the number that was used, be it far ahead: none in between is good any more.
    rotations: presented + 1,
    ...{ address, userAgent },
  })
}

/** A session whose current refresh token was given to a second client. */
export function markShared(session: Session): Session {
  const sharedRun = nextSharedRun(session)
  return Object.freeze({ ...session, sharedRotation: session.rotations, sharedRun })
}

/**
 * The use that lists tell of: the last one before the ten minutes of now, at their beginning. So
 * nothing changes at the moment of a use, for which a thief could wait with a copied token.
 */
export function listedUse(session: Session, now: number): Use {
  const isTold = session.usedBefore === null || stepOf(session.lastUsedAt) < stepOf(now)
  const use = isTold ? lastUse(session) : session.usedBefore
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

/** The run that it makes when the present generation is shared, too. */
function nextSharedRun({ rotations, sharedRotation, sharedRun }: Session): number {
  return sharedRotation === rotations - 1 ? sharedRun + 1 : 1
}
