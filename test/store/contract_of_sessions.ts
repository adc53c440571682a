// What every engine must pass about sessions: how they start and are found.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Session } from "../../src/domain/session.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import { endingAt, fill, sampleSession, sidOf, start, startOptions } from "./sample_session.ts"
import { sampleHash, sampleUser } from "./sample_user.ts"

const alice = sampleUser("alice")
const day = 86_400
const first = sampleSession("s1")

/** Defines the tests of `startSession`. */
export function startingContract(engine: string, open: OpenStore): void {
  test(`${engine}: startSession() starts a session, whole and frozen`, async (t) => {
    const { store, reopen } = await open(t)
    await store.addUser(alice)
    const given = { ...first }
    assert.deepEqual(await store.startSession(given, startOptions()), { ended: [] })
    given.rotations = 7
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await one.findSession("s1"), first)
      assert.deepEqual(await frozenSessions(one), [first])
      assert.deepEqual(await one.listRevocations(start), { sids: [], jtis: [] })
    }
  })

  for (const [name, session, options, prepare] of refused) {
    test(`${engine}: startSession() gives null ${name}, and starts nothing`, async (t) => {
      const { store, reopen } = await open(t)
      await store.addUser(alice)
      await prepare(store)
      const before = await everything(store)
      assert.equal(await store.startSession(session, startOptions(options)), null)
      assert.deepEqual(await everything(store), before)
      assert.deepEqual(await everything(await reopen()), before)
    })
  }

  test(`${engine}: startSession() in the place of a token revokes that, unlisted`, async (t) => {
    const { store, reopen } = await open(t)
    await store.addUser(alice)
    const replaces = { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false }
    assert.deepEqual(await store.startSession(first, startOptions({ replaces })), { ended: [] })
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.isTokenRevoked("j1"), true)
      assert.deepEqual(await one.listRevocations(start), { sids: [], jtis: [] })
      assert.deepEqual(await one.findSession("s1"), first)
    }
  })

  startingAtOnceContract(engine, open)
  surplusContract(engine, open)
}

function startingAtOnceContract(engine: string, open: OpenStore): void {
  test(`${engine}: startSession() in the place of one token 1000 times at once starts one`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const replaces = { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false }
    const options = startOptions({ replaces, sessionsMax: 5000 })
    const outcomes = await Promise.all(
      thousand.map((index) => store.startSession(sampleSession(`s${index}`), options)),
    )
    const words = outcomes.map((outcome) => (outcome === null ? "refused" : "started"))
    assert.deepEqual(tally(words), { started: 1, refused: 999 })
    const winner = `s${words.indexOf("started")}`
    assert.deepEqual((await store.listSessions("alice")).map(sidOf), [winner])
  })

  test(`${engine}: startSession() of one sid 1000 times at once starts one`, async (t) => {
    const { store } = await open(t)
    await store.addUser(alice)
    const outcomes = await Promise.all(
      thousand.map((rotations) => store.startSession({ ...first, rotations }, startOptions())),
    )
    const won = outcomes.findIndex((outcome) => outcome !== null)
    assert.equal(outcomes.filter((outcome) => outcome !== null).length, 1)
    assert.deepEqual(await store.listSessions("alice"), [{ ...first, rotations: won }])
  })
}

type Refused = readonly [
  name: string,
  session: Session,
  options: Parameters<typeof startOptions>[0],
  prepare: (store: Store) => unknown,
]

const refused: readonly Refused[] = [
  ["for a name without a user", sampleSession("s1", { username: "bob" }), {}, () => {}],
  [
    "for a user who is disabled",
    first,
    {},
    (store) => store.resetUser("alice", { disabled: true }, { ending: endingAt() }),
  ],
  ["for a user who was deleted", first, {}, (store) => store.deleteUser("alice", endingAt())],
  ["for another hash", first, { ifPasswordHash: sampleHash("B") }, () => {}],
  [
    "for a hash that was the user's",
    first,
    {},
    (store) => store.changeUser("alice", { passwordHash: sampleHash("B") }),
  ],
  ["when there is one of the sid", { ...first, rotations: 3 }, {}, (store) => fill(store, [first])],
  [
    "when there is one of the sid of another user",
    first,
    {},
    (store) => fill(store, [sampleSession("s1", { username: "bob" })]),
  ],
  [
    "in the place of a token that is revoked",
    first,
    { replaces: { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false } },
    (store) => store.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: true }),
  ],
  [
    "in the place of a token from before the user's were refused",
    first,
    { replaces: { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false } },
    (store) => store.changeUser("alice", { tokensNotBefore: start + 1 }),
  ],
]

