// Accounts over a store in memory and hashes that can be read.

import type { Caller } from "../../src/domain/caller.ts"
import type { Session } from "../../src/domain/session.ts"
import { Accounts } from "../../src/service/accounts.ts"
import { DeviceTrust } from "../../src/service/device_trust.ts"
import type { KeyWatch } from "../../src/service/keys.ts"
import { LoginGuard } from "../../src/service/login_guard.ts"
import { createRevocationWindow } from "../../src/service/session_tokens.ts"
import type { RevocationWindow } from "../../src/store/store.ts"
import { type Audit, createAudit } from "../../src/telemetry/audit.ts"
import { type CollectedLog, createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock, type FakeClock, startOfTests } from "../support/fake_clock.ts"
import { createMemoryStore, type MemoryStore } from "../support/memory_store.ts"
import { createPlainHasher, hashesAtATime, type PlainHasher } from "../support/plain_hasher.ts"

/** The use cases and all they work with. */
export interface AccountTestParts {
  readonly store: MemoryStore
  readonly hasher: PlainHasher
  readonly clock: FakeClock
  readonly log: CollectedLog
  readonly audit: Audit
  readonly guard: LoginGuard
  readonly windowNow: () => RevocationWindow
  readonly accounts: Accounts
}

/** A password that may be chosen. */
export const good = "korrekt-pferd-batterie"

/** Another one. */
export const better = "heftklammer-und-mehr"

/** Makes device tokens. */
export const deviceKeyOfTests = Buffer.alloc(32, 7)

/** Keys that never change: one secret for all purposes. */
export const keysOfTests: KeyWatch = {
  haveChanged: () => false,
  catchUp: async () => {},
  refreshKey: () => deviceKeyOfTests,
  cookieKey: () => deviceKeyOfTests,
  factorKey: () => deviceKeyOfTests,
}

/** Who asks. */
export const someone: Caller = { requestId: "r-1", address: "192.0.2.7", userAgent: "test" }

/** The caller in audit events. */
export const bySomeone = { client: someone.address, request: someone.requestId } as const

/**
 * Makes the use cases over an empty store, or over what another process left behind. No device is
 * trusted.
 */
export function createAccountParts(store: MemoryStore = createMemoryStore()): AccountTestParts {
  const clock = createFakeClock()
  const log = createCollectedLog(clock)
  const hasher = createPlainHasher()
  const audit = createAudit({ log: log.log, file: null, clock })
  const guard = new LoginGuard({ store, hasher, audit, hashesAtATime, seconds: clock.now })
  const keys = keysOfTests
  const parts = {
    ...{ store, hasher, guard, keys, clock, audit },
    trust: new DeviceTrust({ store, keys, trustSeconds: null, clock, audit }),
    requirement: { kind: "none" } as const,
    windowNow: createRevocationWindow(clock, {
      accessTtlSeconds: 900,
      leewaySeconds: 0,
      graceSeconds: 30,
    }),
  }
  return { ...parts, log, accounts: new Accounts(parts) }
}

/** A session of a user, which started with the tests. */
export function sampleSession(sid: string, username = "alice"): Session {
  return {
    sid,
    username,
    startedAt: startOfTests,
    lastUsedAt: startOfTests,
    rotatedAt: startOfTests,
    idleExpiresAt: startOfTests + 86_400,
    expiresAt: startOfTests + 604_800,
    rotations: 0,
    address: "192.0.2.7",
    userAgent: "test",
    ...{ usedBefore: null, sharedRotation: 0, sharedRun: 0, amr: ["pwd"], factorAt: null },
  }
}

/** Starts sessions of a user, by their sids. */
export async function startSessions(
  { store, windowNow }: Pick<AccountTestParts, "store" | "windowNow">,
  username: string,
  sids: readonly string[],
): Promise<void> {
  const user = await store.users.find(username)
  for (const sid of sids) {
    await store.sessions.start(sampleSession(sid, username), {
      ifPasswordHash: user?.passwordHash ?? "",
      sessionsMax: 50,
      window: windowNow(),
    })
  }
}

/** The sessions of alice in `createUsedAccounts`. */
export const sidsOfAlice = ["session-1", "session-2"] as const

/** Accounts of alice, with two sessions, and bob, with one. */
export async function createUsedAccounts(): Promise<AccountTestParts> {
  const parts = createAccountParts()
  for (const username of ["alice", "bob"]) await parts.accounts.create({ username, password: good })
  await startSessions(parts, "alice", sidsOfAlice)
  await startSessions(parts, "bob", ["session-3"])
  parts.log.takeAudit()
  return parts
}
