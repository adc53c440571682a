import assert from "node:assert/strict"
import { test } from "node:test"
import {
  claimRule,
  roleRule,
  withClaim,
  withoutClaim,
  withoutRole,
  withRole,
} from "../../src/service/user_rights.ts"
import type { User } from "../../src/store/store.ts"
import { refusedAs } from "../support/refusal.ts"

const user: User = {
  username: "alice",
  passwordHash: "",
  roles: ["editor"],
  claims: { plan: "free" },
  disabled: false,
  createdAt: 0,
  tokensNotBefore: 0,
}
const tooMuch = refusedAs(
  "invalid_request",
  "The roles and claims of a user may have 1024 bytes together",
)

test("withRole() adds a role in the order of names, and none twice", () => {
  assert.deepEqual(withRole(user, "admin"), { roles: ["admin", "editor"] })
  assert.deepEqual(withRole(user, "viewer"), { roles: ["editor", "viewer"] })
  assert.deepEqual(withRole(user, "editor"), {})
  assert.deepEqual(user.roles, ["editor"])
})

for (const role of ["a", "A.b:c-d_9", "7", ":all", ".x", "_", "__proto__", "x".repeat(64)]) {
  test(`withRole() takes ${role.slice(0, 20)}`, () => {
    assert.deepEqual(withRole({ ...user, roles: [] }, role), { roles: [role] })
  })
}

for (const role of ["", "-x", "a b", "a,b", "rôle", "a\n", 'a"', "a/b", "x".repeat(65)]) {
  test(`withRole() refuses ${JSON.stringify(role.slice(0, 20))}`, () => {
    const message = `That can't be a role: it needs ${roleRule}`
    assert.throws(() => withRole(user, role), refusedAs("invalid_request", message))
  })
}

test("withoutRole() takes a role away, and refuses one that the user has not", () => {
  assert.deepEqual(withoutRole({ ...user, roles: ["admin", "editor"] }, "admin"), {
    roles: ["editor"],
  })
  for (const role of ["admin", "EDITOR", "", "length"]) {
    const unknown = refusedAs("not_found", "The user 'alice' has no such role")
    assert.throws(() => withoutRole(user, role), unknown, role)
  }
})

test("withClaim() adds a claim, or gives one another value", () => {
  assert.deepEqual(withClaim(user, "tenant", 7), { claims: { plan: "free", tenant: 7 } })
  assert.deepEqual(withClaim(user, "plan", ["a", null]), { claims: { plan: ["a", null] } })
  assert.deepEqual(user.claims, { plan: "free" })
})

for (const name of [
  "a",
  "A_b.c:d/e-9",
  "https://example.org/tenant",
  "_x",
  "constructor",
  "then",
]) {
  test(`withClaim() takes the name ${name}`, () => {
    assert.deepEqual(withClaim({ ...user, claims: {} }, name, true), { claims: { [name]: true } })
  })
}

/** Names that can't be a claim's: for their letters, their length, or the meaning they have. */
const badNames = [
  ...["", "7up", "a b", "ä", "-a", "a\n", "x".repeat(65), "__proto__"],
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "roles", "fresh", "type", "scope"],
  ...["client_id", "auth_time", "csrf", "cnf", "act", "username", "SUB", "Roles"],
]

for (const name of badNames) {
  test(`withClaim() refuses the name ${JSON.stringify(name.slice(0, 20))}`, () => {
    const message = `That can't be a claim: it needs ${claimRule}`
    assert.throws(() => withClaim(user, name, 1), refusedAs("invalid_request", message))
  })
}

test("withClaim() refuses what JSON does not hold as it is", () => {
  const missing = refusedAs("invalid_request", "A claim needs a value that JSON can hold")
  const held = [
    undefined,
    () => 1,
    Symbol("s"),
    { a: undefined },
    Number("1e999"),
    [Number.NaN],
    -0,
  ]
  for (const value of held) {
    assert.throws(() => withClaim(user, "plan", value), missing)
  }
})

test("withClaim() and withRole() keep roles and claims within what a token can hold", () => {
  const used = JSON.stringify({ roles: user.roles, claims: { plan: "" } }).length
  const fits = "x".repeat(1024 - used)
  assert.deepEqual(withClaim(user, "plan", fits), { claims: { plan: fits } })
  assert.throws(() => withClaim(user, "plan", `${fits}x`), tooMuch)
  // Bytes, not letters.
  assert.throws(() => withClaim(user, "plan", "é".repeat(fits.length / 2 + 1)), tooMuch)
  const full = { ...user, claims: { plan: fits } }
  assert.throws(() => withRole(full, "admin"), tooMuch)
  assert.deepEqual(withRole(full, "editor"), {})
  assert.deepEqual(withoutRole(full, "editor"), { roles: [] })
})

test("withoutClaim() takes a claim away, and refuses one that the user has not", () => {
  const claims = { plan: "free", tenant: 7 }
  assert.deepEqual(withoutClaim({ ...user, claims }, "plan"), { claims: { tenant: 7 } })
  for (const name of ["tenant", "", "PLAN", "toString", "__proto__"]) {
    const unknown = refusedAs("not_found", "The user 'alice' has no such claim")
    assert.throws(() => withoutClaim(user, name), unknown, name)
  }
})
