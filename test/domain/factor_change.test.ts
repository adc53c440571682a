// How a code or a passkey counts, and how failures do.

import assert from "node:assert/strict"
import { test } from "node:test"
import { changeFactors, type FactorChange } from "../../src/domain/factor_change.ts"
import {
  claimOf,
  limits,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  totp,
  useOfStep,
} from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"
import { sampleHash } from "../store/sample_user.ts"
import {
  app,
  both,
  type FactorRow,
  keys,
  p1,
  p2,
  testFactorRows,
  ticket,
  tried,
  used,
  waiting,
} from "./factor_rows.ts"

const at = start
const codes = recoveryCodes()

const useCode = (index: number, hash: string): FactorChange => ({
  ...{ use: { method: "recovery", index, hash }, ticket: null, at },
})
const useKey = (id: string, counter: number): FactorChange => ({
  ...{ use: { method: "passkey", id, counter }, ticket: null, at },
})

const claims: readonly FactorRow[] = [
  ["a claim counts", app, claimOf(), { ...app, failures: 1 }],
  [
    "a claim with a ticket counts twice",
    both,
    claimOf(ticket),
    {
      ...{ ...both, failures: 4 },
      tickets: [{ ...tried, tries: 3 }],
    },
  ],
  ["a claim of a user with passkeys counts", keys, claimOf(), { ...keys, failures: 1 }],
  ["the last claim counts", { ...app, failures: 99 }, claimOf(), { ...app, failures: 100 }],
  ["no claim counts after that", { ...app, failures: 100 }, claimOf(ticket), "locked"],
  ["no claim counts beyond", { ...app, failures: 101 }, claimOf(), "locked"],
  [
    "a ticket has so many tries",
    sampleFactors({ tickets: [{ ...tried, tries: 5 }] }),
    claimOf(ticket),
    "tries_over",
  ],
  ["a used ticket has none", sampleFactors({ tickets: [used] }), claimOf(ticket), "used"],
  ["a claim without factors", null, claimOf(ticket), "no_factor"],
  ["a claim before the first factor is in force", waiting, claimOf(), "no_factor"],
]

const uses: readonly FactorRow[] = [
  [
    "a later code counts and clears the failures",
    both,
    useOfStep(1001),
    {
      ...{ ...both, failures: 0 },
      totp: { ...totp, lastStep: 1001, lastUsedAt: at },
    },
  ],
  [
    "a code forgets the tries of a session that ends by it",
    both,
    { ...useOfStep(1001), endedSid: ticket.id },
    {
      ...{ ...both, failures: 0, tickets: [] },
      totp: { ...totp, lastStep: 1001, lastUsedAt: at },
    },
  ],
  [
    "a code uses its ticket up",
    both,
    useOfStep(5000, ticket),
    {
      ...{ ...both, failures: 0, tickets: [used] },
      totp: { ...totp, lastStep: 5000, lastUsedAt: at },
    },
  ],
  [
    "a code counts for who is locked: it was claimed before",
    { ...app, failures: 100 },
    useOfStep(1001),
    {
      ...app,
      totp: { ...totp, lastStep: 1001, lastUsedAt: at },
    },
  ],
  ["the code of the last step counted", app, useOfStep(1000), "used"],
  ["a code of an earlier step", app, useOfStep(999), "used"],
  [
    "a code with a used ticket",
    sampleFactors({ tickets: [used] }),
    useOfStep(1001, ticket),
    "used",
  ],
  [
    "a code of another app",
    app,
    { use: { method: "otp", id: "next", step: 1001 }, ticket: null, at },
    "no_factor",
  ],
  ["a code without an app", keys, useOfStep(1001), "no_factor"],
  ["a code without factors", null, useOfStep(1001), "no_factor"],
  [
    "a code of a secret that waits",
    waiting,
    { use: { method: "otp", id: pendingTotp.id, step: 1 }, ticket: null, at },
    "no_factor",
  ],
  [
    "a recovery code counts and is gone",
    both,
    useCode(3, sampleHash("R")),
    {
      ...{ ...both, failures: 0 },
      recoveryCodes: codes.filter(({ index }) => index !== 3),
    },
  ],
  [
    "a recovery code that is gone",
    sampleFactors({ recoveryCodes: codes.slice(1) }),
    useCode(0, sampleHash("R")),
    "used",
  ],
  ["a recovery code that was replaced", app, useCode(3, sampleHash("S")), "used"],
  ["a recovery code of another number", app, useCode(10, sampleHash("R")), "used"],
  [
    "a passkey counts by a higher counter",
    both,
    useKey("p1", 8),
    {
      ...{ ...both, failures: 0 },
      passkeys: [{ ...p1, counter: 8, lastUsedAt: at }, p2],
    },
  ],
  ["a passkey of the same counter is a copy", both, useKey("p1", 7), "used"],
  ["a passkey of a lower counter is a copy", both, useKey("p1", 6), "used"],
  ["a passkey that stops counting is a copy", both, useKey("p1", 0), "used"],
  [
    "a synced passkey says 0 each time",
    keys,
    useKey("p2", 0),
    {
      ...keys,
      passkeys: [p1, { ...p2, lastUsedAt: at }],
    },
  ],
  [
    "a passkey may begin to count",
    keys,
    useKey("p2", 1),
    {
      ...keys,
      passkeys: [p1, { ...p2, counter: 1, lastUsedAt: at }],
    },
  ],
  ["another passkey", both, useKey("p3", 8), "no_factor"],
]

testFactorRows([...claims, ...uses])

test("changeFactors() judges a ticket by the instant of the change", () => {
  const change = { claim: ticket, at: ticket.expiresAt, ...limits }
  assert.equal(changeFactors(app, change), "used")
  assert.equal(
    changeFactors(app, { ...useOfStep(1001, ticket), at: ticket.expiresAt } as FactorChange),
    "used",
  )
})
