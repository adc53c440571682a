// Two replicas on one database: what one has done counts for the other from its next call on.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Store } from "../../../src/store/store.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { tally, thousand } from "../json/opened_store.ts"
import { sampleServiceToken } from "../sample_service_token.ts"
import { fill, presented, sampleSession, start, startOptions, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { openTwo } from "./postgres_engine.ts"

const { skip, server } = await postgresForTests()
const alice = sampleUser("alice")
const window = windowAt()
/** The present of the stores: sample sessions are alive, whenever the tests run. */
let now = start
const clocked = { clock: { now: () => now } }

test("a session that one replica ended is not found by the other", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  const sids = Array.from({ length: 300 }, (_, index) => `s${index}`)
  await one.users.create(alice)
  const options = startOptions({ sessionsMax: 1000 })
  await Promise.all(sids.map((sid) => one.sessions.start(sampleSession(sid), options)))
  // The other replica remembers them all.
  const found = await Promise.all(sids.map((sid) => other.sessions.find(sid)))
  assert.ok(found.every((each) => each !== null))
  const load = keepAsking(other, "s299")
  let accepted = 0
  for (const sid of sids.slice(0, 299)) {
    await one.sessions.end(sid, { window })
    if ((await other.sessions.find(sid)) !== null) accepted += 1
  }
  assert.equal(accepted, 0)
  assert.ok((await load.end()) > 0)
  assert.notEqual(await other.sessions.find("s299"), null)
})

test("each change of a user counts for the other replica's next call", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await one.users.create(alice)
  for (let round = 0; round < 50; round += 1) {
    const sid = `s${round}`
    const ifPasswordHash = (await other.users.find("alice"))?.passwordHash ?? assert.fail()
    await one.sessions.start(sampleSession(sid), startOptions({ ifPasswordHash }))
    assert.notEqual(await other.sessions.find(sid), null)
    await one.users.change("alice", { setClaim: { name: "round", value: round } })
    assert.deepEqual((await other.sessions.find(sid))?.user.claims, { round })
    const passwordHash = sampleHash(round % 2 === 0 ? "B" : "C")
    await one.users.reset("alice", { passwordHash }, { window })
    assert.equal(await other.sessions.find(sid), null)
    assert.equal((await other.users.find("alice"))?.passwordHash, passwordHash)
    const token = { jti: sid, expiresAt: start + 60, isListed: false }
    assert.equal(await other.sessions.isTokenRevoked(sid), false)
    await one.sessions.revokeToken(token)
    assert.equal(await other.sessions.isTokenRevoked(sid), true)
  }
  await one.users.delete("alice", window)
  assert.equal(await other.users.find("alice"), null)
})

test("a service token that one replica revoked is not found by the other", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await one.users.create(alice)
  for (let round = 0; round < 50; round += 1) {
    const token = sampleServiceToken("ci", { hash: `hash-${round}` })
    assert.equal(await other.serviceTokens.findByHash(token.hash), null)
    assert.equal(await one.serviceTokens.create(token), "created")
    assert.equal(await other.serviceTokens.create(token), "taken")
    assert.deepEqual(await other.serviceTokens.findByHash(token.hash), token)
    await other.serviceTokens.noteUse(token.hash, { at: start, address: "::1" })
    const [used] = await one.serviceTokens.list()
    assert.equal(used?.lastUsedAt, start)
    if (round % 10 === 9) assert.equal(await one.serviceTokens.revokeAll(), 1)
    else assert.notEqual(await one.serviceTokens.revoke("ci"), null)
    assert.equal(await other.serviceTokens.findByHash(token.hash), null)
  }
})

test("creations and revocations of one name over two replicas happen one after the other", {
  skip,
}, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  for (let round = 0; round < 20; round += 1) {
    const hashes = [`a-${round}`, `b-${round}`] as const
    const [made, revoked, madeToo] = await Promise.all([
      one.serviceTokens.create(sampleServiceToken("ci", { hash: hashes[0] })),
      other.serviceTokens.revoke("ci"),
      other.serviceTokens.create(sampleServiceToken("ci", { hash: hashes[1] })),
    ])
    const created = hashes.filter((_, at) => [made, madeToo][at] === "created")
    const left = created.filter((hash) => hash !== revoked?.hash)
    assert.ok(created.length > 0 && left.length <= 1, `round ${round}`)
    for (const { serviceTokens } of [one, other]) {
      assert.deepEqual(
        (await serviceTokens.list()).map(({ hash }) => hash),
        left,
      )
      for (const hash of hashes) {
        const found = await serviceTokens.findByHash(hash)
        assert.equal(found !== null, left.includes(hash), `${hash} in round ${round}`)
      }
    }
    await one.serviceTokens.revokeAll()
  }
})

test("a thousand unknown service tokens at once ask the database no more than a few do", {
  skip,
}, async (t) => {
  const [one] = await openTwo(t, server, clocked)
  await one.serviceTokens.create(sampleServiceToken("ci"))
  assert.notEqual(await one.serviceTokens.findByHash("hash-of-ci"), null)
  const asked = () => {
    const { counts } = one.figures().database?.view.validations ?? assert.fail()
    return counts.reduce((sum, count) => sum + count, 0)
  }
  const before = asked()
  const found = thousand.map((at) => one.serviceTokens.findByHash(`unknown-${at}`))
  assert.deepEqual(new Set(await Promise.all(found)), new Set([null]))
  assert.ok(asked() - before <= 2, `${asked() - before} deltas`)
})

