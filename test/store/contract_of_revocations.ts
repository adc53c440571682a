// What every engine must pass about what has ended: how long it is remembered and listed, and that
// nothing is kept for longer.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Session } from "../../src/domain/session.ts"
import type { Store } from "../../src/store/store.ts"
import { type OpenStore, tally, thenReopened, thousand } from "./json/opened_store.ts"
import {
  accessTtlSeconds,
  fill,
  graceSeconds,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
  windowAt,
} from "./sample_session.ts"
import { sampleUser } from "./sample_user.ts"
import { findSession, listRevocations, rotate } from "./session_calls.ts"

const day = 86_400
const nothing = { sids: [], jtis: [] }

/** Defines the tests of `revokeToken`, `isTokenRevoked` and `listRevocations`. */
export function revokingContract(engine: string, open: OpenStore): void {
  test(`${engine}: sessions.revokeToken() revokes once, and lists what is to be listed`, async (t) => {
    const { store, reopen } = await open(t)
    const access = { jti: "a.1~-_", expiresAt: start + 60, isListed: true }
    const refresh = { jti: "r1", expiresAt: start + 30 * day, isListed: false }
    for (const token of [access, refresh]) {
      assert.equal(await store.sessions.isTokenRevoked(token.jti), false)
      assert.equal(await store.sessions.revokeToken(token), true)
      assert.equal(await store.sessions.revokeToken({ ...token, expiresAt: start + 1 }), false)
    }
    for await (const one of thenReopened({ store, reopen })) {
      for (const { jti } of [access, refresh])
        assert.equal(await one.sessions.isTokenRevoked(jti), true)
      for (const jti of ["A.1~-_", "", "__proto__"]) {
        assert.equal(await one.sessions.isTokenRevoked(jti), false, jti)
      }
      const expected = { sids: [], jtis: [access.jti] }
      assert.deepEqual(await listRevocations(one, start + 59), expected, "as the first one said")
      assert.deepEqual(await listRevocations(one, start + 60), nothing)
    }
  })

  test(`${engine}: sessions.revokeToken() 1000 times at once revokes once`, async (t) => {
    const { store } = await open(t)
    const token = { jti: "j1", expiresAt: start + 60, isListed: true }
    const outcomes = await Promise.all(thousand.map(() => store.sessions.revokeToken(token)))
    assert.deepEqual(tally(outcomes.map(String)), { true: 1, false: 999 })
    assert.deepEqual(await listRevocations(store, start), { sids: [], jtis: ["j1"] })
  })

  lifeContract(engine, open)

  test(`${engine}: sessions.revocations() has one version until something changes`, async (t) => {
    const { store } = await open(t)
    await fill(
      store,
      ["s1", "s2", "s3"].map((sid) => sampleSession(sid)),
    )
    await store.sessions.end("s1", { window: windowAt() })
    await store.sessions.revokeToken({ jti: "j1", expiresAt: start + 60, isListed: true })
    const list = await store.sessions.revocations(start)
    const { version } = list
    assert.deepEqual(list, { sids: ["s1"], jtis: ["j1"], version })
    assert.ok([list, list.sids, list.jtis].every(Object.isFrozen))
    await rotate(store, "s2", presented(0))
    await store.users.create(sampleUser("carol"))
    for (const at of [start, start + 59]) {
      assert.deepEqual(await store.sessions.revocations(at), list)
    }
    const later = await store.sessions.revocations(start + 60)
    assert.deepEqual([later.sids, later.jtis], [["s1"], []])
    assert.notEqual(later.version, version)
    const { sids, jtis } = await store.sessions.revocations(start)
    assert.deepEqual([sids, jtis], [["s1"], ["j1"]], "the clock was set back")
    await store.sessions.end("s3", { window: windowAt() })
    assert.deepEqual([...(await listRevocations(store, start)).sids].sort(), ["s1", "s3"])
    assert.deepEqual(list, { sids: ["s1"], jtis: ["j1"], version }, "records never change")
  })
}

