// What every engine must pass about a session that takes the place of another one.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Session } from "../../src/domain/session.ts"
import type { StartOptions, Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { sampleFactors, useOfStep } from "./sample_factors.ts"
import {
  accessTtlSeconds,
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

const alice = sampleUser("alice", { factors: sampleFactors() })
const old = sampleSession("s1")
const successor = sampleSession("s2", { amr: ["pwd", "otp"], factorAt: start })
const predecessor = old.sid
const factors = useOfStep(1001)
const replaces = { jti: "j1", issuedAt: start, expiresAt: start + 60, isListed: false }

/** Defines the tests. */
export function predecessorsContract(engine: string, open: OpenStore): void {
  const opened: OpenStore = async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    await fill(store, [old, sampleSession("b1", { username: "bob" })])
    return { store, reopen }
  }
  succeedingContract(engine, opened)
  refusedContract(engine, opened)
  atOnceContract(engine, opened)
}

function succeedingContract(engine: string, opened: OpenStore): void {
  test(`${engine}: sessions.start() in the place of a session ends that in the same step`, async (t) => {
    const { store, reopen } = await opened(t)
    const options = startOptions({ predecessor, factors, replaces })
    const started = await store.sessions.start(successor, options)
    assert.deepEqual(started?.ended, [old])
    assert.equal(started?.user.factors?.totp?.lastStep, 1001)
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.sessions.list("alice"), [successor])
      assert.deepEqual(await one.users.find("alice"), started?.user)
      assert.deepEqual(await listRevocations(one, start), { sids: [predecessor], jtis: [] })
      assert.deepEqual(await listRevocations(one, start + accessTtlSeconds), { sids: [], jtis: [] })
      assert.equal(await one.sessions.isTokenRevoked("j1"), true)
      assert.deepEqual(await rotate(one, predecessor, presented(0)), { outcome: "gone" })
    }
  })

  test(`${engine}: sessions.start() in the place of a session needs no change of factors`, async (t) => {
    const { store } = await opened(t)
    const started = await store.sessions.start(successor, startOptions({ predecessor }))
    assert.deepEqual(started, { user: alice, ended: [old] })
  })

  test(`${engine}: sessions.start() in the place of a session ends no other one`, async (t) => {
    const { store } = await opened(t)
    const others = ["o1", "o2", "o3"].map((sid) => sampleSession(sid, { startedAt: start - 9 }))
    await fill(store, others)
    // Below what is there: settings have changed since.
    const options = startOptions({ predecessor, factors, sessionsMax: 2 })
    const started = await store.sessions.start(successor, options)
    assert.deepEqual(started?.ended, [old])
    const left = (await store.sessions.list("alice")).map(sidOf).sort()
    assert.deepEqual(left, ["o1", "o2", "o3", "s2"])
  })
}

function refusedContract(engine: string, opened: OpenStore): void {
  for (const [name, session, options, prepare] of refused) {
    test(`${engine}: sessions.start() in the place of a session gives null ${name}`, async (t) => {
      const { store, reopen } = await opened(t)
      await prepare(store)
      const before = await everything(store)
      const changed = startOptions({ predecessor, factors, replaces, ...options })
      assert.equal(await store.sessions.start(session, changed), null)
      for await (const one of thenReopened({ store, reopen })) {
        assert.deepEqual(await everything(one), before)
      }
    })
  }
}

function atOnceContract(engine: string, opened: OpenStore): void {
  test(`${engine}: sessions.start() in the place of one session 1000 times at once starts one`, async (t) => {
    const { store } = await opened(t)
    const outcomes = await Promise.all(
      thousand.map((index) =>
        store.sessions.start(sampleSession(`n${index}`), startOptions({ predecessor })),
      ),
    )
    const words = outcomes.map((outcome) => (outcome === null ? "refused" : "started"))
    assert.deepEqual(tally(words), { started: 1, refused: 999 })
    const left = (await store.sessions.list("alice")).map(sidOf)
    assert.deepEqual(left, [`n${words.indexOf("started")}`])
  })

  test(`${engine}: sessions.start() in the place of a session that is ended at once is one of both`, async (t) => {
    const { store } = await opened(t)
    const [started, ended] = await Promise.all([
      store.sessions.start(successor, startOptions({ predecessor })),
      store.sessions.end(predecessor, { window: windowAt() }),
    ])
    assert.equal(started === null, ended !== null)
    const left = (await store.sessions.list("alice")).map(sidOf)
    assert.deepEqual(left, started === null ? [] : ["s2"])
  })
}

type Refused = readonly [
  name: string,
  session: Session,
  options: Partial<StartOptions>,
  prepare: (store: Store) => unknown,
]

const refused: readonly Refused[] = [
  ["when there is no such session", successor, { predecessor: "s9" }, () => {}],
  ["when the session is another user's", successor, { predecessor: "b1" }, () => {}],
  [
    "when the session has ended",
    successor,
    {},
    (store) => store.sessions.end(predecessor, { window: windowAt() }),
  ],
  [
    "when the session has expired",
    successor,
    { window: windowAt(start + life.idleSeconds) },
    () => {},
  ],
  ["when the session starts later", successor, { window: windowAt(start - 3 * 86_400) }, () => {}],
  ["for another hash", successor, { ifPasswordHash: sampleHash("B") }, () => {}],
  ["when the factors do not apply", successor, { factors: useOfStep(1000) }, () => {}],
  ["when there is one of the sid", sampleSession("b1"), {}, () => {}],
  [
    "in the place of a token that is revoked",
    successor,
    {},
    (store) => store.sessions.revokeToken(replaces),
  ],
  [
    "for a user who is disabled",
    successor,
    {},
    (store) => store.users.reset("alice", { disabled: true }, { window: windowAt() }),
  ],
  ["for a user who was deleted", successor, {}, (store) => store.users.delete("alice", windowAt())],
]

async function everything(store: Store) {
  return {
    users: await store.users.list(),
    alices: await store.sessions.list("alice"),
    bobs: await store.sessions.list("bob"),
    old: await findSession(store, predecessor),
    revoked: await store.sessions.isTokenRevoked("j1"),
    revocations: await listRevocations(store, start),
  }
}
