// Sessions of the JSON store while its disk fails or makes them wait: nothing is consumed that was
// not written, and nothing is seen or said that may yet fail.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readJournal } from "../../../src/store/json/journal_format.ts"
import { writeSnapshot } from "../../../src/store/json/snapshot.ts"
import { emptyTables } from "../../../src/store/json/tables.ts"
import type { Store } from "../../../src/store/store.ts"
import { assertUnavailable } from "../assert_unavailable.ts"
import {
  endingAt,
  fill,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
} from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { openFaulty } from "./faulty_store.ts"
import { tally, thousand } from "./opened_store.ts"

const alice = sampleUser("alice")
const first = sampleSession("s1")
const second = sampleSession("s2")
const ending = endingAt()
const replaces = { jti: "j1", issuedAt: start, expiresAt: start + 60, isListed: false }
const listed = { jti: "j2", expiresAt: start + 60, isListed: true }
const diskFull = { code: "ENOSPC", taken: 40 }

test("rotateSession() of the parent, in time, writes nothing", async (t) => {
  const { store, disk } = await openFaulty(t)
  await fill(store, [first])
  await store.rotateSession("s1", presented(0))
  const done = disk.operations.length
  const outcomes = await Promise.all(thousand.map(() => store.rotateSession("s1", presented(0))))
  assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { replayed: 1000 })
  assert.equal(disk.operations.length, done)
  disk.fail(() => diskFull)
  assert.equal((await store.rotateSession("s1", presented(0))).outcome, "replayed")
})

type Call = (store: Store) => Promise<unknown>

const changes: readonly (readonly [name: string, call: Call])[] = [
  ["startSession()", (store) => store.startSession(sampleSession("n1"), startOptions())],
  [
    "startSession() in the place of another",
    (store) => store.startSession(sampleSession("n1"), startOptions({ sessionsMax: 1, replaces })),
  ],
  ["rotateSession()", (store) => store.rotateSession("s1", presented(0))],
  ["rotateSession() of a newer token", (store) => store.rotateSession("s1", presented(5))],
  ["rotateSession() of a shared parent", (store) => store.rotateSession("s1", presented(-1))],
  ["rotateSession() of a token used before", (store) => store.rotateSession("s1", presented(-2))],
  ["endSession()", (store) => store.endSession("s1", { ending })],
  ["endSessions()", (store) => store.endSessions("alice", { ending })],
  [
    "resetUser()",
    (store) =>
      store.resetUser("alice", { disabled: true }, { ending, successor: sampleSession("n1") }),
  ],
  ["deleteUser()", (store) => store.deleteUser("alice", ending)],
  ["revokeToken()", (store) => store.revokeToken(listed)],
  ["purge()", (store) => store.purge(first.idleExpiresAt)],
]

for (const [name, call] of changes) {
  test(`${name} on a disk that fails is Unavailable, changes nothing and works afterwards`, async (t) => {
    const { store, disk, reopen } = await openFaulty(t)
    await fill(store, [first, second])
    const before = await everything(store)
    disk.fail(({ kind }) => (kind === "write" ? diskFull : null))
    for (const _ of [1, 2]) await assertUnavailable(call(store))
    assert.deepEqual(await everything(store), before)
    disk.fail()
    assert.deepEqual(await everything(await reopen()), before)
  })

  test(`${name} is seen when it is on disk and not before`, async (t) => {
    const { store, disk } = await openFaulty(t)
    await fill(store, [first, second])
    const before = await everything(store)
    const held = disk.holdWrites()
    const changing = call(store)
    await held.reached
    assert.deepEqual(await everything(store), before)
    held.letGo()
    await changing
    assert.notDeepEqual(await everything(store), before)
  })

  test(`${name} is one entry of the journal`, async (t) => {
    const { store, disk } = await openFaulty(t)
    await fill(store, [first, second])
    const lines = () => disk.files.get("journal.0.jsonl")?.toString().split("\n").length ?? 0
    const before = lines()
    await call(store)
    assert.equal(lines(), before + 1)
  })
}

