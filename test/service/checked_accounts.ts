// Accounts whose passwords are checked and guessed at, from one place or from many.

import assert from "node:assert/strict"
import { AuthError } from "../../src/errors.ts"
import { writeDeviceToken } from "../../src/token/device_token.ts"
import type { MemoryStore } from "../support/memory_store.ts"
import {
  type AccountTestParts,
  better,
  createAccountParts,
  deviceKeyOfTests,
  good,
  someone,
} from "./account_parts.ts"

/** The password of all users. */
export const right = good

/** Another one. */
export const wrong = better

/** Who tries, and what. By default alice, from someone's address. */
export interface Trial {
  readonly username?: string
  readonly address?: string
  readonly deviceToken?: string
}

/** The use cases, and how passwords are tried. */
export interface CheckedAccounts extends AccountTestParts {
  /** Gives the name of who gets in, or null. */
  check(password: string, trial?: Trial): Promise<string | null>
  /** Fails so often, each time from another address. */
  guess(times: number, username?: string): Promise<void>
  /** A token of a device that logged in now. */
  deviceToken(device?: number, username?: string): string
}

/**
 * Accounts with the users alice, bob, and mallory, who is disabled. Over a store that was in use
 * they are as after a restart.
 */
export async function createCheckedAccounts(store?: MemoryStore): Promise<CheckedAccounts> {
  const parts = createAccountParts(store)
  const { accounts, hasher, clock, log } = parts
  if (store === undefined) {
    for (const username of ["alice", "bob", "mallory"]) {
      await accounts.create({ username, password: right })
    }
    await accounts.disable("mallory")
  }
  hasher.work.length = 0
  parts.store.writes = 0
  log.takeAudit()
  let strangers = 0

  const check: CheckedAccounts["check"] = async (password, trial = {}) => {
    const { username = "alice", address = someone.address, ...device } = trial
    const credentials = { username, password, ...device }
    const checked = await accounts.check(credentials, { ...someone, address })
    return checked?.user.username ?? null
  }
  return {
    ...parts,
    check,
    async guess(times, username = "alice") {
      for (let count = 0; count < times; count += 1) {
        strangers += 1
        assert.equal(await check(wrong, { username, address: strangerOf(strangers) }), null)
      }
    },
    deviceToken(device = 1, username = "alice") {
      const claim = { device: Buffer.alloc(10, device), issuedAt: clock.now() }
      return writeDeviceToken(claim, username, deviceKeyOfTests)
    },
  }
}

/** The address of a stranger; of another number, another address. */
export function strangerOf(number: number): string {
  return `10.0.${number >> 8}.${number & 255}`
}

/** How an attempt ends: the name of who gets in, null, or when to try again. */
export async function outcomeOf(attempt: Promise<string | null>): Promise<string | null> {
  try {
    return await attempt
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === "too_many_requests", String(error))
    assert.equal(error.message, `Too many attempts: try again in ${error.retryAfterSeconds} s`)
    return `in ${error.retryAfterSeconds} s`
  }
}

/** Makes a count of the comparisons with a hash of a user's since now. */
export function createCounter({ hasher }: CheckedAccounts): () => number {
  const before = hasher.compared.length
  return () => hasher.compared.slice(before).filter((hash) => hash !== null).length
}
