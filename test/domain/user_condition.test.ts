// The version of a user: another one after each change of an operator, and the same after a login.

import assert from "node:assert/strict"
import { test } from "node:test"
import { changeUser, resetUser, type User, type UserChange } from "../../src/domain/user.ts"
import {
  conditionOf,
  hasVersion,
  isAdmin,
  losesAdmin,
  versionOf,
} from "../../src/domain/user_condition.ts"
import {
  claimOf,
  handle,
  limits,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  sampleTrusted,
  useOfStep,
} from "../store/sample_factors.ts"
import { start } from "../store/sample_session.ts"
import { sampleHash, sampleUser } from "../store/sample_user.ts"

const alice = sampleUser("alice", { factors: sampleFactors({ recoveryCodes: recoveryCodes() }) })
const link = { kind: "reset", tag: "t1", expiresAt: start + 60, removesFactors: false } as const

function changed(user: User, change: UserChange): User {
  const after = changeUser(user, change)
  return typeof after === "string" ? assert.fail(after) : after
}

/** What makes another version. */
const changes: Readonly<Record<string, (user: User) => User>> = {
  "a role": (user) => changed(user, { addRole: "admin" }),
  "a claim": (user) => changed(user, { setClaim: { name: "a", value: 1 } }),
  "the order of claims": (user) => ({ ...user, claims: { b: 1, a: 1 } }),
  disabling: (user) => resetUser(user, { disabled: true }, start),
  "a logout": (user) => resetUser(user, {}, start),
  "a new password": (user) => ({ ...user, passwordHash: sampleHash("B") }),
  "a link": (user) => changed(user, { link }),
  "another link of the same second": (user) => ({ ...user, link: { ...link, tag: "t2" } }),
  "the end of an app": (user) => changed(user, { factors: { removeAll: "otp" } }),
  "a passkey": (user) =>
    changed(user, {
      factors: {
        addPasskey: samplePasskey("p9"),
        handle,
        recoveryCodes: null,
        ticket: null,
        at: 1,
      },
    }),
  "another user of the name": (user) => ({ ...user, createdAt: user.createdAt + 1 }),
  "another name": (user) => ({ ...user, username: "alicia" }),
}

/** What a login leaves behind. */
const logins: Readonly<Record<string, (user: User) => User>> = {
  nothing: (user) => user,
  "the record as another engine gives it": (user) => structuredClone(user),
  "a wrong code": (user) =>
    changed(user, { factors: { ...limits, ...claimOf(sampleTicket("t1")), at: start } }),
  "a right code": (user) => changed(user, { factors: useOfStep(1001, sampleTicket("t1")) }),
  "a recovery code": (user) =>
    changed(user, {
      factors: {
        use: { method: "recovery", index: 3, hash: sampleHash("R") },
        ...{ ticket: null, at: start },
      },
    }),
  "a trusted device": (user) => ({
    ...user,
    factors: user.factors && { ...user.factors, trusted: [sampleTrusted("d1")] },
  }),
}

for (const [what, change] of Object.entries(changes)) {
  test(`versionOf() is another one after ${what}`, () => {
    const after = change(alice)
    assert.notEqual(versionOf(after), versionOf(alice))
    assert.equal(hasVersion(after, { ifVersion: [versionOf(alice)] }), false)
  })
}

for (const [what, use] of Object.entries(logins)) {
  test(`versionOf() is the same after ${what}`, () => {
    assert.equal(versionOf(use(alice)), versionOf(alice))
    assert.equal(hasVersion(use(alice), { ifVersion: ["x", versionOf(alice)] }), true)
  })
}

test("versionOf() differs between all these changes", () => {
  const versions = Object.values(changes).map((change) => versionOf(change(alice)))
  assert.equal(new Set(versions).size, versions.length)
  for (const version of versions) assert.match(version, /^[\w-]{22}$/)
})

test("hasVersion() without a condition takes any version, and an empty list takes none", () => {
  assert.equal(hasVersion(alice, {}), true)
  assert.equal(hasVersion(alice, { ifVersion: undefined }), true)
  assert.equal(hasVersion(alice, { ifVersion: [] }), false)
})

test("losesAdmin() is true when an enabled admin is gone afterwards", () => {
  const admin = sampleUser("ann", { roles: ["admin"] })
  const disabled = { ...admin, disabled: true }
  const reader = sampleUser("ann", { roles: ["Admin", "administrator"] })
  const invited = { ...admin, link: { ...link, kind: "invite" as const } }
  assert.equal(isAdmin(admin), true)
  assert.equal(isAdmin({ ...admin, link }), true)
  for (const user of [disabled, reader, invited, null, undefined])
    assert.equal(isAdmin(user), false)
  for (const after of [disabled, reader, invited, null]) {
    assert.equal(losesAdmin(admin, after), true)
  }
  assert.equal(losesAdmin(admin, admin), false)
  assert.deepEqual(
    [disabled, reader].map((before) => losesAdmin(before, null)),
    [false, false],
  )
})

test("conditionOf() asks for another admin only where a change may take one away", () => {
  const condition = { ifVersion: ["a"], keepsAdmin: true }
  for (const change of [{ removeRole: "admin" }, { disabled: true }] as const) {
    assert.equal(conditionOf(condition, change), condition)
  }
  const harmless = [
    { removeRole: "reader" },
    { addRole: "admin" },
    { disabled: false },
    {},
  ] as const
  for (const change of harmless) {
    assert.deepEqual(conditionOf(condition, change), { ifVersion: ["a"], keepsAdmin: false })
  }
})
