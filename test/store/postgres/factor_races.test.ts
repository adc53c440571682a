// Second factors on two replicas at once, on several connections each: what works once counts once,
// and what one replica has done counts for the other from its next call on.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FactorChange } from "../../../src/domain/factor_change.ts"
import type { Store } from "../../../src/store/store.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { tally } from "../json/opened_store.ts"
import {
  claimOf,
  limits,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  totp,
  useOfStep,
} from "../sample_factors.ts"
import { fill, sampleSession, sidOf, start, startOptions, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { openTwo } from "./postgres_engine.ts"

const { skip, server } = await postgresForTests()
const window = windowAt()
/** Sample sessions are alive, whenever the tests run. */
const clocked = { clock: { now: () => start } }
const rounds = Array.from({ length: 20 }, (_, index) => index)
const starts = [0, 1, 2, 3, 4, 5]

/** What works once, by the number of the one who shows it. */
const shown: Readonly<Record<string, (index: number) => FactorChange>> = {
  "code of an app": (index) => useOfStep(1001, sampleTicket(`t${index}`)),
  ticket: (index) => useOfStep(1001 + index, sampleTicket("t")),
  "recovery code": (index) => ({
    use: { method: "recovery", index: 3, hash: sampleHash("R") },
    ...{ ticket: sampleTicket(`t${index}`), at: start },
  }),
  "counter of a passkey": () => ({
    ...{ use: { method: "passkey", id: "p1", counter: 8 }, ticket: null, at: start },
  }),
}

for (const [what, useBy] of Object.entries(shown)) {
  test(`one ${what} starts one session on two replicas, 20 times`, { skip }, async (t) => {
    const both = await openTwo(t, server, clocked)
    for (const round of rounds) {
      const name = await createUser(both[0], round)
      const outcomes = await Promise.all(
        starts.map((index) => startBy(storeOf(both, index), name, index, useBy(index))),
      )
      assert.deepEqual(tally(outcomes), { started: 1, refused: starts.length - 1 })
      const winner = `${name}.${outcomes.indexOf("started")}`
      for (const { sessions } of both) {
        assert.deepEqual((await sessions.list(name)).map(sidOf), [winner])
      }
    }
  })
}

test("a start by a factor beside its removal is ended or refused, 20 times", {
  skip,
}, async (t) => {
  const both = await openTwo(t, server, clocked)
  for (const round of rounds) {
    const name = await createUser(both[0], round)
    const factors = { removeAll: "all" } as const
    const [reset, ...outcomes] = await Promise.all([
      both[0].users.reset(name, {}, { window, factors }),
      ...starts.map((index) => startBy(storeOf(both, index), name, index, useOfStep(1001 + index))),
    ])
    assert.ok(typeof reset === "object")
    const sids = starts
      .filter((index) => outcomes[index] === "started")
      .map((index) => `${name}.${index}`)
    assert.deepEqual(reset.ended.map(sidOf).sort(), sids)
    for (const { sessions, users } of both) {
      assert.deepEqual(await sessions.list(name), [])
      assert.equal((await users.find(name))?.factors, null)
    }
  }
})

test("two first factors at once are both added, or one is refused, 20 times", {
  skip,
}, async (t) => {
  const both = await openTwo(t, server, clocked)
  for (const round of rounds) {
    const name = `user${round}`
    await both[0].users.create(sampleUser(name))
    const handle = `handle-${round}`
    await both[0].users.change(name, { factors: { offerTotp: pendingTotp, handle } })
    const once = { ticket: null, at: start }
    const outcomes = await Promise.all([
      enrol(both[0], name, {
        ...{ confirmTotp: { id: pendingTotp.id, step: 7 }, ...once },
        recoveryCodes: recoveryCodes("S"),
      }),
      enrol(both[1], name, {
        ...{ addPasskey: samplePasskey("p1"), handle, ...once },
        recoveryCodes: recoveryCodes("T"),
      }),
    ])
    assert.deepEqual(tally(outcomes), { enrolled: 1, changed: 1 })
    const factors = (await both[1].users.find(name))?.factors
    const isOfApp = outcomes[0] === "enrolled"
    assert.deepEqual(factors?.recoveryCodes, recoveryCodes(isOfApp ? "S" : "T"))
    assert.deepEqual([factors?.totp !== null, factors?.passkeys.length === 1], [isOfApp, !isOfApp])
  }
})

test("claims of two replicas at once count together, to the most", { skip }, async (t) => {
  const both = await openTwo(t, server, clocked)
  const name = await createUser(both[0], 0)
  const claims = Array.from({ length: 150 }, (_, index) => {
    const ticket = index % 2 === 0 ? null : sampleTicket(`t${index}`)
    return storeOf(both, index).users.change(name, { factors: claimOf(ticket) })
  })
  const changed = await Promise.all(claims)
  const failures = changed.flatMap((one) =>
    typeof one === "string" ? [] : [one.factors?.failures],
  )
  assert.deepEqual(
    failures.sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: limits.failuresMax }, (_, index) => index + 1),
  )
  assert.deepEqual(tally(changed.filter((one) => typeof one === "string")), { locked: 50 })
  const next = await createUser(both[0], 1)
  const tries = Array.from({ length: 20 }, (_, index) =>
    storeOf(both, index).users.change(next, { factors: claimOf(sampleTicket("t")) }),
  )
  const words = (await Promise.all(tries)).map((one) => (typeof one === "string" ? one : "counted"))
  assert.deepEqual(tally(words), { counted: limits.triesMax, tries_over: 15 })
})

