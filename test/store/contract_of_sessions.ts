// What every engine must pass about sessions: how they start and are found.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Session } from "../../src/domain/session.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
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
import { findSession, listRevocations } from "./session_calls.ts"

const alice = sampleUser("alice")
const day = 86_400
const first = sampleSession("s1")

/** Defines the tests of `startSession`. */
export function startingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.start() starts a session, whole and frozen`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    const given = { ...first }
    const started = { user: alice, ended: [] }
    assert.deepEqual(await store.sessions.start(given, startOptions()), started)
    given.rotations = 7
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await findSession(one, "s1"), first)
      assert.deepEqual(await frozenSessions(one), [first])
      assert.deepEqual(await listRevocations(one, start), { sids: [], jtis: [] })
    }
  })

  for (const [name, session, options, prepare] of refused) {
    test(`${engine}: sessions.start() gives null ${name}, and starts nothing`, async (t) => {
      const { store, reopen } = await open(t)
      await store.users.create(alice)
      await prepare(store)
      const before = await everything(store)
      assert.equal(await store.sessions.start(session, startOptions(options)), null)
      assert.deepEqual(await everything(store), before)
      assert.deepEqual(await everything(await reopen()), before)
    })
  }

  test(`${engine}: sessions.start() in the place of a token revokes that, unlisted`, async (t) => {
    const { store, reopen } = await open(t)
    await store.users.create(alice)
    const replaces = { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false }
    const started = await store.sessions.start(first, startOptions({ replaces }))
    assert.deepEqual(started?.ended, [])
    for await (const one of thenReopened({ store, reopen })) {
      assert.equal(await one.sessions.isTokenRevoked("j1"), true)
      assert.deepEqual(await listRevocations(one, start), { sids: [], jtis: [] })
      assert.deepEqual(await findSession(one, "s1"), first)
    }
  })

  startingAtOnceContract(engine, open)
  surplusContract(engine, open)
}

function startingAtOnceContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.start() in the place of one token 1000 times at once starts one`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const replaces = { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false }
    const options = startOptions({ replaces, sessionsMax: 5000 })
    const outcomes = await Promise.all(
      thousand.map((index) => store.sessions.start(sampleSession(`s${index}`), options)),
    )
    const words = outcomes.map((outcome) => (outcome === null ? "refused" : "started"))
    assert.deepEqual(tally(words), { started: 1, refused: 999 })
    const winner = `s${words.indexOf("started")}`
    assert.deepEqual((await store.sessions.list("alice")).map(sidOf), [winner])
  })

  test(`${engine}: sessions.start() of one sid 1000 times at once starts one`, async (t) => {
    const { store } = await open(t)
    await store.users.create(alice)
    const outcomes = await Promise.all(
      thousand.map((rotations) => store.sessions.start({ ...first, rotations }, startOptions())),
    )
    const won = outcomes.findIndex((outcome) => outcome !== null)
    assert.equal(outcomes.filter((outcome) => outcome !== null).length, 1)
    assert.deepEqual(await store.sessions.list("alice"), [{ ...first, rotations: won }])
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
    (store) => store.users.reset("alice", { disabled: true }, { window: windowAt() }),
  ],
  ["for a user who was deleted", first, {}, (store) => store.users.delete("alice", windowAt())],
  ["for another hash", first, { ifPasswordHash: sampleHash("B") }, () => {}],
  [
    "for a hash that was the user's",
    first,
    {},
    (store) =>
      store.users.reset("alice", { passwordHash: sampleHash("B") }, { window: windowAt() }),
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
    (store) => store.sessions.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: true }),
  ],
  [
    "in the place of a token from before the user's were refused",
    first,
    { replaces: { jti: "j1", issuedAt: start, expiresAt: start + day, isListed: false } },
    (store) => store.users.reset("alice", {}, { window: windowAt(start) }),
  ],
]

function surplusContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.start() ends expired sessions first, then those that started first`, async (t) => {
    const { store, reopen } = await open(t)
    const oldest = sampleSession("oldest", { startedAt: start - 100, lastUsedAt: start })
    const older = sampleSession("older", { startedAt: start - 50 })
    const expired = sampleSession("expired", { startedAt: start - 10, idleExpiresAt: start })
    const ahead = sampleSession("ahead", { startedAt: start + 3 * day })
    await fill(store, [oldest, expired, older, ahead])
    const window = { window: windowAt(start) }
    const rounds = [
      ["n1", 5, []],
      ["n2", 5, [expired]],
      ["n3", 4, [ahead, oldest]],
      ["n4", 4, [older]],
      ["n5", 1, ["n1", "n2", "n3", "n4"].map((sid) => sampleSession(sid))],
    ] as const
    for (const [sid, sessionsMax, ended] of rounds) {
      const options = startOptions({ ...window, sessionsMax })
      const started = await store.sessions.start(sampleSession(sid), options)
      assert.deepEqual(started?.ended, ended, sid)
    }
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual((await one.sessions.list("alice")).map(sidOf), ["n5"])
      const { sids } = await listRevocations(one, start)
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

  test(`${engine}: sessions.start() 1000 times at once leaves the last 50`, async (t) => {
    const { store, reopen } = await open(t)
    await fill(store, [sampleSession("other", { username: "bob" })])
    await store.users.create(alice)
    const sessions = thousand.map((index) => sampleSession(`s${index}`))
    const outcomes = await Promise.all(
      sessions.map((session) => store.sessions.start(session, startOptions())),
    )
    const ended = outcomes.flatMap((outcome) => outcome?.ended ?? assert.fail("it was refused"))
    assert.deepEqual(ended, sessions.slice(0, 950), "each once, in their order")
    for await (const one of thenReopened({ store, reopen })) {
      const left = (await one.sessions.list("alice")).map(sidOf)
      assert.deepEqual(new Set(left), new Set(sessions.slice(950).map(sidOf)))
      assert.deepEqual((await one.sessions.list("bob")).map(sidOf), ["other"])
    }
  })
}

/** Defines the test of `countSessions`. */
export function sessionCountContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.count() counts those that are alive at an instant`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.sessions.count(start), 0)
    const later = sampleSession("s2", { startedAt: start + 60 })
    const ahead = sampleSession("s3", { startedAt: start + 10 * day, username: "bob" })
    await fill(store, [first, later, ahead])
    for await (const one of thenReopened({ store, reopen })) {
      const { idleExpiresAt } = first
      const counts = [start, idleExpiresAt - 1, idleExpiresAt, idleExpiresAt + 60, start + 10 * day]
      const found = await Promise.all(counts.map((at) => one.sessions.count(at)))
      // What is dated long after the instant is not alive then.
      assert.deepEqual(found, [2, 2, 1, 0, 1])
    }
  })
}

