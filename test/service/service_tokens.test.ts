// Service tokens as the operator and a guard use them.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { AuthError, Unavailable } from "../../src/errors.ts"
import { ServiceTokens } from "../../src/service/service_tokens.ts"
import type { Store } from "../../src/store/store.ts"
import { makeServiceToken } from "../../src/token/service_token.ts"
import { settled } from "../support/settled.ts"
import { createTestService } from "../support/test_service.ts"

const daySeconds = 86_400
const caller = { address: "192.0.2.7" }
const ci = { name: "CI ", roles: "reader,deploy,reader" }

/** A service, whose audit trail is empty. */
async function serviceOf(t: TestContext) {
  const service = await createTestService(t)
  service.log.takeAudit()
  return service
}

function refused(reason: string, message = "Invalid token") {
  return (error: unknown) => {
    assert.ok(error instanceof AuthError)
    assert.deepEqual([error.code, error.message, error.reason], ["invalid_token", message, reason])
    return true
  }
}

test("create() gives a token once, and the store and the trail don't have it", async (t) => {
  const { serviceTokens, clock, directory, log } = await serviceOf(t)
  const { token, ...made } = await serviceTokens.create(ci)
  assert.match(token, /^pts_[\w-]{43}$/)
  const now = clock.now()
  const expected = {
    ...{ name: "ci", roles: ["deploy", "reader"], fresh: false, acr: "aal1", createdAt: now },
    ...{ expiresAt: now + 90 * daySeconds, lastUsedAt: null, lastAddress: "" },
  }
  assert.deepEqual(made, expected)
  assert.deepEqual(await serviceTokens.list(), [{ ...expected, hasExpired: false }])
  assert.deepEqual(log.takeAudit(), [{ event: "service_token.created", user: "svc:ci" }])
  for (const name of readdirSync(directory)) {
    if (name.endsWith(".sock")) continue
    assert.ok(!readFileSync(join(directory, name), "utf8").includes(token.slice(4)), name)
  }
})

test("create() gives what a machine has only if the operator says so", async (t) => {
  const { serviceTokens, clock } = await serviceOf(t)
  const strong = { name: "all", roles: "a", expires: "1h", fresh: true, aal2: true, admin: true }
  const { token } = await serviceTokens.create(strong)
  const principal = await serviceTokens.authenticate(token, caller)
  assert.deepEqual(
    { ...principal },
    {
      ...{ username: "svc:all", roles: ["a", "admin"], claims: {}, sid: null, loggedInAt: null },
      ...{ secondsSinceLogin: 0, fresh: true, acr: "aal2", amr: [] },
      ...{ hasFactor: false, mustEnrol: false },
    },
  )
  clock.advance(3600)
  await assert.rejects(
    serviceTokens.authenticate(token, caller),
    refused("expired", "Token has expired"),
  )
})

