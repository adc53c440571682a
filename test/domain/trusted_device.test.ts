// Which of a user's trusted devices count, and what ends trust.

import assert from "node:assert/strict"
import { test } from "node:test"
import { changeFactors, type FactorChange } from "../../src/domain/factor_change.ts"
import type { Factors } from "../../src/domain/factors.ts"
import { reviveUser } from "../../src/domain/revived_user.ts"
import { type TrustedDevice, trustedNow, withTrusted } from "../../src/domain/trusted_device.ts"
import { resetUser } from "../../src/domain/user.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"

const now = 1_795_447_800
const day = 86_400

function device(id: string, members: Partial<TrustedDevice> = {}): TrustedDevice {
  return { id, userAgent: "Browser/1.0", createdAt: now, expiresAt: now + 30 * day, ...members }
}

const counted: readonly (readonly [
  what: string,
  device: Partial<TrustedDevice>,
  rule: Partial<Parameters<typeof trustedNow>[1]>,
  counts: boolean,
])[] = [
  ["in force", {}, {}, true],
  ["in its last second", {}, { now: now + 30 * day - 1 }, true],
  ["that has expired", {}, { now: now + 30 * day }, false],
  ["with the setting off", {}, { trustSeconds: null }, false],
  ["within a setting that became shorter", {}, { trustSeconds: day, now: now + day - 1 }, true],
  ["beyond a setting that became shorter", {}, { trustSeconds: day, now: now + day }, false],
  ["beyond its own end, with a longer setting", {}, { now: now + 31 * day }, false],
  ["a little ahead of the clock", { createdAt: now + 2 * day }, {}, true],
  ["far ahead of the clock", { createdAt: now + 2 * day + 1 }, {}, false],
]

for (const [what, members, rule, counts] of counted) {
  test(`trustedNow() ${counts ? "gives" : "leaves out"} a device ${what}`, () => {
    const one = device("one", members)
    const given = trustedNow([one], { now, trustSeconds: 60 * day, ...rule })
    assert.deepEqual(given, counts ? [one] : [])
  })
}

test("withTrusted() keeps ten: the expired go first, then the oldest", () => {
  const expired = device("expired", { expiresAt: now })
  const nine = Array.from({ length: 9 }, (_, index) => device(`d${index}`))
  const ten = withTrusted([expired, ...nine], device("new"))
  assert.deepEqual(ten, [...nine, device("new")])
  assert.deepEqual(withTrusted(ten, device("newer")), [...ten.slice(1), device("newer")])
})

const totp = { id: "app", sealedSecret: "s", createdAt: 1, lastUsedAt: null, lastStep: 1 }
const passkey = {
  ...{ id: "key", credentialId: "c", publicKey: "p", counter: 0, isSynced: true },
  ...{ transports: [], name: "Phone", createdAt: 1, lastUsedAt: null },
}
const factors: Factors = {
  ...{ handle: "h", totp, pendingTotp: { id: "next", sealedSecret: "n", expiresAt: now + 900 } },
  ...{ recoveryCodes: [{ index: 0, hash: sampleHash() }], passkeys: [passkey], failures: 3 },
  ...{ tickets: [], trusted: [device("one"), device("other")] },
}
const { recoveryCodes } = factors
const enrolling = { recoveryCodes: null, ticket: null, at: now } as const

function trustedAfter(change: FactorChange): readonly string[] | string {
  const changed = changeFactors(factors, change)
  if (changed === null || typeof changed === "string") return String(changed)
  return changed.trusted.map(({ id }) => id)
}

test("changeFactors() trusts a device together with the use of a factor", () => {
  const use = { use: { method: "otp", id: "app", step: 2 }, ticket: null, at: now } as const
  assert.deepEqual(trustedAfter({ ...use, trust: device("new") }), ["one", "other", "new"])
  assert.deepEqual(trustedAfter(use), ["one", "other"])
  const usedBefore = { ...use, use: { ...use.use, step: 1 }, trust: device("new") }
  assert.deepEqual(trustedAfter(usedBefore), "used")
})

const ending: readonly (readonly [what: string, change: FactorChange])[] = [
  ["another authenticator app", { confirmTotp: { id: "next", step: 2 }, ...enrolling }],
  [
    "another passkey",
    { addPasskey: { ...passkey, id: "2", credentialId: "2" }, handle: "h", ...enrolling },
  ],
  ["other recovery codes", { recoveryCodes }],
  ["the removal of a factor", { remove: "key", keepsOne: true }],
  ["the removal of a method", { removeAll: "recovery" }],
  ["the end of all trust", { distrust: "all" }],
]

for (const [what, change] of ending) {
  test(`changeFactors() ends all trust with ${what}`, () => {
    assert.deepEqual(trustedAfter(change), [])
  })
}

test("changeFactors() ends the trust in one device, and refuses what is not trusted", () => {
  assert.deepEqual(trustedAfter({ distrust: "one" }), ["other"])
  assert.deepEqual(trustedAfter({ distrust: "neither" }), "no_factor")
  const none = { ...factors, trusted: [] }
  assert.equal(changeFactors(none, { distrust: "all" }), "no_factor")
})

test("changeFactors() leaves trust alone while nothing of the factors changes", () => {
  const claim = { claim: null, at: now, failuresMax: 100, triesMax: 5 }
  const offer = { offerTotp: { id: "o", sealedSecret: "o", expiresAt: now }, handle: "h" }
  for (const change of [claim, offer, { forgetFailures: true }] as const) {
    assert.deepEqual(trustedAfter(change), ["one", "other"])
  }
})

test("resetUser() and reviveUser() end all trust, and leave the factors", () => {
  const user = sampleUser("alice", { factors })
  assert.deepEqual(resetUser(user, {}, now).factors, { ...factors, trusted: [] })
  const revived = reviveUser(user, now).factors
  assert.deepEqual([revived?.trusted, revived?.passkeys], [[], factors.passkeys])
})
