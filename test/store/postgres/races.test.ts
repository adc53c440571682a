// Changes of one user on two replicas at once, on several connections each: every pair has one
// order, and what the first one has ended the second one does not bring back.

import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { judge, markShared, moveOn, type Session } from "../../../src/domain/session.ts"
import type { Store } from "../../../src/store/store.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import {
  fill,
  life,
  presented,
  sampleSession,
  start,
  startOptions,
  windowAt,
} from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { openTwo } from "./postgres_engine.ts"

const { skip, server } = await postgresForTests()
const alice = sampleUser("alice")
const window = windowAt()
/** Sample sessions are alive, whenever the tests run. */
const options = { clock: { now: () => start } }
const rounds = Array.from({ length: 20 }, (_, index) => index)
const starts = [0, 1, 2, 3]

test("no session of the old password survives a reset", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, options)
  for (const round of rounds) {
    const name = `user${round}`
    await one.users.create(sampleUser(name))
    const startOn = (store: Store, sid: string) =>
      store.sessions.start(sampleSession(sid, { username: name }), startOptions())
    const passwordHash = sampleHash("B")
    const [reset, ...started] = await Promise.all([
      one.users.reset(name, { passwordHash }, { window }),
      ...starts.map((index) => startOn(index % 2 === 0 ? one : other, `${name}.${index}`)),
    ])
    assert.ok(typeof reset === "object")
    assert.deepEqual(await other.sessions.list(name), [], `round ${round}`)
    const accepted = starts.filter((index) => started[index] !== null)
    const sids = accepted.map((index) => `${name}.${index}`)
    assert.deepEqual(reset.ended.map(({ sid }) => sid).sort(), sids)
    for (const sid of sids) assert.equal(await other.sessions.find(sid), null)
  }
})

test("a user who is deleted leaves nothing behind", { skip }, async (t) => {
  const [one, other] = await openTwo(t, server, options)
  for (const round of rounds) {
    const name = `user${round}`
    const session = sampleSession(name, { username: name })
    await fill(one, [session])
    const [deleted] = await Promise.all([
      one.users.delete(name, window),
      other.sessions.start(sampleSession(`${name}.new`, { username: name }), startOptions()),
      other.sessions.rotate(name, presented(0)),
      other.failures.count(name, "stranger"),
      other.users.change(name, { addRole: "admin" }),
      one.sessions.endAll(name, { window }),
      other.users.create(sampleUser(name)),
    ])
    assert.notEqual(deleted, null)
    assert.deepEqual(await other.sessions.list(name), [])
    assert.equal(await other.users.find(name), null)
    assert.equal(await other.failures.find(name), null)
    assert.equal(await other.users.findName(name), "reserved")
  }
})

test("logins of two replicas at once keep the most sessions of a user", { skip }, async (t) => {
  const both = await openTwo(t, server, options)
  await both[0].users.create(alice)
  const sids = Array.from({ length: 100 }, (_, index) => `s${index}`)
  const started = await Promise.all(
    sids.map((sid, index) =>
      (both[index % 2] as Store).sessions.start(
        sampleSession(sid),
        startOptions({ sessionsMax: 7 }),
      ),
    ),
  )
  const ended = started.flatMap((one) => one?.ended ?? assert.fail()).map(({ sid }) => sid)
  const left = (await both[1].sessions.list("alice")).map(({ sid }) => sid)
  assert.equal(left.length, 7)
  assert.deepEqual([...ended, ...left].sort(), [...sids].sort(), "each ended once, or is left")
})

test("only one of two replicas seeds, and not beside a creation", { skip }, async (t) => {
  for (const _ of rounds.slice(0, 5)) {
    const [one, other] = await openTwo(t, server, options)
    const outcomes = await Promise.all([
      one.users.seed([alice]),
      other.users.seed([sampleUser("bob")]),
      other.users.create(sampleUser("carol")),
    ])
    const names = (await one.users.list()).map(({ username }) => username)
    const seeded = [...(outcomes[0] === "seeded" ? ["alice"] : [])]
    if (outcomes[1] === "seeded") seeded.push("bob")
    assert.ok(seeded.length <= 1)
    assert.deepEqual(names, [...seeded, "carol"])
  }
})

test("the database judges refresh tokens as the domain does", { skip }, async (t) => {
  const [store] = await openTwo(t, server, options)
  await store.users.create(alice)
  const seen = new Set<string>()
  const compare = async (round: number) => {
    const session = sessionOfCase(round, `s${round}`)
    await store.sessions.start(session, startOptions({ sessionsMax: 1000 }))
    const use = useOfCase(round, session)
    const judged = judge(session, use, use.window)
    const rotated = await store.sessions.rotate(session.sid, use)
    seen.add(judged)
    const moves = judged === "current" || judged === "newer"
    const expected = moves ? moveOn(session, use, { ...use.window, life }) : session
    const after = judged === "shared" ? markShared(session) : expected
    const { user: _, ...found } = rotated as typeof rotated & { readonly user: unknown }
    const outcome = outcomeOf[judged]
    assert.deepEqual(found, { outcome, session: after }, JSON.stringify({ use, session }))
    assert.equal((await store.sessions.find(session.sid)) === null, judged === "reused")
  }
  await Promise.all(Array.from({ length: 400 }, (_, round) => compare(round)))
  assert.deepEqual([...seen].sort(), Object.keys(outcomeOf).sort(), "each happened")
})

const outcomeOf = {
  ...{ current: "rotated", parent: "replayed", shared: "replayed", newer: "set_back" },
  ...{ reused: "reused", expired: "expired", ahead: "ahead" },
} as const

const addresses = ["192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8::2", "2001:db8:1::1", ""]

/** A number below `most` that differs from case to case. */
function pick(round: number, salt: number, most: number): number {
  return createHash("sha256").update(`${round}/${salt}`).digest().readUInt32BE() % most
}

function sessionOfCase(round: number, sid: string): Session {
  const of = (salt: number, most: number) => pick(round, salt, most)
  const rotations = of(1, 4)
  const usedBefore = { at: start - 50, address: "192.0.2.1", userAgent: "Before/1.0" }
  return sampleSession(sid, {
    startedAt: start - of(2, 2000),
    lastUsedAt: start - of(3, 1500),
    rotatedAt: start - of(4, 61),
    idleExpiresAt: start + of(5, 8) * 60,
    ...(of(6, 12) === 0 ? { startedAt: start + 172_800 + of(7, 2) } : {}),
    ...{ rotations, sharedRun: of(8, 3) },
    sharedRotation: Math.max(0, rotations - of(9, 3)),
    address: addresses[of(10, addresses.length)] ?? "",
    userAgent: `Agent/${of(11, 2)}`,
    usedBefore: of(12, 2) === 0 ? null : usedBefore,
  })
}

function useOfCase(round: number, { rotations }: Session) {
  const of = (salt: number, most: number) => pick(round, salt, most)
  const number = of(20, 20) === 0 ? 2 ** 48 - 1 - of(21, 2) : rotations + 1 - of(22, 4)
  return {
    ...presented(number),
    address: addresses[of(23, addresses.length)] ?? "",
    userAgent: `Agent/${of(24, 2)}`,
    window: { ...window, steadyAt: start + of(25, 3) - 1, graceSeconds: of(26, 4) === 0 ? 0 : 30 },
  }
}