const mistakes: readonly (readonly [asked: object, message: RegExp])[] = [
  [{ name: "svc:ci" }, /^That can't be the name of a service token: it needs 1 to 254 of/],
  [{ name: "" }, /^That can't be the name/],
  [{ roles: "admin" }, /^The role 'admin' needs --admin, too$/],
  [{ roles: "reader,admin" }, /^The role 'admin' needs --admin, too$/],
  [{ roles: "a b" }, /^That can't be a role/],
  [{ roles: Array.from({ length: 100 }, (_, at) => `role-${at}-of-many`).join(",") }, /1024 bytes/],
  [{ expires: "never" }, /^A service token lives from 1h to 400d, such as 90d, and none for ever$/],
  [{ expires: "401d" }, /^A service token lives from 1h to 400d/],
]

for (const [asked, message] of mistakes) {
  test(`create() refuses ${JSON.stringify(asked).slice(0, 40)}, and makes nothing`, async (t) => {
    const { serviceTokens, log } = await serviceOf(t)
    await assert.rejects(serviceTokens.create({ name: "ci", roles: "", ...asked }), (error) => {
      assert.ok(error instanceof AuthError)
      assert.match(error.message, message)
      return error.code === "invalid_request"
    })
    assert.deepEqual(await serviceTokens.list(), [])
    assert.deepEqual(log.takeAudit(), [])
  })
}

test("create() of one name by two at once makes one token", async (t) => {
  const { serviceTokens } = await serviceOf(t)
  const outcomes = await Promise.allSettled([serviceTokens.create(ci), serviceTokens.create(ci)])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
  const failed = outcomes.find((one) => one.status === "rejected")
  assert.ok(failed?.reason instanceof AuthError)
  const { code, message } = failed.reason
  assert.deepEqual([code, message], ["username_taken", "There is a service token 'ci' already"])
  // Also under the name of one that has expired, until that is revoked.
  assert.equal((await serviceTokens.list()).length, 1)
})

test("authenticate() finds the machine, frozen and without a prototype", async (t) => {
  const { serviceTokens } = await serviceOf(t)
  const { token } = await serviceTokens.create(ci)
  const principal = await serviceTokens.authenticate(token, caller)
  assert.deepEqual(
    { ...principal },
    {
      ...{ username: "svc:ci", roles: ["deploy", "reader"], claims: {}, sid: null },
      ...{ loggedInAt: null, secondsSinceLogin: null, fresh: false, acr: "aal1", amr: [] },
      ...{ hasFactor: false, mustEnrol: false },
    },
  )
  assert.ok(Object.isFrozen(principal) && Object.isFrozen(principal.roles))
  assert.equal(Object.getPrototypeOf(principal), null)
})

test("authenticate() refuses a token that was revoked, is unknown, or malformed", async (t) => {
  const { serviceTokens, log } = await serviceOf(t)
  const { token } = await serviceTokens.create(ci)
  await serviceTokens.revoke("Ci")
  await assert.rejects(serviceTokens.authenticate(token, caller), refused("unknown_token"))
  const { token: other } = makeServiceToken()
  await assert.rejects(serviceTokens.authenticate(other, caller), refused("unknown_token"))
  for (const text of ["pts_", "pts_x", `${token}A`, ` ${token}`]) {
    const reason = text.startsWith("pts_") ? "malformed" : "type"
    await assert.rejects(serviceTokens.authenticate(text, caller), refused(reason), text)
  }
  const created = { event: "service_token.created", user: "svc:ci" }
  const revoked = { event: "service_token.revoked", user: "svc:ci", reason: "operator" }
  assert.deepEqual(log.takeAudit(), [created, revoked])
  await assert.rejects(serviceTokens.revoke("ci"), (error) => {
    assert.ok(error instanceof AuthError)
    const { code, message } = error
    assert.deepEqual([code, message], ["not_found", "There is no service token 'ci'"])
    return true
  })
})

test("authenticate() with a name accepts only the token of that name, and notes no other use", async (t) => {
  const { serviceTokens } = await serviceOf(t)
  const { token } = await serviceTokens.create(ci)
  await serviceTokens.create({ name: "other", roles: "" })
  for (const name of ["other", "", "svc:ci", "c i", "nobody"]) {
    const sent = serviceTokens.authenticate(token, { ...caller, name })
    await assert.rejects(sent, refused("unknown_token"), name)
  }
  await settled()
  assert.deepEqual(
    (await serviceTokens.list()).map(({ lastUsedAt }) => lastUsedAt),
    [null, null],
  )
  for (const name of ["ci", "CI", " ci"]) {
    assert.equal((await serviceTokens.authenticate(token, { ...caller, name })).username, "svc:ci")
  }
})

test("authenticate() accepts two tokens while one replaces the other", async (t) => {
  const { serviceTokens } = await serviceOf(t)
  const old = await serviceTokens.create({ name: "ci-1", roles: "deploy" })
  const next = await serviceTokens.create({ name: "ci-2", roles: "deploy" })
  for (const { token } of [old, next]) await serviceTokens.authenticate(token, caller)
  await serviceTokens.revoke("ci-1")
  await assert.rejects(serviceTokens.authenticate(old.token, caller), refused("unknown_token"))
  assert.equal((await serviceTokens.authenticate(next.token, caller)).username, "svc:ci-2")
})

test("revokeAll() revokes all, and audits how many", async (t) => {
  const { serviceTokens, log } = await serviceOf(t)
  assert.equal(await serviceTokens.revokeAll(), 0)
  assert.deepEqual(log.takeAudit(), [])
  await serviceTokens.create(ci)
  await serviceTokens.create({ name: "other", roles: "" })
  log.takeAudit()
  assert.equal(await serviceTokens.revokeAll(), 2)
  assert.deepEqual(log.takeAudit(), [
    { event: "service_token.revoked", reason: "revived", count: 2 },
  ])
})

test("a use is noted at most once a minute, with its address", async (t) => {
  const { serviceTokens, clock, store } = await serviceOf(t)
  const { token } = await serviceTokens.create(ci)
  const noted: number[] = []
  const notes: Promise<void>[] = []
  const watched = withNoteUse(store, (hash, use) => {
    noted.push(use.at)
    const note = store.serviceTokens.noteUse(hash, use)
    notes.push(note)
    return note
  })
  const watching = new ServiceTokens({ store: watched, clock, audit: () => {} })
  const first = clock.now()
  for (let second = 0; second < 130; second += 1) {
    await watching.authenticate(token, { address: `192.0.2.${second}` })
    clock.advance(1)
  }
  await Promise.all(notes)
  assert.deepEqual(noted, [first, first + 60, first + 120])
  const [listed] = await serviceTokens.list()
  assert.deepEqual([listed?.lastUsedAt, listed?.lastAddress], [first + 120, "192.0.2.120"])
})

test("a use that can't be noted fails no request", async (t) => {
  const { serviceTokens, clock, store } = await serviceOf(t)
  const { token } = await serviceTokens.create(ci)
  const failing = withNoteUse(store, () => Promise.reject(new Unavailable("The disk is full")))
  const tokens = new ServiceTokens({ store: failing, clock, audit: () => {} })
  assert.equal((await tokens.authenticate(token, caller)).username, "svc:ci")
  await settled()
})

function withNoteUse(store: Store, noteUse: Store["serviceTokens"]["noteUse"]): Store {
  const { serviceTokens } = store
  const findByHash = (hash: string) => serviceTokens.findByHash(hash)
  return { serviceTokens: { findByHash, noteUse } } as unknown as Store
}
