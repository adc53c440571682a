// Changes of second factors in whatever order: what works once counts once, failures and tries stay
// within their limits, and the JSON store can read what comes of it.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  changeFactors,
  type FactorChange,
  type RefusedFactor,
} from "../../src/domain/factor_change.ts"
import { type Factors, isEnrolled, type RecoveryCode } from "../../src/domain/factors.ts"
import { isFactors } from "../../src/store/json/factor_members.ts"
import { handle, samplePasskey, sampleTicket } from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"
import { sampleHash } from "../store/sample_user.ts"
import { holds } from "./property.ts"

const limits = { failuresMax: 4, triesMax: 2 }
const refusals: readonly RefusedFactor[] = [
  ...(["no_factor", "used", "locked", "tries_over", "changed", "last", "too_many"] as const),
]
/** One for the hashes that each step makes. */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** What happens next: a kind, and numbers that choose among what there is. */
type Step = readonly [kind: Kind, which: number, value: number, ticket: number]

type Kind = "claim" | "otp" | "recovery" | "passkey" | Making | Ending
type Ending = "remove" | "removeAll" | "distrust" | "forget"
/** The kinds that make something of the step's number. In life that is random. */
type Making = "offer" | "confirm" | "add" | "renew"

const often: readonly Kind[] = ["claim", "otp", "recovery", "passkey", "offer", "confirm"]
const seldom: readonly Kind[] = ["add", "renew", "remove", "removeAll", "distrust", "forget"]

const steps = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...often) },
      { weight: 1, arbitrary: fc.constantFrom(...seldom) },
    ),
    ...([fc.nat(9), fc.nat(9), fc.nat(6)] as const),
  ) satisfies fc.Arbitrary<Step>,
  { minLength: 1, maxLength: letters.length, size: "max" },
)

/** The change of a step, mostly by what the last steps have made. */
function changeOf(
  [kind, which, value, ticketNumber]: Step,
  { factors, number }: { readonly factors: Factors | null; readonly number: number },
): FactorChange {
  const at = start + value
  // Some logins have no ticket, and one of the tickets expires on the way.
  const expiresAt = start + (ticketNumber === 6 ? 5 : 300)
  const ticket = ticketNumber < 2 ? null : sampleTicket(`t${ticketNumber}`, expiresAt)
  const once = { ticket, at }
  const { totp = null, pendingTotp = null, passkeys = [], recoveryCodes = [] } = factors ?? {}
  const { trusted = [] } = factors ?? {}
  const isOdd = which === 9
  const codes = isOdd === recoveryCodes.length > 0 ? codesOf(number) : null
  const passkey = passkeys[which % Math.max(1, passkeys.length)]
  switch (kind) {
    case "claim":
      return { claim: ticket, at, ...limits }
    case "otp":
      return { use: { method: "otp", id: isOdd ? "f0" : (totp?.id ?? ""), step: value }, ...once }
    case "recovery": {
      const trust = { id: `f${number}`, userAgent: "", createdAt: at, expiresAt: start + 8 }
      const [code = { index: 0, hash: "" }] = isOdd ? codesOf(value) : recoveryCodes
      return { use: { method: "recovery", ...code }, ...once, trust }
    }
    case "passkey":
      return { use: { method: "passkey", id: passkey?.id ?? "f0", counter: value }, ...once }
    case "offer":
      return { offerTotp: { id: `f${number}`, sealedSecret: "s", expiresAt: start + 7 }, handle }
    case "confirm": {
      const id = isOdd ? "f0" : (pendingTotp?.id ?? "f0")
      return { confirmTotp: { id, step: value }, recoveryCodes: codes, ...once }
    }
    case "add": {
      const addPasskey = samplePasskey(`f${number}`, { counter: value % 3 })
      return { addPasskey, handle, recoveryCodes: codes, ...once }
    }
    case "renew":
      return { recoveryCodes: codesOf(number) }
    case "remove":
      return { remove: isOdd ? "f0" : (passkey?.id ?? totp?.id ?? "f0"), keepsOne: value < 8 }
    case "removeAll":
      return { removeAll: (["otp", "recovery", "passkey", "all"] as const)[value % 4] ?? "all" }
    case "distrust":
      return { distrust: isOdd ? "all" : (trusted[0]?.id ?? "f0") }
    case "forget":
      return { forgetFailures: true }
  }
}

function codesOf(number: number): readonly RecoveryCode[] {
  const hash = sampleHash(letters[number])
  return [0, 1, 2].map((index) => ({ index, hash }))
}

/** What counted so far. */
interface Counted {
  readonly once: Set<string>
  readonly tickets: Set<string>
  readonly tries: Map<string, number>
}

function note(change: FactorChange, counted: Counted): void {
  const { once, tickets, tries } = counted
  if ("claim" in change && change.claim !== null) {
    const count = (tries.get(change.claim.id) ?? 0) + 1
    assert.ok(count <= limits.triesMax && !tickets.has(change.claim.id), "a ticket's tries")
    tries.set(change.claim.id, count)
  }
  if (!("ticket" in change)) return
  if (change.ticket !== null) {
    assert.ok(!tickets.has(change.ticket.id), "a ticket counts once")
    assert.ok(change.at < change.ticket.expiresAt, "a ticket counts in time")
    tickets.add(change.ticket.id)
  }
  // A synced passkey says 0 each time.
  if (!("use" in change) || ("counter" in change.use && change.use.counter === 0)) return
  const shown = JSON.stringify(change.use)
  assert.ok(!once.has(shown), `${shown} counts once`)
  once.add(shown)
}

test("changeFactors() in any order counts once what works once, and within the limits", () =>
  holds(
    steps,
    (taken) => {
      let factors: Factors | null = null
      let counted: Counted = { once: new Set(), tickets: new Set(), tries: new Map() }
      for (const [number, step] of taken.entries()) {
        const change = changeOf(step, { factors, number })
        const text: string = JSON.stringify({ factors, change })
        const changed: ReturnType<typeof changeFactors> = changeFactors(factors, change)
        assert.equal(JSON.stringify({ factors, change }), text, "nothing that was given changes")
        if (typeof changed === "string") {
          assert.ok(refusals.includes(changed), changed)
          continue
        }
        note(change, counted)
        if (changed === null) {
          // With the last factor the record of tickets goes, too: the reset voids them.
          counted = { once: counted.once, tickets: new Set(), tries: new Map() }
        } else assertSound(changed)
        factors = changed
      }
    },
    { runs: 500 },
  ))

function assertSound(factors: Factors): void {
  const { failures, pendingTotp, recoveryCodes, trusted } = factors
  const isInForce = isEnrolled(factors)
  assert.ok(failures >= 0 && failures <= limits.failuresMax, "failures")
  assert.ok(isInForce || pendingTotp !== null, "something is left")
  assert.ok(isInForce || recoveryCodes.length === 0, "codes go with factors")
  assert.ok(trusted.length <= 10 && (isInForce || trusted.length === 0), "trust")
  assert.ok(isFactors(JSON.parse(JSON.stringify(factors))), "a file can hold it")
}
