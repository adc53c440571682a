// Rows to records and back. A row is what `row_to_json` makes of it, so that its numbers are
// numbers. Records are frozen, their members too.

import { networkOf } from "../../domain/ip_address.ts"
import type { Session } from "../../domain/session.ts"
import type { User } from "../../domain/user.ts"
import type { RevocationWindow } from "../store.ts"

/** A row of `users`. */
export interface UserRow {
  readonly username: string
  readonly password_hash: string
  readonly roles: readonly string[]
  /** JSON. */
  readonly claims: string
  readonly disabled: boolean
  readonly created_at: number
  readonly tokens_not_before: number
  /** JSON. */
  readonly link: string | null
  /** JSON. */
  readonly factors: string | null
  /** The handle of the factors, to find the user by. */
  readonly factor_handle: string | null
}

/** A row of `sessions`. */
export interface SessionRow {
  readonly sid: string
  readonly username: string
  readonly started_at: number
  readonly last_used_at: number
  readonly rotated_at: number
  readonly idle_expires_at: number
  readonly expires_at: number
  readonly rotations: number
  readonly address: string
  /** What the address belongs to, for the rotation's comparison. */
  readonly network: string
  readonly user_agent: string
  readonly used_before_at: number | null
  readonly used_before_address: string | null
  readonly used_before_agent: string | null
  readonly shared_rotation: number
  readonly shared_run: number
  readonly amr: readonly string[]
  readonly factor_at: number | null
}

/** The user of a row. */
export function userOf(row: UserRow): User {
  return frozen({
    username: row.username,
    passwordHash: row.password_hash,
    roles: row.roles,
    claims: JSON.parse(row.claims),
    disabled: row.disabled,
    createdAt: row.created_at,
    tokensNotBefore: row.tokens_not_before,
    link: row.link === null ? null : JSON.parse(row.link),
    factors: row.factors === null ? null : JSON.parse(row.factors),
  })
}

/** The row of a user. */
export function rowOfUser(user: User): UserRow {
  return {
    username: user.username,
    password_hash: user.passwordHash,
    roles: user.roles,
    claims: JSON.stringify(user.claims),
    disabled: user.disabled,
    created_at: user.createdAt,
    tokens_not_before: user.tokensNotBefore,
    link: user.link === null ? null : JSON.stringify(user.link),
    factors: user.factors === null ? null : JSON.stringify(user.factors),
    factor_handle: user.factors?.handle ?? null,
  }
}

/** The session of a row. */
export function sessionOf(row: SessionRow): Session {
  const { used_before_at: at, used_before_address, used_before_agent } = row
  const use = { address: used_before_address ?? "", userAgent: used_before_agent ?? "" }
  return frozen({
    sid: row.sid,
    username: row.username,
    startedAt: row.started_at,
    lastUsedAt: row.last_used_at,
    rotatedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    expiresAt: row.expires_at,
    rotations: row.rotations,
    address: row.address,
    userAgent: row.user_agent,
    usedBefore: at === null ? null : { at, ...use },
    sharedRotation: row.shared_rotation,
    sharedRun: row.shared_run,
    amr: row.amr,
    factorAt: row.factor_at,
  })
}

/** The row of a session. */
export function rowOfSession(session: Session): SessionRow {
  const { address, usedBefore } = session
  return {
    sid: session.sid,
    username: session.username,
    started_at: session.startedAt,
    last_used_at: session.lastUsedAt,
    rotated_at: session.rotatedAt,
    idle_expires_at: session.idleExpiresAt,
    expires_at: session.expiresAt,
    rotations: session.rotations,
    address,
    network: networkOf(address),
    user_agent: session.userAgent,
    used_before_at: usedBefore?.at ?? null,
    used_before_address: usedBefore?.address ?? null,
    used_before_agent: usedBefore?.userAgent ?? null,
    shared_rotation: session.sharedRotation,
    shared_run: session.sharedRun,
    amr: session.amr,
    factor_at: session.factorAt,
  }
}

/**
 * Whose clock measures the grace of refresh tokens. Replicas' clocks may differ, so the database's
 * does, but in tests that choose the time.
 */
export type GraceClock = "database" | "caller"

/** The row of a session that starts now, as JSON. */
export function rowOfNewSession(session: Session, clock: GraceClock): string {
  const row = rowOfSession(session)
  return JSON.stringify(clock === "caller" ? row : { ...row, rotated_at: null })
}

/** The parameters by which functions of the database end sessions. */
export function numbersOf(window: RevocationWindow): readonly number[] {
  const { at, accessTtlSeconds, graceSeconds } = window
  return [at, accessTtlSeconds, graceSeconds]
}

/** Whether PostgreSQL can keep a text. A text that it can't keep is no key of a record. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed()
}

/** Freezes a record that nobody else has, with all members of members. */
export function frozen<T extends object>(record: T): T {
  for (const member of Object.values(record)) {
    if (typeof member === "object" && member !== null) frozen(member)
  }
  return Object.freeze(record)
}