// Access tokens were given when the session was last used, and to replays for the grace after that.
const lives: readonly (readonly [name: string, sinceUse: number, listedFor: number])[] = [
  ["at once", 0, accessTtlSeconds],
  ["within the grace", graceSeconds - 1, accessTtlSeconds],
  ["at the end of the grace", graceSeconds, accessTtlSeconds],
  ["later", graceSeconds + 100, accessTtlSeconds - 100],
  ["a second before its tokens have expired", graceSeconds + accessTtlSeconds - 1, 1],
  // Should that clock be wrong, and be set back.
  ["when its tokens seem to have expired", graceSeconds + accessTtlSeconds, 0],
  ["long after", 3600, graceSeconds + accessTtlSeconds - 3600],
  ["by a clock that was set back", -60, accessTtlSeconds + 60],
]

function lifeContract(engine: string, open: OpenStore): void {
  for (const [name, sinceUse, listedFor] of lives) {
    test(`${engine}: a session that ends ${name} is listed while its tokens live`, async (t) => {
      const { store, reopen } = await open(t)
      await fill(store, [sampleSession("s1"), sampleSession("s2")])
      await rotate(store, "s1", presented(0, start + 600))
      const at = start + 600 + sinceUse
      await store.sessions.end("s1", { window: windowAt(at) })
      for await (const one of thenReopened({ store, reopen })) {
        const last = at + listedFor
        assert.deepEqual((await listRevocations(one, last)).sids, [])
        assert.deepEqual((await listRevocations(one, last - 1)).sids, ["s1"])
        assert.deepEqual((await listRevocations(one, at)).sids, listedFor > 0 ? ["s1"] : [])
      }
    })
  }

  test(`${engine}: each way in which sessions end has them listed`, async (t) => {
    const { store } = await open(t)
    const window = windowAt()
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      ended: () => store.sessions.end("ended", { window }),
      left: () => store.sessions.endAll("left", { window }),
      reused: () => rotate(store, "reused", presented(-2)),
      reset: () => store.users.reset("reset", {}, { window }),
      deleted: () => store.users.delete("deleted", window),
    }
    const names = Object.keys(ways)
    await fill(
      store,
      names.map((name) => sampleSession(name, { username: name })),
    )
    for (const [name, end] of Object.entries(ways)) {
      const before = (await listRevocations(store, start)).sids
      await end()
      const after = (await listRevocations(store, start)).sids
      assert.deepEqual([...after].sort(), [...before, name].sort())
      assert.equal(await findSession(store, name), null)
    }
  })
}

