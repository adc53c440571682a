// A user as a JSON object: what is taken, and what is not.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { JsonObject } from "../../src/domain/strict_json.ts"
import { usernameRule } from "../../src/domain/username.ts"
import { noPasswordHash } from "../../src/password/phc.ts"
import { readImportedUser, writeImportedUser } from "../../src/service/imported_user.ts"
import { claimRule, roleRule } from "../../src/service/user_rights.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"

const now = 1_800_000_000
const own = sampleHash("B")
const bcrypt = `$2b$12$${".".repeat(53)}`

test("readImportedUser() needs only a name and a hash", () => {
  const user = sampleUser("carol", { passwordHash: own, roles: [], createdAt: now })
  assert.deepEqual(readImportedUser({ name: " CAROL ", password_hash: own }, now), user)
  const without = { ...user, passwordHash: noPasswordHash }
  assert.deepEqual(readImportedUser({ name: "carol", password_hash: null }, now), without)
})

test("readImportedUser() reads what writeImportedUser() wrote", () => {
  const users = [
    sampleUser("carol"),
    sampleUser("dora@example.org", { passwordHash: bcrypt, disabled: true, roles: ["a", "b"] }),
    sampleUser("erin", { passwordHash: noPasswordHash, claims: { team: { a: [1] } } }),
    sampleUser("frank", { tokensNotBefore: now, createdAt: 0 }),
  ]
  for (const user of users) {
    const members = JSON.parse(JSON.stringify(writeImportedUser(user)))
    assert.deepEqual(readImportedUser(members, now), user)
  }
})

test("writeImportedUser() leaves out links and second factors, and writes null for no password", () => {
  const link = { kind: "reset", tag: "t1", expiresAt: now, removesFactors: false } as const
  const user = sampleUser("carol", { passwordHash: noPasswordHash, link })
  assert.deepEqual(writeImportedUser(user), {
    name: "carol",
    password_hash: null,
    roles: ["reader"],
    claims: {},
    disabled: false,
    created_at: 1_795_447_800,
    tokens_not_before: 0,
  })
})

test("readImportedUser() sorts roles, and takes each once", () => {
  const { roles } = readImportedUser(
    { name: "carol", password_hash: own, roles: ["b", "a", "b"] },
    now,
  )
  assert.deepEqual(roles, ["a", "b"])
})

const claims = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`c${at}`, "x".repeat(20)]))

/** Members that are not taken, and why. */
const mistakes: readonly (readonly [name: string, members: JsonObject, message: string])[] = [
  ["no name", { name: undefined }, "'name' must be text"],
  ["a number as name", { name: 7 }, "'name' must be text"],
  ["an empty name", { name: "" }, `That can't be a username: it needs ${usernameRule}`],
  ["a name with a blank", { name: "a b" }, `That can't be a username: it needs ${usernameRule}`],
  ["a name with a slash", { name: "a/b" }, `That can't be a username: it needs ${usernameRule}`],
  [
    "no hash",
    { password_hash: undefined },
    "'password_hash' is missing; null is for no password yet",
  ],
  ["a password", { password_hash: "hunter2" }, "'password_hash' is no hash that the store takes"],
  ["a number as hash", { password_hash: 7 }, "'password_hash' is no hash that the store takes"],
  ["text as roles", { roles: "admin" }, "'roles' must be a list of texts"],
  ["numbers as roles", { roles: [1] }, "'roles' must be a list of texts"],
  ["a role with a blank", { roles: ["a b"] }, `That can't be a role: it needs ${roleRule}`],
  ["a list as claims", { claims: [] }, "'claims' must be an object"],
  ["a standard claim", { claims: { sub: "a" } }, `That can't be a claim: it needs ${claimRule}`],
  ["too many claims", { claims }, "The roles and claims of a user may have 1024 bytes together"],
  ["text as disabled", { disabled: "no" }, "'disabled' must be true or false"],
  [
    "text as time",
    { created_at: "today" },
    "'created_at' must be a time in the past, in epoch seconds",
  ],
  [
    "a time below zero",
    { created_at: -1 },
    "'created_at' must be a time in the past, in epoch seconds",
  ],
  [
    "milliseconds",
    { created_at: now * 1000 },
    "'created_at' must be a time in the past, in epoch seconds",
  ],
  [
    "a time in the future",
    { tokens_not_before: now + 61 },
    "'tokens_not_before' must be a time in the past, in epoch seconds",
  ],
  [
    "an unknown member",
    { role: ["admin"] },
    "there is a member that is none of 'name', 'password_hash', 'roles', 'claims', 'disabled', 'created_at', 'tokens_not_before'",
  ],
  [
    "a member of all objects",
    JSON.parse('{"__proto__":{"disabled":false}}'),
    "there is a member that is none of 'name', 'password_hash', 'roles', 'claims', 'disabled', 'created_at', 'tokens_not_before'",
  ],
]

for (const [name, members, message] of mistakes) {
  test(`readImportedUser() refuses ${name}`, () => {
    const all = JSON.parse(JSON.stringify({ name: "carol", password_hash: own }))
    for (const [key, value] of Object.entries(members)) {
      Object.defineProperty(all, key, { value, enumerable: true, configurable: true })
    }
    assert.throws(() => readImportedUser(all, now), {
      name: "AuthError",
      code: "invalid_request",
      message,
    })
  })
}
