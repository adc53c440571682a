// A change of factors for each reason by which one is refused, and the user of whom it is.

import type { FactorChange, RefusedFactor } from "../../src/domain/factor_change.ts"
import type { User } from "../../src/domain/user.ts"
import {
  claimOf,
  handle,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  totp,
  useOfStep,
} from "./sample_factors.ts"
import { start } from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice", { factors: sampleFactors() })
const ticket = sampleTicket("t1")
const once = { ticket, at: start }

/** The refusals. */
export const refused: readonly (readonly [RefusedFactor, FactorChange, User])[] = [
  ["no_factor", claimOf(), sampleUser("alice")],
  ["locked", claimOf(), sampleUser("alice", { factors: sampleFactors({ failures: 100 }) })],
  ["used", useOfStep(totp.lastStep), alice],
  [
    "tries_over",
    claimOf(ticket),
    sampleUser("alice", {
      factors: sampleFactors({ tickets: [{ ...ticket, tries: 5, isUsed: false }] }),
    }),
  ],
  [
    "changed",
    { addPasskey: samplePasskey("p1"), handle: "other", recoveryCodes: null, ...once },
    alice,
  ],
  ["last", { remove: totp.id, keepsOne: true }, alice],
  [
    "too_many",
    { addPasskey: samplePasskey("p1"), handle, recoveryCodes: null, ...once },
    sampleUser("alice", {
      factors: sampleFactors({
        passkeys: Array.from({ length: 20 }, (_, index) => samplePasskey(`k${index}`)),
      }),
    }),
  ],
]