test("each change of factors counts for the other replica's next call", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await fill(one, [sampleSession("s1")])
  const seen = async () => {
    const [found, user] = [await other.sessions.find("s1"), await other.users.find("alice")]
    assert.deepEqual(found?.user, user)
    return user?.factors ?? null
  }
  assert.equal(await seen(), null)
  const once = { ticket: null, at: start }
  const change = (factors: FactorChange) => one.users.change("alice", { factors })
  for (let round = 0; round < 10; round += 1) {
    const handle = `handle-${round}`
    await change({ offerTotp: { ...pendingTotp, id: totp.id }, handle })
    assert.equal((await seen())?.pendingTotp?.id, totp.id)
    const confirmTotp = { id: totp.id, step: 1000 }
    await change({ confirmTotp, recoveryCodes: recoveryCodes(), ...once })
    assert.equal((await seen())?.totp?.lastStep, 1000)
    assert.equal((await other.users.findByHandle(handle))?.username, "alice")
    await change({ ...claimOf(), failuresMax: 1 })
    assert.equal((await seen())?.failures, 1)
    assert.equal(
      await other.users.change("alice", {
        factors: { ...claimOf(), failuresMax: 1 },
      }),
      "locked",
    )
    await one.sessions.start(sampleSession(`n${round}`), startOptions({ factors: useOfStep(1001) }))
    assert.deepEqual([(await seen())?.totp?.lastStep, (await seen())?.failures], [1001, 0])
    const factors = { remove: totp.id, keepsOne: false }
    await one.users.reset("alice", {}, { window, factors, except: "s1" })
    assert.equal(await seen(), null)
    assert.equal(await other.sessions.find(`n${round}`), null)
    assert.equal(await other.users.findByHandle(handle), null)
  }
})

async function createUser({ users }: Store, round: number): Promise<string> {
  const username = `user${round}`
  const passkeys = [samplePasskey("p1")]
  const factors = sampleFactors({ handle: `handle-${round}`, passkeys })
  assert.equal(await users.create(sampleUser(username, { factors })), "created")
  return username
}

function storeOf(both: readonly [Store, Store], index: number): Store {
  return both[index % 2] ?? both[0]
}

async function startBy(
  { sessions }: Store,
  username: string,
  index: number,
  factors: FactorChange,
): Promise<"started" | "refused"> {
  const session = sampleSession(`${username}.${index}`, { username, factorAt: start })
  return (await sessions.start(session, startOptions({ factors }))) === null ? "refused" : "started"
}

async function enrol({ users }: Store, name: string, factors: FactorChange): Promise<string> {
  const changed = await users.change(name, { factors })
  return typeof changed === "string" ? changed : "enrolled"
}
