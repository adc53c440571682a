// What every engine must pass about second factors that many show at once: what works once counts
// once.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FactorChange } from "../../src/domain/factor_change.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened } from "./json/opened_store.ts"
import {
  claimOf,
  handle,
  limits,
  pendingTotp,
  recoveryCodes,
  sampleFactors,
  samplePasskey,
  sampleTicket,
  useOfStep,
} from "./sample_factors.ts"
import { sampleSession, start, startOptions, windowAt } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const hundred: readonly number[] = Array.from({ length: 100 }, (_, index) => index)
const passkeys = [samplePasskey("p1"), samplePasskey("p2", { counter: 0 })]
const alice = sampleUser("alice", { factors: sampleFactors({ passkeys }) })
const window = windowAt()

/** Uses of which one counts, by a number that each of the hundred has. */
const uses: Readonly<Record<string, (index: number) => FactorChange>> = {
  "one code": () => useOfStep(1001),
  "one code, with a ticket each": (index) => useOfStep(1001, sampleTicket(`t${index}`)),
  "one ticket, with a code each": (index) => useOfStep(1001 + index, sampleTicket("t")),
  "one ticket, with a recovery code each": (index) => ({
    use: { method: "recovery", index: index % 10, hash: sampleHash("R") },
    ...{ ticket: sampleTicket("t"), at: start },
  }),
  "one recovery code": () => ({
    use: { method: "recovery", index: 3, hash: sampleHash("R") },
    ...{ ticket: null, at: start },
  }),
  "one counter of a passkey": () => ({
    ...{ use: { method: "passkey", id: "p1", counter: 8 }, ticket: null, at: start },
  }),
  "one ticket, with a synced passkey": () => ({
    use: { method: "passkey", id: "p2", counter: 0 },
    ...{ ticket: sampleTicket("t"), at: start },
  }),
}

/** Defines the tests. */
export function factorsOnceContract(engine: string, open: OpenStore): void {
  for (const [name, use] of Object.entries(uses)) {
    test(`${engine}: a hundred starts at once by ${name} start one session`, async (t) => {
      const { store, reopen } = await open(t)
      await store.users.create(alice)
      const outcomes = await Promise.all(hundred.map((index) => startBy(store, use(index), index)))
      assert.deepEqual(tally(outcomes), { started: 1, refused: 99 })
      const winner = `n${outcomes.indexOf("started")}`
      for await (const one of thenReopened({ store, reopen })) {
        assert.deepEqual(
          (await one.sessions.list("alice")).map(({ sid }) => sid),
          [winner],
        )
        assert.equal(await startBy(one, use(outcomes.indexOf("started")), 200), "refused")
      }
    })
  }

  test(`${engine}: a hundred starts at once by one challenge and a passkey start one session`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const replaces = { jti: "c1", issuedAt: start, expiresAt: start + 300, isListed: false }
    const factors = {
      ...({ use: { method: "passkey", id: "p2", counter: 0 }, ticket: null, at: start } as const),
    }
    const outcomes = await Promise.all(
      hundred.map((index) => startBy(store, factors, index, { replaces })),
    )
    assert.deepEqual(tally(outcomes), { started: 1, refused: 99 })
    assert.equal(await store.sessions.isTokenRevoked("c1"), true)
  })

  claimsContract(engine, open)
  enrolmentsContract(engine, open)
}

function claimsContract(engine: string, open: OpenStore): void {
  test(`${engine}: of more claims at once than the limit, exactly the limit counts`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    const claims = [...hundred, ...hundred].map((index) =>
      store.users.change("alice", { factors: claimOf(index % 3 === 0 ? null : ticketOf(index)) }),
    )
    const changed = await Promise.all(claims)
    const failures = changed.flatMap((one) =>
      typeof one === "string" ? [] : [one.factors?.failures],
    )
    assert.deepEqual(
      failures,
      Array.from({ length: limits.failuresMax }, (_, at) => at + 1),
    )
    assert.deepEqual(tally(changed.filter((one) => typeof one === "string")), { locked: 100 })
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal((await one.users.find("alice"))?.factors?.failures, limits.failuresMax)
      assert.equal(await one.users.change("alice", { factors: claimOf() }), "locked")
    }
  })

  test(`${engine}: of a hundred claims at once with one ticket five count`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const changed = await Promise.all(
      hundred.map(() => store.users.change("alice", { factors: claimOf(sampleTicket("t")) })),
    )
    const words = changed.map((one) => (typeof one === "string" ? one : "counted"))
    assert.deepEqual(tally(words), { counted: limits.triesMax, tries_over: 95 })
    assert.equal((await store.users.find("alice"))?.factors?.failures, limits.triesMax)
  })
}

function enrolmentsContract(engine: string, open: OpenStore): void {
  test(`${engine}: two enrolments at once put one in force, with one set of recovery codes`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(sampleUser("alice"))
    await store.users.change("alice", { factors: { offerTotp: pendingTotp, handle } })
    const confirm = (index: number) => ({
      ...{ confirmTotp: { id: pendingTotp.id, step: index }, ticket: null, at: start },
      recoveryCodes: recoveryCodes(index % 2 === 0 ? "S" : "T"),
    })
    const outcomes = await Promise.all(
      hundred.map((index) => {
        const [factors, successor] = [confirm(index), sampleSession(`n${index}`)]
        return store.users.reset("alice", {}, { window, factors, successor })
      }),
    )
    const words = outcomes.map((one) => (typeof one === "string" ? one : "enrolled"))
    assert.deepEqual(tally(words), { enrolled: 1, no_factor: 99 })
    const winner = words.indexOf("enrolled")
    for await (const one of thenReopened({ store, reopen })) {
      const factors = (await one.users.find("alice"))?.factors
      assert.equal(factors?.totp?.lastStep, winner)
      assert.deepEqual(factors?.recoveryCodes, confirm(winner).recoveryCodes)
      const sids = (await one.sessions.list("alice")).map(({ sid }) => sid)
      assert.deepEqual(sids, [`n${winner}`])
    }
  })

  test(`${engine}: two first passkeys at once: one sets the recovery codes, the other is refused`, async (t) => {
    const { store } = await open(t)
    await store.users.create(sampleUser("alice"))
    const add = (id: string, codes: ReturnType<typeof recoveryCodes> | null) => ({
      factors: {
        ...{ addPasskey: samplePasskey(id), handle, recoveryCodes: codes },
        ...{ ticket: null, at: start },
      },
    })
    const outcomes = await Promise.all([
      store.users.change("alice", add("p1", recoveryCodes("S"))),
      store.users.change("alice", add("p2", recoveryCodes("T"))),
    ])
    const words = outcomes.map((one) => (typeof one === "string" ? one : "added"))
    assert.deepEqual([...words].sort(), ["added", "changed"])
    const first = words.indexOf("added")
    await store.users.change("alice", add(`p${2 - first}`, null))
    const factors = (await store.users.find("alice"))?.factors
    assert.deepEqual(factors?.passkeys.map(({ id }) => id).sort(), ["p1", "p2"])
    assert.deepEqual(factors?.recoveryCodes, recoveryCodes("ST"[first]))
  })
}

function ticketOf(index: number) {
  return sampleTicket(`t${index}`)
}

async function startBy(
  store: Store,
  factors: FactorChange,
  index: number,
  options: Parameters<typeof startOptions>[0] = {},
): Promise<"started" | "refused"> {
  const session = sampleSession(`n${index}`, { amr: ["pwd", "otp"], factorAt: start })
  const started = await store.sessions.start(session, startOptions({ factors, ...options }))
  return started === null ? "refused" : "started"
}