function surplusContract(engine: string, open: OpenStore): void {
  test(`${engine}: startSession() ends expired sessions first, then those that started first`, async (t) => {
    const { store, reopen } = await open(t)
    const oldest = sampleSession("oldest", { startedAt: start - 100, lastUsedAt: start })
    const older = sampleSession("older", { startedAt: start - 50 })
    const expired = sampleSession("expired", { startedAt: start - 10, idleExpiresAt: start })
    const ahead = sampleSession("ahead", { startedAt: start + 3 * day })
    await fill(store, [oldest, expired, older, ahead])
    const ending = { ending: endingAt(start) }
    const rounds = [
      ["n1", 5, []],
      ["n2", 5, [expired]],
      ["n3", 4, [ahead, oldest]],
      ["n4", 4, [older]],
      ["n5", 1, ["n1", "n2", "n3", "n4"].map((sid) => sampleSession(sid))],
    ] as const
    for (const [sid, sessionsMax, ended] of rounds) {
      const options = startOptions({ ...ending, sessionsMax })
      assert.deepEqual(await store.startSession(sampleSession(sid), options), { ended }, sid)
    }
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual((await one.listSessions("alice")).map(sidOf), ["n5"])
      const { sids } = await one.listRevocations(start)
      assert.deepEqual([...sids].sort(), [
        "ahead",
        "expired",
        "n1",
        "n2",
        "n3",
        "n4",
        "older",
        "oldest",
      ])
    }
  })

  test(`${engine}: startSession() 1000 times at once leaves the last 50`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [sampleSession("other", { username: "bob" })])
    await store.addUser(alice)
    const sessions = thousand.map((index) => sampleSession(`s${index}`))
    const outcomes = await Promise.all(
      sessions.map((session) => store.startSession(session, startOptions())),
    )
    const ended = outcomes.flatMap((outcome) => outcome?.ended ?? assert.fail("it was refused"))
    assert.deepEqual(ended, sessions.slice(0, 950), "each once, in their order")
    for await (const one of thenReopened({ store, reopen })) {
      const left = (await one.listSessions("alice")).map(sidOf)
      assert.deepEqual(new Set(left), new Set(sessions.slice(950).map(sidOf)))
      assert.deepEqual((await one.listSessions("bob")).map(sidOf), ["other"])
    }
  })
}

/** Defines the tests of `findSession` and `listSessions`. */
export function listingContract(engine: string, open: OpenStore): void {
  test(`${engine}: findSession() gives the session of exactly the sid, expired or not`, async (t) => {
    const { store } = await open(t)
    const expired = sampleSession("S1", { startedAt: start - 30 * day })
    await fill(store, [first, expired])
    assert.deepEqual(await store.findSession("s1"), first)
    assert.deepEqual(await store.findSession("S1"), expired)
    for (const other of ["", "s", "s1 ", "s11", "__proto__", "constructor"]) {
      assert.equal(await store.findSession(other), null, other)
    }
  })

  test(`${engine}: listSessions() gives a user's own, the last used first`, async (t) => {
    const { store, reopen } = await open(t)
    const sessions = [
      sampleSession("third", { startedAt: start - 9, lastUsedAt: start + 1 }),
      sampleSession("first", { startedAt: start - 99, lastUsedAt: start + 3 }),
      sampleSession("expired", { startedAt: start - 30 * day }),
      sampleSession("second", { startedAt: start - 8, lastUsedAt: start + 1 }),
    ]
    await fill(store, [...sessions, sampleSession("other", { username: "bob" })])
    for await (const one of thenReopened({ store, reopen })) {
      const list = await one.listSessions("alice")
      assert.deepEqual(list.map(sidOf), ["first", "second", "third", "expired"])
      ;(list as Session[]).length = 0
      assert.equal((await one.listSessions("alice")).length, 4)
      assert.deepEqual((await one.listSessions("bob")).map(sidOf), ["other"])
      assert.deepEqual(await one.listSessions("Alice"), [])
    }
  })
}

async function frozenSessions(store: Store): Promise<readonly Session[]> {
  const list = await store.listSessions("alice")
  for (const session of list) assert.ok(Object.isFrozen(session))
  return list
}

async function everything(store: Store): Promise<unknown> {
  const users = await store.listUsers()
  const lists = await Promise.all(["alice", "bob"].map((name) => store.listSessions(name)))
  const revoked = await Promise.all(["j1", "j2"].map((jti) => store.isTokenRevoked(jti)))
  return { users, lists, revoked, revocations: await store.listRevocations(start) }
}
