// Rows of changes of second factors, and what they are made of.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  changeFactors,
  type FactorChange,
  type RefusedFactor,
} from "../../src/domain/factor_change.ts"
import type { Factors } from "../../src/domain/factors.ts"
import { pendingTotp, sampleFactors, samplePasskey, sampleTicket } from "../store/sample_factors.ts"

/** A change, and what it makes of the factors, or why it is refused. */
export type FactorRow = readonly [
  name: string,
  before: Factors | null,
  change: FactorChange,
  after: Factors | null | RefusedFactor,
]

/** A ticket. */
export const ticket = sampleTicket("t1")
/** The same after two tries. */
export const tried = { ...ticket, tries: 2, isUsed: false }
/** The same after it completed a login. */
export const used = { ...ticket, tries: 2, isUsed: true }

/** A passkey that counts. */
export const p1 = samplePasskey("p1")
/** One that is synced. */
export const p2 = samplePasskey("p2", { counter: 0, isSynced: true })

/** An app, with recovery codes. */
export const app = sampleFactors()
/** A secret that waits for its first code. */
export const waiting = sampleFactors({ totp: null, pendingTotp, recoveryCodes: [] })
/** Passkeys, with recovery codes. */
export const keys = sampleFactors({ totp: null, passkeys: [p1, p2] })
/** Some of each, and failures. */
export const both = sampleFactors({
  ...{ passkeys: [p1, p2], pendingTotp, failures: 3, tickets: [tried] },
})

/** Defines a test for each row. */
export function testFactorRows(rows: readonly FactorRow[]): void {
  for (const [name, before, change, after] of rows) {
    const outcome = typeof after === "string" ? ` is refused: ${after}` : ""
    test(`changeFactors() ${name}${outcome}`, () => {
      // A change of what it was given would throw.
      assert.deepEqual(changeFactors(frozen(before), frozen(change)), after)
    })
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
