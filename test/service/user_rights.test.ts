import assert from "node:assert/strict"
import { test } from "node:test"
import {
  claimRule,
  refusedChange,
  requireClaim,
  requireRole,
  roleRule,
} from "../../src/service/user_rights.ts"
import { refusedAs } from "../support/refusal.ts"

for (const role of ["a", "A.b:c-d_9", "7", ":all", ".x", "_", "__proto__", "x".repeat(64)]) {
  test(`requireRole() takes ${role.slice(0, 20)}`, () => assert.equal(requireRole(role), role))
}

for (const role of ["", "-x", "a b", "a,b", "rôle", "a\n", 'a"', "a/b", "x".repeat(65)]) {
  test(`requireRole() refuses ${JSON.stringify(role.slice(0, 20))}`, () => {
    const message = `That can't be a role: it needs ${roleRule}`
    assert.throws(() => requireRole(role), refusedAs("invalid_request", message))
  })
}

for (const name of [
  "a",
  "A_b.c:d/e-9",
  "https://example.org/tenant",
  "_x",
  "constructor",
  "then",
]) {
  test(`requireClaim() takes the name ${name}`, () => {
    assert.deepEqual(requireClaim({ name, value: true }), { name, value: true })
  })
}

/** Names that can't be a claim's: for their letters, their length, or the meaning they have. */
const badNames = [
  ...["", "7up", "a b", "ä", "-a", "a\n", "x".repeat(65), "__proto__"],
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "roles", "fresh", "type", "scope"],
  ...["client_id", "auth_time", "csrf", "cnf", "act", "username", "SUB", "Roles"],
]

for (const name of badNames) {
  test(`requireClaim() refuses the name ${JSON.stringify(name.slice(0, 20))}`, () => {
    const message = `That can't be a claim: it needs ${claimRule}`
    assert.throws(() => requireClaim({ name, value: 1 }), refusedAs("invalid_request", message))
  })
}

test("requireClaim() refuses values that JSON would change", () => {
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
    assert.throws(() => requireClaim({ name: "plan", value }), missing)
  }
})

test("refusedChange() says what the user lacks, or that there is too much", () => {
  const rows = [
    ["absent", { removeRole: "admin" }, "not_found", "The user 'alice' has no such role"],
    ["absent", { unsetClaim: "plan" }, "not_found", "The user 'alice' has no such claim"],
    [
      "too_large",
      { addRole: "admin" },
      "invalid_request",
      "The roles and claims of a user may have 1024 bytes together",
    ],
  ] as const
  for (const [refused, change, code, message] of rows) {
    const throwing = () => {
      throw refusedChange(refused, change, "alice")
    }
    assert.throws(throwing, refusedAs(code, message))
  }
})