const resting: readonly (readonly [name: string, change: Call, call: Call, outcome: unknown])[] = [
  [
    "a replay, on its rotation",
    (store) => store.rotateSession("s1", presented(0)),
    async (store) => (await store.rotateSession("s1", presented(0))).outcome,
    "replayed",
  ],
  [
    "a refresh token of no session, on its end",
    (store) => store.endSession("s1", { ending }),
    async (store) => (await store.rotateSession("s1", presented(0))).outcome,
    "gone",
  ],
  [
    "a session that has expired, on the rotation before",
    (store) => store.rotateSession("s1", presented(0)),
    async (store) => (await store.rotateSession("s1", presented(1, start + 90_000))).outcome,
    "expired",
  ],
  [
    "the end of none, on the end before",
    (store) => store.deleteUser("alice", ending),
    (store) => store.endSession("s1", { ending }),
    null,
  ],
  [
    "the end of another user's, on its start",
    (store) => store.startSession(sampleSession("n1"), startOptions()),
    (store) => store.endSession("n1", { ending, ifUsername: "bob" }),
    null,
  ],
  [
    "the end of all of none, on the end before",
    (store) => store.endSessions("alice", { ending }),
    (store) => store.endSessions("alice", { ending }),
    [],
  ],
  [
    "a start, on the change that refuses it",
    (store) => store.resetUser("alice", { disabled: true }, { ending }),
    (store) => store.startSession(sampleSession("n1"), startOptions()),
    null,
  ],
  [
    "a start, on the one of its sid",
    (store) => store.startSession(sampleSession("n1"), startOptions()),
    (store) => store.startSession(sampleSession("n1"), startOptions()),
    null,
  ],
  [
    "a start, on the revocation of what it replaces",
    (store) => store.revokeToken(replaces),
    (store) => store.startSession(sampleSession("n1"), startOptions({ replaces })),
    null,
  ],
  [
    "a reset that is refused, on the one before",
    (store) => store.resetUser("alice", { passwordHash: sampleHash("B") }, { ending }),
    (store) => store.resetUser("alice", {}, { ending, ifPasswordHash: sampleHash() }),
    null,
  ],
  [
    "a revocation that is known",
    (store) => store.revokeToken(listed),
    (store) => store.revokeToken(listed),
    false,
  ],
]

for (const [name, change, call, outcome] of resting) {
  test(`an outcome waits for what it rests on, and fails with it: ${name}`, async (t) => {
    const { store, disk } = await openFaulty(t)
    await fill(store, [first, second])
    for (const fault of [diskFull, undefined]) {
      const held = disk.holdWrites()
      const changing = change(store)
      await held.reached
      const called = call(store)
      const stillOpen = Symbol("still open")
      assert.equal(await Promise.race([called, nextTurn(stillOpen)]), stillOpen)
      held.letGo(fault)
      if (fault === undefined) {
        await changing
        assert.deepEqual(await called, outcome)
      } else {
        await assertUnavailable(changing)
        await assertUnavailable(called)
      }
      disk.fail()
    }
  })
}

test("starts that failed do not count, and are not ended", async (t) => {
  const { store, disk } = await openFaulty(t)
  await fill(store, [first])
  disk.fail(({ kind }) => (kind === "write" ? diskFull : null))
  const failing = thousand.map((index) =>
    store.startSession(sampleSession(`n${index}`), startOptions({ sessionsMax: 2 })),
  )
  for (const one of failing) await assertUnavailable(one)
  disk.fail()
  const options = startOptions({ sessionsMax: 2 })
  assert.deepEqual(await store.startSession(second, options), { ended: [] })
  assert.deepEqual((await store.endSessions("alice", { ending })).map(sidOf), ["s1", "s2"])
})

test("purge() writes entries of at most 500 changes", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.addUser(alice)
  const options = startOptions({ sessionsMax: 5000 })
  const sessions = thousand.map((index) => sampleSession(`n${index}`))
  await Promise.all(sessions.map((session) => store.startSession(session, options)))
  await store.startSession(first, options)
  const journal = () => readJournal(disk.files.get("journal.0.jsonl") ?? Buffer.alloc(0)).entries
  const before = journal().length
  assert.equal(await store.purge(first.idleExpiresAt), 1001)
  const sizes = journal()
    .slice(before)
    .map(({ changes: dropped }) => dropped.length)
  assert.deepEqual(sizes, [500, 500, 1])
})

test("purge() lets others have their turn while it looks, and writes nothing in vain", async (t) => {
  const { disk, reopen } = await openFaulty(t)
  const tables = emptyTables()
  tables.users.set("alice", alice)
  for (let index = 0; index < 10_001; index += 1) {
    tables.sessions.set(`n${index}`, sampleSession(`n${index}`))
  }
  await writeSnapshot("store.json", 0, tables, disk)
  const store = await reopen()
  const done = disk.operations.length
  const turns: string[] = []
  setImmediate(() => turns.push("another's"))
  assert.equal(await store.purge(start), 0)
  assert.deepEqual(turns, ["another's"])
  assert.equal(disk.operations.length, done)
})

function nextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(resolve, value))
}

async function everything(store: Store): Promise<unknown> {
  const revoked = await Promise.all(["j1", "j2"].map((jti) => store.isTokenRevoked(jti)))
  return {
    users: await store.listUsers(),
    found: await Promise.all(["s1", "s2", "n1"].map((sid) => store.findSession(sid))),
    sessions: await store.listSessions(alice.username),
    revocations: await store.listRevocations(start),
    revoked,
  }
}