/** Defines the tests of `purge`. */
export function purgingContract(engine: string, open: OpenStore): void {
  test(`${engine}: purge() forgets what has expired at that moment, and nothing else`, async (t) => {
    const { store, reopen } = await open(t)
    const now = start + 40 * day
    const used = now - day
    await fill(store, [
      sampleSession("old", { startedAt: used }),
      sampleSession("just", { startedAt: used + 1 }),
      sampleSession("ahead", { startedAt: now + 3 * day }),
      sampleSession("bobs", { startedAt: start, username: "bob" }),
      ...["e1", "e2"].map((sid) => sampleSession(sid, { startedAt: now })),
    ])
    const ttl = accessTtlSeconds
    await store.sessions.end("e1", { window: { ...windowAt(now), accessTtlSeconds: ttl - 1 } })
    await store.sessions.end("e2", { window: windowAt(now) })
    await store.sessions.revokeToken({ jti: "j1", expiresAt: now + ttl - 1, isListed: true })
    await store.sessions.revokeToken({ jti: "j2", expiresAt: now + ttl, isListed: true })
    assert.equal(await store.sessions.purge(now), 2)
    assert.deepEqual(await leftOf(store), ["ahead", "just"])
    assert.deepEqual(await store.sessions.list("bob"), [])
    assert.equal(await store.sessions.purge(now), 0)
    const before = now + ttl - 2
    const all = { sids: ["e1", "e2"], jtis: ["j1", "j2"] }
    assert.deepEqual(await listRevocations(store, before), all)
    assert.equal(await store.sessions.purge(now + ttl - 1), 1, "the one that was just alive")
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await leftOf(one), ["ahead"])
      assert.deepEqual(await listRevocations(one, before), { sids: ["e2"], jtis: ["j2"] })
      assert.deepEqual(
        [await one.sessions.isTokenRevoked("j1"), await one.sessions.isTokenRevoked("j2")],
        [false, true],
      )
      assert.equal(await findSession(one, "old"), null)
      assert.equal(await one.users.count(), 2)
    }
  })

  purgingAtOnceContract(engine, open)

  test(`${engine}: purge() leaves a session dated ahead, which ends when its time comes`, async (t) => {
    const { store } = await open(t)
    const ahead = sampleSession("ahead", { startedAt: start + 365 * day })
    await fill(store, [ahead])
    assert.equal(await store.sessions.purge(start), 0)
    assert.equal(await store.sessions.purge(ahead.idleExpiresAt - 1), 0)
    assert.deepEqual(await leftOf(store), ["ahead"])
    assert.equal(await store.sessions.purge(ahead.idleExpiresAt), 1)
    assert.deepEqual(await leftOf(store), [])
  })
}

function purgingAtOnceContract(engine: string, open: OpenStore): void {
  test(`${engine}: purge() of 1700 sessions while others are rotated drops those alone`, async (t) => {
    const { store, reopen } = await open(t)
    const now = start + day
    const expired = Array.from({ length: 1700 }, (_, index) =>
      sampleSession(`old${index}`, { username: `user${index % 40}` }),
    )
    const alive = thousand.slice(0, 50).map((index) => sampleSession(`live${index}`))
    await fillAtOnce(store, [...expired, ...alive])
    const rotateAll = (number: number) =>
      Promise.all(alive.map(({ sid }) => rotate(store, sid, presented(number, now - 1))))
    await rotateAll(0)
    const purged = store.sessions.purge(now)
    const rotated = await rotateAll(1)
    assert.equal(await purged, 1700)
    assert.deepEqual(tally(rotated.map(({ outcome }) => outcome)), { rotated: 50 })
    for await (const one of thenReopened({ store, reopen })) {
      assert.deepEqual(await leftOf(one), alive.map(sidOf).sort())
      const list = await one.sessions.list("alice")
      assert.ok(list.every(({ rotations }) => rotations === 2))
      for (const { sid } of expired) assert.equal(await findSession(one, sid), null, sid)
    }
  })

  test(`${engine}: purge() leaves what is used at the same moment`, async (t) => {
    const { store } = await open(t)
    await fill(
      store,
      ["s1", "s2"].map((sid) => sampleSession(sid)),
    )
    const { idleExpiresAt: now } = sampleSession("s1")
    const [rotated, purged, gone] = await Promise.all([
      rotate(store, "s1", presented(0, now - 1)),
      store.sessions.purge(now),
      rotate(store, "s2", presented(0, now - 1)),
    ])
    assert.deepEqual([rotated.outcome, purged, gone.outcome], ["rotated", 1, "gone"])
    assert.deepEqual(await leftOf(store), ["s1"])
  })
}

/** Adds users and starts sessions of them, all at once. */
async function fillAtOnce(store: Store, sessions: readonly Session[]): Promise<void> {
  const names = new Set(sessions.map(({ username }) => username))
  const adds = [...names].map((name) => store.users.create(sampleUser(name)))
  const starts = sessions.map((session) => store.sessions.start(session, startOptions()))
  await Promise.all([...adds, ...starts])
}

async function leftOf(store: Store): Promise<readonly string[]> {
  return (await store.sessions.list("alice")).map(sidOf).sort()
}
