// A guard over a store in memory, with a comparison that takes no time and no lane.

import { AuthError } from "../../src/errors.ts"
import type { VerifyOptions } from "../../src/password/hash.ts"
import type { LoginAttempt } from "../../src/service/login_attempt.ts"
import { LoginGuard } from "../../src/service/login_guard.ts"
import { createAudit } from "../../src/telemetry/audit.ts"
import { sampleUser } from "../store/sample_user.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeClock } from "../support/fake_clock.ts"
import { createMemoryStore, type MemoryStore } from "../support/memory_store.ts"

/** What an attempt gives: in, out, or the seconds to wait. */
export type Outcome = "in" | "out" | number

/** The guard and what is done with it. */
export interface Guarded {
  readonly guard: LoginGuard
  readonly store: MemoryStore
  /** How many comparisons with a user's hash counted. */
  compared(): number
  /** The names of the audit events since the last call. */
  takeEvents(): readonly string[]
  advance(seconds: number): void
  fail(attempt: LoginAttempt): Promise<Outcome>
  /** Tries the right password. */
  succeed(attempt: LoginAttempt): Promise<Outcome>
  /** Runs once, in the middle of the next comparison. */
  interrupt(work: () => Promise<unknown>): void
}

/** A stranger at an account; `members` replaces what matters to a test. */
export function attemptOn(
  username: string | null,
  members: Partial<LoginAttempt> = {},
): LoginAttempt {
  return { username, address: "192.0.2.7", device: null, ...members }
}

/** Makes a guard of the users alice and bob. */
export async function createGuarded({ hashesAtATime = 2 } = {}): Promise<Guarded> {
  const store = createMemoryStore()
  for (const username of ["alice", "bob"]) await store.users.create(sampleUser(username))
  const clock = createFakeClock()
  const log = createCollectedLog(clock)
  const audit = createAudit({ log: log.log, file: null, clock })
  let interruption: (() => Promise<unknown>) | null = null
  let compared = 0
  const hasher = {
    inTurn: <T>(work: () => Promise<T>) => work(),
    async verify(password: string, hash: string | null, { isOpen }: VerifyOptions = {}) {
      const work = interruption
      interruption = null
      await work?.()
      const counts = hash !== null && (await isOpen) !== false
      if (counts) compared += 1
      return counts && password === "right"
    },
    isCurrent: () => true,
    hash: async () => "",
  }
  const guard = new LoginGuard({ store, hasher, audit, hashesAtATime, seconds: clock.now })

  async function tryPassword(attempt: LoginAttempt, password: string): Promise<Outcome> {
    const { username } = attempt
    const user = username === null ? null : await store.users.find(username)
    const fields = { user: user?.username }
    try {
      const comparison = { password, user, fields, reason: "login", isWhole: true } as const
      return (await guard.verify(attempt, comparison)) ? "in" : "out"
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return error.retryAfterSeconds ?? 0
    }
  }

  return {
    ...{ guard, store, advance: clock.advance },
    compared: () => compared,
    takeEvents: () => log.takeAudit().map(({ event }) => String(event)),
    fail: (attempt) => tryPassword(attempt, "wrong"),
    succeed: (attempt) => tryPassword(attempt, "right"),
    interrupt(work) {
      interruption = work
    },
  }
}

/** Does something so many times, one after the other, and gives what came of it. */
export async function inTurn<T>(
  times: number,
  work: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const outcomes: T[] = []
  for (let index = 0; index < times; index += 1) outcomes.push(await work(index))
  return outcomes
}

/** The number of equal values. */
export function countOf<T>(values: readonly T[], value: T): number {
  return values.filter((one) => one === value).length
}
