// The records of a store, by table: what every engine keeps of users and sessions, and what moves
// from one engine to another. Each engine has a form of its own for them on its disk.

import type { LoginHistory } from "../domain/login_history.ts"
import type { ServiceToken } from "../domain/service_token.ts"
import type { Session } from "../domain/session.ts"
import type { User } from "../domain/user.ts"

/** The name of a deleted user. */
interface ReservedName {
  readonly username: string
  readonly deletedAt: number
  /** Whether a new user may have the name. */
  readonly isReleased: boolean
}

/** A session that ended and may still have valid access tokens. */
export interface EndedSession {
  readonly sid: string
  /** When the last of its access tokens has expired. */
  readonly tokensExpireAt: number
}

/** A token without a session that was revoked. */
export interface RevokedToken {
  readonly jti: string
  /** When the token expires. Afterwards the record can be removed. */
  readonly expiresAt: number
  /** Whether other services have to know: true for an access token. */
  readonly isListed: boolean
}

/** How often in a row a user's password was wrong, by source. */
export interface FailedLogins {
  readonly username: string
  readonly strangers: number
  readonly devices: number
}

/** Records by table. */
export interface Records {
  readonly users: User
  readonly reservedNames: ReservedName
  readonly sessions: Session
  readonly endedSessions: EndedSession
  readonly revokedTokens: RevokedToken
  readonly failedLogins: FailedLogins
  readonly loginHistories: LoginHistory
  readonly serviceTokens: ServiceToken
}

/** The name of a table. */
export type TableName = keyof Records

/** The tables' names, in the order in which they are written: a session comes after its user. */
export const tableNames: readonly TableName[] = [
  ...(["users", "reservedNames", "sessions"] as const),
  ...(["endedSessions", "revokedTokens", "failedLogins", "loginHistories"] as const),
  "serviceTokens",
]
