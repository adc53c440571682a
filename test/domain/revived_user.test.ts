import assert from "node:assert/strict"
import { test } from "node:test"
import type { Factors } from "../../src/domain/factors.ts"
import { reviveUser } from "../../src/domain/revived_user.ts"
import { resetUser } from "../../src/domain/user.ts"
import { codeOf, findStep } from "../../src/factor/totp.ts"
import {
  pendingTotp,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  totp,
} from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"
import { sampleUser } from "../store/sample_user.ts"

const link = { kind: "invite", tag: "tag", expiresAt: start + 60, removesFactors: false } as const

test("reviveUser() voids tokens and links as a reset does, and keeps all else", () => {
  const user = sampleUser("alice", { link, tokensNotBefore: 7, claims: { plan: "free" } })
  const revived = reviveUser(user, start)
  assert.deepEqual(revived, resetUser(user, {}, start))
  assert.deepEqual([revived.tokensNotBefore, revived.link], [start + 1, null])
})

test("reviveUser() drops tickets, offers and trust, and keeps factors, codes and failures", () => {
  const tickets = [{ ...sampleTicket("t"), tries: 2, isUsed: false }]
  const passkeys = [samplePasskey("k")]
  const device = { id: "d", userAgent: "Browser/1.0", createdAt: start, expiresAt: start + 60 }
  const trusted = [device]
  const factors = sampleFactors({ pendingTotp, tickets, trusted, passkeys, failures: 9 })
  const revived = reviveUser(sampleUser("alice", { factors }), start)
  const lastStep = Math.floor(start / 30) + 1
  const gone = { pendingTotp: null, tickets: [], trusted: [] }
  const expected = { ...factors, ...gone, totp: { ...totp, lastStep } }
  assert.deepEqual(revived.factors, expected)
})

test("reviveUser() leaves no code that counts at the instant, and the next ones", () => {
  const secret = Buffer.alloc(20, 1)
  const { totp: after } = revivedFactors(sampleFactors(), start)
  const counts = (step: number, now: number) => {
    const found = findStep(secret, codeOf(secret, step), now)
    return found !== null && found > (after?.lastStep ?? 0)
  }
  const present = Math.floor(start / 30)
  for (const step of [present - 1, present, present + 1]) assert.equal(counts(step, start), false)
  assert.equal(counts(present + 1, start + 30), false)
  assert.equal(counts(present + 2, start + 30), true)
})

test("reviveUser() takes no step back that is later already", () => {
  const lastStep = Math.floor(start / 30) + 5
  const factors = sampleFactors({ totp: { ...totp, lastStep } })
  assert.equal(revivedFactors(factors, start).totp?.lastStep, lastStep)
})

test("reviveUser() of a user with passkeys alone keeps them", () => {
  const factors = sampleFactors({ totp: null, passkeys: [samplePasskey("k")] })
  assert.deepEqual(revivedFactors(factors, start), factors)
})

function revivedFactors(factors: Factors, at: number): Factors {
  const revived = reviveUser(sampleUser("alice", { factors }), at)
  assert.ok(revived.factors !== null)
  return revived.factors
}
