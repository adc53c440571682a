// What every engine must pass about second factors that change together with sessions: with a reset
// or with the start of a session, in one step.

import assert from "node:assert/strict"
import { test } from "node:test"
import { changeUserFactors } from "../../src/domain/user.ts"
import type { Store } from "../../src/store/store.ts"
import { assertFrozen } from "./contract_of_factors.ts"
import { type OpenStore, thenReopened } from "./json/opened_store.ts"
import { refused } from "./refused_factors.ts"
import {
  handle,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  sampleTicket,
  totp,
  useOfStep,
} from "./sample_factors.ts"
import {
  fill,
  life,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
  windowAt,
} from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"
import { findSession, listRevocations, rotate } from "./session_calls.ts"

const none = sampleUser("alice")
const alice = sampleUser("alice", { factors: sampleFactors() })
const ticket = sampleTicket("t1")
const once = { ticket, at: start }
const window = windowAt()
const tokensNotBefore = start + 1
const successor = sampleSession("s3", { amr: ["pwd", "otp"], factorAt: start })
const renewed = { factors: { recoveryCodes: recoveryCodes("S") } }

/** Defines the tests of factors that change together with sessions. */
export function factorsInSessionsContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.reset() with factors ends all sessions but one, in one step`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(
      store,
      ["s1", "s2"].map((sid) => sampleSession(sid)),
    )
    await enrol(store)
    const options = { window, except: "s2", factors: { remove: totp.id, keepsOne: false } }
    const reset = await store.users.reset("alice", {}, options)
    const user = { ...none, tokensNotBefore }
    assert.deepEqual(reset, { user, ended: [sampleSession("s1")] })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), user)
      assert.deepEqual((await one.sessions.list("alice")).map(sidOf), ["s2"])
      assert.deepEqual(await listRevocations(one, start), { sids: ["s1"], jtis: [] })
      const found = await one.sessions.find("s2")
      assert.deepEqual(found, { session: sampleSession("s2"), user })
    }
  })

  test(`${engine}: users.reset() with except of another user, or of null, ends all`, async (t) => {
    const { store } = await open(t)
    await fill(store, [sampleSession("s1"), sampleSession("b1", { username: "bob" })])
    const other = await store.users.reset("alice", {}, { window, except: "b1" })
    assert.ok(typeof other !== "string")
    assert.deepEqual(other.ended.map(sidOf), ["s1"])
    await fill(store, [sampleSession("s2")])
    const reset = await store.users.reset("alice", {}, { window, except: null })
    assert.ok(typeof reset !== "string")
    assert.deepEqual(reset.ended.map(sidOf), ["s2"])
    assert.deepEqual((await store.sessions.list("bob")).map(sidOf), ["b1"])
  })

  succeedingContract(engine, open)
  refusedContract(engine, open)
  startingContract(engine, open)
}

function succeedingContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.reset() with factors and a successor starts that with its factor`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(
      store,
      ["s1", "s2"].map((sid) => sampleSession(sid)),
    )
    await store.users.change("alice", { factors: { offerTotp: pendingTotp, handle } })
    const factors = {
      ...{ confirmTotp: { id: pendingTotp.id, step: 7 }, recoveryCodes: recoveryCodes() },
      ...once,
    }
    const condition = { window, ifPasswordHash: none.passwordHash }
    const reset = await store.users.reset("alice", {}, { ...condition, factors, successor })
    assert.ok(typeof reset !== "string")
    assert.deepEqual(reset.ended.map(sidOf), ["s1", "s2"])
    assert.equal(reset.user.factors?.totp?.lastStep, 7)
    assert.equal(reset.user.tokensNotBefore, tokensNotBefore)
    assertFrozen(reset.user)
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), reset.user)
      assert.deepEqual(await one.sessions.list("alice"), [successor])
    }
  })
}

