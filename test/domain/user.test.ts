import assert from "node:assert/strict"
import { test } from "node:test"
import {
  changeUser,
  changeUserFactors,
  hasLink,
  resetUser,
  type User,
} from "../../src/domain/user.ts"
import { claimOf, sampleFactors } from "../store/sample_factors.ts"

const now = 1_795_447_800
const user: User = {
  username: "alice",
  passwordHash: "hash",
  roles: ["editor"],
  claims: { plan: "free" },
  disabled: false,
  createdAt: 0,
  tokensNotBefore: 0,
  link: null,
  factors: null,
}

test("changeUser() adds a role in the order of names, and none twice", () => {
  assert.deepEqual(changeUser(user, { addRole: "admin" }), { ...user, roles: ["admin", "editor"] })
  assert.deepEqual(changeUser(user, { addRole: "v" }), { ...user, roles: ["editor", "v"] })
  assert.deepEqual(changeUser(user, { addRole: "editor" }), user)
  assert.deepEqual(user.roles, ["editor"])
})

test("changeUser() removes a role, and refuses one that the user does not have", () => {
  const both = { ...user, roles: ["admin", "editor"] }
  assert.deepEqual(changeUser(both, { removeRole: "admin" }), user)
  for (const removeRole of ["admin", "EDITOR", "", "length"]) {
    assert.equal(changeUser(user, { removeRole }), "absent", removeRole)
  }
})

test("changeUser() sets a claim, or gives one another value", () => {
  const set = (name: string, value: unknown) => changeUser(user, { setClaim: { name, value } })
  assert.deepEqual(set("tenant", 7), { ...user, claims: { plan: "free", tenant: 7 } })
  assert.deepEqual(set("plan", ["a", null]), { ...user, claims: { plan: ["a", null] } })
  assert.deepEqual(user.claims, { plan: "free" })
})

test("changeUser() unsets a claim, and refuses one that the user does not have", () => {
  const both = { ...user, claims: { plan: "free", tenant: 7 } }
  assert.deepEqual(changeUser(both, { unsetClaim: "tenant" }), user)
  for (const unsetClaim of ["tenant", "", "PLAN", "toString", "__proto__"]) {
    assert.equal(changeUser(user, { unsetClaim }), "absent", unsetClaim)
  }
})

test("changeUser() keeps roles and claims within what a token can hold", () => {
  const used = JSON.stringify({ roles: user.roles, claims: { plan: "" } }).length
  const fits = "x".repeat(1024 - used)
  const set = (value: string) => changeUser(user, { setClaim: { name: "plan", value } })
  const full = { ...user, claims: { plan: fits } }
  assert.deepEqual(set(fits), full)
  assert.equal(set(`${fits}x`), "too_large")
  assert.equal(set("é".repeat(fits.length / 2 + 1)), "too_large", "bytes, not letters")
  assert.equal(changeUser(full, { addRole: "admin" }), "too_large")
  assert.deepEqual(changeUser(full, { addRole: "editor" }), full)
  assert.deepEqual(changeUser(full, { removeRole: "editor" }), { ...full, roles: [] })
})

test("changeUser() enables, and replaces exactly the expected hash", () => {
  assert.deepEqual(changeUser({ ...user, disabled: true }, { disabled: false }), user)
  const passwordHash = "other"
  const changed = changeUser(user, { passwordHash, ifPasswordHash: "hash" })
  assert.deepEqual(changed, { ...user, passwordHash })
  assert.equal(changeUser(user, { passwordHash, ifPasswordHash: "ha" }), "other_hash")
})

const resets: readonly (readonly [name: string, before: number, after: number])[] = [
  ["a user without one", 0, now + 1],
  ["an earlier reset", now - 500, now + 1],
  ["a reset in the same second", now + 1, now + 1],
  ["a reset while the clock was a minute ahead", now + 60, now + 60],
  ["a reset while the clock was far ahead", now + 61, now + 1],
]

for (const [name, tokensNotBefore, after] of resets) {
  test(`resetUser() refuses tokens of the second of the reset and before, after ${name}`, () => {
    const reset = resetUser({ ...user, tokensNotBefore }, {}, now)
    assert.deepEqual(reset, { ...user, tokensNotBefore: after })
  })
}

test("resetUser() sets what the reset names", () => {
  const reset = { passwordHash: "other", disabled: true } as const
  assert.deepEqual(resetUser(user, reset, now), { ...user, ...reset, tokensNotBefore: now + 1 })
})

test("changeUser() makes a link in the place of the one before, and resetUser() voids it", () => {
  const link = { kind: "invite", tag: "a", expiresAt: now + 60, removesFactors: false } as const
  const made = changeUser(user, { link })
  assert.deepEqual(made, { ...user, link })
  const newer = { ...link, tag: "b" }
  assert.deepEqual(changeUser({ ...user, link }, { link: newer }), { ...user, link: newer })
  assert.equal(resetUser({ ...user, link }, {}, now).link, null)
})

test("hasLink() knows exactly the link that has not expired", () => {
  const holder = {
    ...user,
    link: { kind: "reset", tag: "a", expiresAt: now + 60, removesFactors: false } as const,
  }
  assert.equal(hasLink(holder, "a", now + 59), true)
  assert.equal(hasLink(holder, "a", now + 60), false)
  assert.equal(hasLink(holder, "b", now), false)
  assert.equal(hasLink(user, "a", now), false)
})

test("changeUser() changes the factors, or says why not, and resetUser() keeps them", () => {
  const holder = { ...user, factors: sampleFactors() }
  const changed = changeUser(holder, { factors: claimOf() })
  assert.deepEqual(changed, { ...user, factors: sampleFactors({ failures: 1 }) })
  assert.deepEqual(changeUserFactors(holder, claimOf()), changed)
  assert.equal(changeUser(user, { factors: claimOf() }), "no_factor")
  assert.deepEqual(changeUser(holder, { factors: { removeAll: "all" } }), user)
  const reset = resetUser(holder, { passwordHash: "other" }, now)
  assert.deepEqual(reset.factors, sampleFactors())
})
