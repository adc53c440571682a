// What every engine must pass about second factors: each change is one of domain/factor_change.ts,
// and a refusal changes nothing.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FactorChange } from "../../src/domain/factor_change.ts"
import { changeUserFactors, type User } from "../../src/domain/user.ts"
import { type OpenStore, thenReopened } from "./json/opened_store.ts"
import { refused } from "./refused_factors.ts"
import {
  claimOf,
  handle,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  sampleTrusted,
} from "./sample_factors.ts"
import { start, windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const none = sampleUser("alice")
const once = { ticket: sampleTicket("t1"), at: start }
const window = windowAt()

/** The life of a user's factors, in this order. */
const steps: readonly FactorChange[] = [
  { offerTotp: pendingTotp, handle },
  {
    ...{ confirmTotp: { id: pendingTotp.id, step: 7 }, recoveryCodes: recoveryCodes() },
    ...once,
  },
  claimOf(sampleTicket("t2")),
  { use: { method: "recovery", index: 4, hash: sampleHash("R") }, ticket: null, at: start },
  { addPasskey: samplePasskey("p1"), handle, recoveryCodes: null, ...once, ticket: null },
  {
    ...{ use: { method: "passkey", id: "p1", counter: 8 }, ticket: sampleTicket("t3"), at: start },
    trust: sampleTrusted("d1"),
  },
  {
    ...{ use: { method: "passkey", id: "p1", counter: 9 }, ticket: null, at: start },
    trust: sampleTrusted("d2"),
  },
  { distrust: "d1" },
  claimOf(),
  { forgetFailures: true },
  { recoveryCodes: recoveryCodes("S") },
  { remove: pendingTotp.id, keepsOne: true },
  { removeAll: "recovery" },
  { removeAll: "all" },
]

/** Defines the tests of changes alone, and of finding users by their handles. */
export function factorsContract(engine: string, open: OpenStore): void {
  test(`${engine}: users.change() changes factors as the domain does`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(none)
    let user: User = none
    for (const factors of steps) {
      const expected = changeUserFactors(user, factors)
      assert.ok(typeof expected !== "string", `${expected}`)
      assert.deepEqual(await store.users.change("alice", { factors }), expected)
      const found = await store.users.find("alice")
      assert.deepEqual(found, expected)
      assertFrozen(found)
      user = expected
    }
    assert.deepEqual(user, none)
    const again = await reopen()
    assert.deepEqual(await again.users.find("alice"), none)
  })

  test(`${engine}: factors are whole after a reopening, at each step`, async (t) => {
    const opened = await open(t)
    let { store } = opened
    await store.users.create(none)
    for (const factors of steps) {
      const changed = await store.users.change("alice", { factors })
      store = await opened.reopen()
      const found = await store.users.find("alice")
      assert.deepEqual(found, changed)
      assertFrozen(found)
      assert.deepEqual(await store.users.list(), [changed])
    }
  })

  for (const [refusal, factors, user] of refused) {
    test(`${engine}: users.change() of factors that is refused (${refusal}) changes nothing`, async (t) => {
      const { store, reopen } = await open(t)
      await store.users.create(user)
      assert.equal(await store.users.change("alice", { factors }), refusal)
      assert.equal(await store.users.change("bob", { factors }), "unknown")
      for await (const one of thenReopened({ store, reopen })) {
        assert.deepEqual(await one.users.list(), [user])
      }
    })
  }

  keepingContract(engine, open)
}

function keepingContract(engine: string, open: OpenStore): void {
  test(`${engine}: factors may have any text in them`, async (t) => {
    const { store, reopen } = await open(t)
    const name = "\u0000 \ud800 \u2028 \" ' \\ \ud83d\udd11"
    const factors = sampleFactors({ passkeys: [samplePasskey("p1", { name })] })
    await store.users.create({ ...none, factors })
    await store.users.change("alice", {
      factors: {
        addPasskey: samplePasskey("p2", { name }),
        handle,
        recoveryCodes: null,
        ticket: null,
        at: start,
      },
    })
    for await (const one of thenReopened({ store, reopen })) {
      const found = await one.users.findByHandle(handle)
      assert.deepEqual(
        found?.factors?.passkeys.map((passkey) => passkey.name),
        [name, name],
      )
    }
  })

  test(`${engine}: other changes keep the factors, and a deletion removes them`, async (t) => {
    const { store, reopen } = await open(t)
    const factors = sampleFactors({ passkeys: [samplePasskey("p1")], pendingTotp, failures: 3 })
    await store.users.create({ ...none, factors })
    await store.users.change("alice", { addRole: "admin" })
    const link = { kind: "reset", tag: "a", expiresAt: start + 60, removesFactors: true } as const
    await store.users.change("alice", { link })
    await store.users.reset("alice", { passwordHash: sampleHash("B") }, { window })
    await store.users.reset("alice", { disabled: true }, { window })
    await store.users.change("alice", { disabled: false })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual((await one.users.find("alice"))?.factors, factors)
    }
    const again = await reopen()
    const deleted = await again.users.delete("alice", window)
    assert.ok(deleted !== null && typeof deleted === "object")
    assert.deepEqual(deleted.user.factors, factors)
    await again.users.release("alice")
    await again.users.create(none)
    assert.equal((await again.users.find("alice"))?.factors, null)
  })
}

/** Fails for a record with a member that is not frozen. */
export function assertFrozen(value: unknown): void {
  if (typeof value !== "object" || value === null) return
  assert.ok(Object.isFrozen(value), JSON.stringify(value))
  for (const member of Object.values(value)) assertFrozen(member)
}