function refusedContract(engine: string, open: OpenStore): void {
  for (const [refusal, factors, user] of refused) {
    test(`${engine}: users.reset() and sessions.start() with factors refused (${refusal}) change nothing`, async (t) => {
      const { store, reopen } = await open(t)
      await store.users.create(user)
      await fill(store, [sampleSession("s1")])
      const reset = { window, factors, successor }
      assert.equal(
        await store.users.reset("alice", { passwordHash: sampleHash("B") }, reset),
        refusal,
      )
      const replaces = { jti: "j1", issuedAt: start, expiresAt: start + 60, isListed: true }
      const options = startOptions({ factors, replaces, sessionsMax: 1 })
      assert.equal(await store.sessions.start(successor, options), null)
      for await (const one of thenReopened({ store, reopen })) {
        assert.deepEqual(await one.users.list(), [user])
        assert.deepEqual(await one.sessions.list("alice"), [sampleSession("s1")])
        assert.equal(await one.sessions.isTokenRevoked("j1"), false)
        assert.deepEqual(await listRevocations(one, start), { sids: [], jtis: [] })
      }
    })
  }

  test(`${engine}: a reset that is refused for another reason changes no factors`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    await fill(store, [sampleSession("s1")])
    const { users } = store
    const condition = { window, ...renewed }
    const otherHash = { ...condition, ifPasswordHash: sampleHash("B") }
    assert.equal(await users.reset("alice", {}, otherHash), "other_hash")
    assert.equal(await users.reset("alice", {}, { ...condition, ifLinkTag: "a" }), "other_link")
    const disabling = { ...condition, successor }
    assert.equal(await users.reset("alice", { disabled: true }, disabling), "disabled")
    assert.equal(await users.reset("bob", {}, condition), "unknown")
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.list(), [alice])
      assert.deepEqual(await one.sessions.list("alice"), [sampleSession("s1")])
    }
  })
}

function startingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.start() with factors uses the factor, and keeps how the login was done`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    const factors = useOfStep(1001, ticket)
    const started = await store.sessions.start(successor, startOptions({ factors }))
    const user = changeUserFactors(alice, factors)
    assert.deepEqual(started, { user, ended: [] })
    assertFrozen(started?.user)
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.sessions.find("s3"), { session: successor, user })
      assert.deepEqual(await one.users.find("alice"), user)
      // The same code again, with another ticket and with none.
      for (const again of [useOfStep(1001, sampleTicket("t2")), useOfStep(1001)]) {
        const options = startOptions({ factors: again })
        assert.equal(await one.sessions.start(sampleSession("s4"), options), null)
      }
    }
    const again = await reopen()
    const rotated = await rotate(again, "s3", presented(0))
    assert.ok(rotated.outcome === "rotated")
    const { amr, factorAt } = rotated.session
    assert.deepEqual({ amr, factorAt }, { amr: ["pwd", "otp"], factorAt: start })
    const use = { at: start + 60, address: "192.0.2.9", userAgent: "Other" }
    const touched = await again.sessions.touch("s3", use, life)
    assert.deepEqual([touched?.amr, touched?.factorAt], [amr, factorAt])
  })

  test(`${engine}: sessions.start() that is refused for another reason uses no factor`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    await fill(store, [sampleSession("s1")])
    await store.sessions.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: false })
    const factors = useOfStep(1001, ticket)
    const replaces = { jti: "j1", issuedAt: start, expiresAt: start + 60, isListed: false }
    for (const [session, options] of [
      [successor, { ifPasswordHash: sampleHash("B") }],
      [sampleSession("s1", { rotations: 3 }), {}],
      [successor, { replaces }],
      [successor, { replaces: { ...replaces, jti: "j2", issuedAt: -1 } }],
    ] as const) {
      assert.equal(await store.sessions.start(session, startOptions({ factors, ...options })), null)
    }
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.users.find("alice"), alice)
      assert.equal(await one.sessions.isTokenRevoked("j2"), false)
      assert.equal(await findSession(one, "s3"), null)
    }
  })
}

async function enrol({ users }: Store): Promise<void> {
  await users.change("alice", { factors: { offerTotp: { ...pendingTotp, id: totp.id }, handle } })
  const factors = {
    ...{ confirmTotp: { id: totp.id, step: 1000 }, recoveryCodes: recoveryCodes() },
    ...{ ticket: null, at: start },
  }
  assert.ok(typeof (await users.change("alice", { factors })) !== "string")
}
