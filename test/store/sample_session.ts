// Sessions as records have them, what happens to them, and when.

import type { Session, SessionLife } from "../../src/domain/session.ts"
import type { RevocationWindow, Rotation, StartOptions, Store } from "../../src/store/store.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

/** When sample sessions start. */
export const start = startOfTests

/** A day unused, a week at most. */
export const life: SessionLife = { idleSeconds: 86_400, maxAgeSeconds: 604_800 }

/** How long access tokens live, and the parents of refresh tokens. */
export const accessTtlSeconds = 900
export const graceSeconds = 30

/** A session of alice; `members` replaces what matters to a test. */
export function sampleSession(sid: string, members: Partial<Session> = {}): Session {
  const { startedAt = start, lastUsedAt = startedAt } = members
  return {
    sid,
    username: "alice",
    startedAt,
    lastUsedAt,
    rotatedAt: lastUsedAt,
    idleExpiresAt: lastUsedAt + life.idleSeconds,
    expiresAt: startedAt + life.maxAgeSeconds,
    rotations: 0,
    address: "192.0.2.7",
    userAgent: "Browser/1.0",
    ...{ usedBefore: null, sharedRotation: 0, sharedRun: 0, amr: ["pwd"], factorAt: null },
    ...members,
  }
}

/** How sessions end at an instant. */
export function windowAt(at: number = start): RevocationWindow {
  return { at, steadyAt: at, accessTtlSeconds, graceSeconds }
}

/** The use of a refresh token at an instant. */
export function presented(number: number, at: number = start): Rotation {
  const address = "198.51.100.9"
  return { presented: number, address, userAgent: "Other/2.0", life, window: windowAt(at) }
}

/** What `startSession` is told: of a user with the sample hash, who may have 50. */
export function startOptions(members: Partial<StartOptions> = {}): StartOptions {
  return { ifPasswordHash: sampleHash(), sessionsMax: 50, window: windowAt(), ...members }
}

/** Adds users and starts sessions of them. */
export async function fill(store: Store, sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) {
    if ((await store.users.find(session.username)) === null) {
      await store.users.create(sampleUser(session.username))
    }
    const window = windowAt(session.startedAt)
    await store.sessions.start(session, startOptions({ window, sessionsMax: 100_000 }))
  }
}

/** For mapping sessions to their sids. */
export function sidOf(session: Session): string {
  return session.sid
}
