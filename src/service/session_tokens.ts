// A session's first state, and the tokens for each of its states.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import {
  assuranceOf,
  expiryOf,
  type Moment,
  type Session,
  type SessionLife,
} from "../domain/session.ts"
import type { User } from "../domain/user.ts"
import type { RevocationWindow } from "../store/store.ts"
import { signAccessToken, type TokenSettings } from "../token/access_token.ts"
import { writeRefreshToken } from "../token/refresh_token.ts"
import type { KeyWatch } from "./keys.ts"

/** A pair of tokens, and how long each lives, in seconds. */
export interface Tokens {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshToken: string
  readonly refreshExpiresInSeconds: number
}

/** How sessions live. */
export interface SessionSettings extends SessionLife {
  /** For how long the parent of the current refresh token gets the same answer again. */
  readonly graceSeconds: number
  /** How many sessions of a user may be alive at a time. */
  readonly perUserMax: number
}

/** What tokens are made with. */
export interface GrantParts {
  readonly tokens: TokenSettings
  readonly keys: KeyWatch
}

/** How a user logged in, by the members of a session's record. */
export type LoginProof = Pick<Session, "amr" | "factorAt">

/** The proof of a login by password alone. */
export const byPassword: LoginProof = Object.freeze({ amr: ["pwd"], factorAt: null })

/** When a session starts, and for how long it lives. */
interface SessionTimes extends Moment {
  readonly life: SessionLife
  /** When it ends in any case, where that is decided. */
  readonly endsBy?: number
}

/** The first state of a session whose user logged in at `startedAt`. */
export function newSession(
  named: Pick<Session, "sid" | "username" | "startedAt"> & LoginProof,
  { address, userAgent }: Caller,
  { at, steadyAt, life, ...ends }: SessionTimes,
): Session {
  const { startedAt } = named
  const expiry = expiryOf({ startedAt, usedAt: at, ...ends }, life)
  const times = { lastUsedAt: at, rotatedAt: steadyAt, ...expiry }
  const nothingYet = { rotations: 0, usedBefore: null, sharedRotation: 0, sharedRun: 0 }
  return { ...named, ...times, address, userAgent, ...nothingYet }
}

/** What the tokens of a session state. */
interface Granted {
  readonly user: User
  /** When the state was decided, not later: a token expires before its revocation is unlisted. */
  readonly issuedAt: number
  readonly fresh: boolean
}

/** Signs the tokens of a session's state. */
export async function grantTokens(
  session: Session,
  { user, issuedAt, fresh }: Granted,
  { tokens, keys }: GrantParts,
): Promise<Tokens> {
  await keys.catchUp()
  const { sid, rotations, startedAt, idleExpiresAt, amr } = session
  const { username, roles, claims } = user
  const issued = await signAccessToken(
    {
      ...{ username, roles, claims, sid, issuedAt, fresh, amr },
      acr: assuranceOf(session, issuedAt),
      sessionExpiresAt: idleExpiresAt,
      // Not after `iat`, even if the clock was set back since.
      authTime: Math.min(startedAt, issuedAt),
    },
    tokens,
  )
  return {
    accessToken: issued.token,
    expiresInSeconds: issued.expiresInSeconds,
    refreshToken: writeRefreshToken({ sid, rotations }, keys.refreshKey()),
    refreshExpiresInSeconds: Math.max(0, idleExpiresAt - issuedAt),
  }
}

/** Makes the function that gives the window of sessions that end now. */
export function createRevocationWindow(
  clock: Clock,
  {
    accessTtlSeconds,
    leewaySeconds,
    graceSeconds,
  }: Pick<TokenSettings, "accessTtlSeconds" | "leewaySeconds"> &
    Pick<SessionSettings, "graceSeconds">,
): () => RevocationWindow {
  const tokenSeconds = accessTtlSeconds + leewaySeconds
  return () => ({
    at: clock.now(),
    steadyAt: Math.floor(clock.steady()),
    accessTtlSeconds: tokenSeconds,
    graceSeconds,
  })
}