test("replicas whose clocks differ measure the grace of a refresh token alike", {
  skip,
}, async (t) => {
  const [one, other] = await openTwo(t, server, { ...clocked, graceClock: "database" })
  const hour = 3600
  // By its own clock the second replica is an hour ahead, and goes on from a session of the first.
  await fill(one, [sampleSession("s1")])
  const later = (number: number) => ({
    ...presented(number),
    window: { ...window, steadyAt: start + hour },
  })
  assert.equal((await one.sessions.rotate("s1", presented(0))).outcome, "rotated")
  assert.equal((await other.sessions.rotate("s1", later(0))).outcome, "replayed")
  assert.equal((await other.sessions.rotate("s1", later(1))).outcome, "rotated")
  assert.equal((await one.sessions.rotate("s1", presented(1))).outcome, "replayed")
  const successor = sampleSession("s2", { rotatedAt: start - hour, rotations: 1 })
  await one.users.reset("alice", {}, { window, successor })
  assert.equal((await other.sessions.rotate("s2", later(0))).outcome, "replayed")
})

test("a session that was rotated by the other replica goes on", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  const ends = start + 1
  await fill(one, [sampleSession("s1", { idleExpiresAt: ends }), sampleSession("s2")])
  // Both are remembered, and the first one will seem to have expired.
  for (const sid of ["s1", "s2"]) assert.notEqual(await other.sessions.find(sid), null)
  await one.sessions.rotate("s1", presented(0))
  now = ends
  t.after(() => {
    now = start
  })
  const found = (await other.sessions.find("s1"))?.session
  assert.deepEqual([found?.rotations, found?.idleExpiresAt], [1, start + 86_400])
  // A life that was made shorter is told.
  const shorter = { ...presented(0), life: { idleSeconds: 60, maxAgeSeconds: 60 } }
  await one.sessions.rotate("s2", shorter)
  assert.equal((await other.sessions.find("s2"))?.session.idleExpiresAt, start + 60)
})

test("a view that may be stale for a while is not stale for its own changes", {
  skip,
}, async (t) => {
  const [one, other] = await openTwo(t, server, { ...clocked, stalenessSeconds: 60 })
  await fill(one, [sampleSession("s1"), sampleSession("s2")])
  for (const sid of ["s1", "s2"]) assert.notEqual(await other.sessions.find(sid), null)
  // The delta from which on the view counts as fresh.
  assert.notEqual(await other.sessions.find("s1"), null)
  await one.sessions.end("s1", { window })
  assert.notEqual(await other.sessions.find("s1"), null, "within its bound")
  await other.sessions.end("s2", { window })
  assert.equal(await other.sessions.find("s2"), null)
  assert.equal(await other.sessions.find("s1"), null, "a delta was waited for")
})

test("100 rotations at once over two replicas rotate once", { skip }, async (t) => {
  const both = await openTwo(t, server, clocked)
  for (let round = 0; round < 5; round += 1) {
    const sid = `s${round}`
    await fill(both[0], [sampleSession(sid)])
    const uses = Array.from({ length: 100 }, (_, index) =>
      (both[index % 2] as Store).sessions.rotate(sid, presented(0)),
    )
    const outcomes = (await Promise.all(uses)).map(({ outcome }) => outcome)
    assert.deepEqual(tally(outcomes), { rotated: 1, replayed: 99 })
  }
})

test("400 failures at once over two replicas count to the most", { skip }, async (t) => {
  const both = await openTwo(t, server, clocked)
  await both[0].users.create(alice)
  const counted = await Promise.all(
    Array.from({ length: 400 }, (_, index) =>
      (both[index % 2] as Store).failures.count("alice", "stranger", { most: 70 }),
    ),
  )
  const ofAlice = counted.filter(({ username }) => username === "alice")
  const numbers = ofAlice.map(({ strangers }) => strangers).sort((a, b) => a - b)
  assert.deepEqual(
    numbers,
    Array.from({ length: 70 }, (_, index) => index + 1),
  )
  assert.equal((await both[1].failures.find("alice"))?.strangers, 70)
})

test("the keys are replaced by one of two replicas", { skip }, async (t) => {
  const both = await openTwo(t, server, clocked)
  let version: number | null = null
  for (let round = 0; round < 10; round += 1) {
    const ifVersion: number | null = version
    const outcomes: readonly (number | null)[] = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (both[index % 2] as Store).keys.replace(Buffer.from(`${index}`), { ifVersion }),
      ),
    )
    const won = outcomes.findIndex((outcome) => outcome !== null)
    assert.equal(outcomes.filter((outcome) => outcome !== null).length, 1)
    for (const { keys } of both) {
      const found = await keys.read()
      assert.deepEqual([String(found?.bytes), found?.version], [`${won}`, outcomes[won]])
    }
    version = outcomes[won] ?? null
  }
})

test("every answer of users and sessions shows the version of the keys", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, clocked)
  await fill(one, [sampleSession("s1")])
  const answers: readonly (() => unknown)[] = [
    () => other.sessions.find("s1"),
    () => other.sessions.find("s1"),
    () => other.sessions.find("none"),
    () => other.users.find("alice"),
    () => other.users.find("nobody"),
    () => other.sessions.isTokenRevoked("j1"),
    () => other.sessions.isTokenRevoked("j1"),
  ]
  let version: number | null = null
  for (const answer of answers) {
    assert.equal(other.keys.knownVersion(), version)
    version = await one.keys.replace(Buffer.from("keys"), { ifVersion: version })
    await answer()
    assert.equal(other.keys.knownVersion(), version)
  }
})

/** Asks for a session without a pause, as other requests do. Gives how often it was found. */
function keepAsking(store: Store, sid: string): { readonly end: () => Promise<number> } {
  let found = 0
  let isOver = false
  const ask = async () => {
    while (!isOver) if ((await store.sessions.find(sid)) !== null) found += 1
  }
  const asked = Promise.all([ask(), ask(), ask(), ask()])
  return {
    end: async () => {
      isOver = true
      await asked
      return found
    },
  }
}