/** Defines the tests of `sessions.find` and `sessions.list`. */
export function listingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.find() and rotate() give the user as the user is then`, async (t) => {
    const { store } = await open(t)
    await fill(store, [first])
    assert.deepEqual(await store.sessions.find("s1"), { session: first, user: alice })
    const [changed, rotated, deleted] = await Promise.all([
      store.users.change("alice", { addRole: "admin" }),
      store.sessions.rotate("s1", presented(0)),
      store.users.delete("alice", windowAt()),
    ])
    const user = { ...alice, roles: ["admin", "reader"] }
    assert.deepEqual(changed, user)
    assert.ok(rotated.outcome === "rotated")
    assert.deepEqual([rotated.user, deleted], [user, { user, ended: [rotated.session] }])
    assert.equal(await store.sessions.find("s1"), null)
  })

  test(`${engine}: sessions.find() gives the session of exactly the sid, expired or not`, async (t) => {
    const { store } = await open(t)
    const expired = sampleSession("S1", { startedAt: start - 30 * day })
    await fill(store, [first, expired])
    assert.deepEqual(await findSession(store, "s1"), first)
    assert.deepEqual(await findSession(store, "S1"), expired)
    for (const other of ["", "s", "s1 ", "s11", "__proto__", "constructor"]) {
      assert.equal(await findSession(store, other), null, other)
    }
  })

  test(`${engine}: sessions.lastUse() tells the latest use, or up to ten seconds before`, async (t) => {
    const { store, reopen } = await open(t)
    assert.equal(await store.sessions.lastUse(), null)
    await fill(store, [sampleSession("s1"), sampleSession("s2", { lastUsedAt: start + 5 })])
    assert.ok(await isLastUseAbout(store, start + 5))
    await store.sessions.rotate("s1", presented(0, start + 3600))
    assert.ok(await isLastUseAbout(store, start + 3600))
    await store.sessions.touch("s2", { at: start + 7200, address: "::1", userAgent: "" }, life)
    for await (const one of thenReopened({ store, reopen })) {
      assert.ok(await isLastUseAbout(one, start + 7200))
    }
  })

  test(`${engine}: sessions.list() gives a user's own, the last used first`, async (t) => {
    const { store, reopen } = await open(t)
    const sessions = [
      sampleSession("third", { startedAt: start - 9, lastUsedAt: start + 1 }),
      sampleSession("first", { startedAt: start - 99, lastUsedAt: start + 3 }),
      sampleSession("expired", { startedAt: start - 30 * day }),
      sampleSession("second", { startedAt: start - 8, lastUsedAt: start + 1 }),
    ]
    await fill(store, [...sessions, sampleSession("other", { username: "bob" })])
    for await (const one of thenReopened({ store, reopen })) {
      const list = await one.sessions.list("alice")
      assert.deepEqual(list.map(sidOf), ["first", "second", "third", "expired"])
      ;(list as Session[]).length = 0
      assert.equal((await one.sessions.list("alice")).length, 4)
      assert.deepEqual((await one.sessions.list("bob")).map(sidOf), ["other"])
      assert.deepEqual(await one.sessions.list("Alice"), [])
    }
  })
}

async function isLastUseAbout(store: Store, at: number): Promise<boolean> {
  const found = (await store.sessions.lastUse()) ?? 0
  return found <= at && found >= at - 10
}

async function frozenSessions(store: Store): Promise<readonly Session[]> {
  const list = await store.sessions.list("alice")
  for (const session of list) assert.ok(Object.isFrozen(session))
  return list
}

async function everything(store: Store): Promise<unknown> {
  const users = await store.users.list()
  const lists = await Promise.all(["alice", "bob"].map((name) => store.sessions.list(name)))
  const revoked = await Promise.all(["j1", "j2"].map((jti) => store.sessions.isTokenRevoked(jti)))
  return { users, lists, revoked, revocations: await listRevocations(store, start) }
}
