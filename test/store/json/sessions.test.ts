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
  fill,
  presented,
  sampleSession,
  sidOf,
  start,
  startOptions,
  windowAt,
} from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { findSession, listRevocations, rotate } from "../session_calls.ts"
import { openFaulty } from "./faulty_store.ts"
import { tally, thousand } from "./opened_store.ts"

const alice = sampleUser("alice")
const first = sampleSession("s1")
const second = sampleSession("s2")
const window = windowAt()
const replaces = { jti: "j1", issuedAt: start, expiresAt: start + 60, isListed: false }
const listed = { jti: "j2", expiresAt: start + 60, isListed: true }
const diskFull = { code: "ENOSPC", taken: 40 }

test("sessions.rotate() of the parent, in time, writes nothing", async (t) => {
  const { store, disk } = await openFaulty(t)
  await fill(store, [first])
  await rotate(store, "s1", presented(0))
  const done = disk.operations.length
  const outcomes = await Promise.all(thousand.map(() => rotate(store, "s1", presented(0))))
  assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { replayed: 1000 })
  assert.equal(disk.operations.length, done)
  disk.fail(() => diskFull)
  assert.equal((await rotate(store, "s1", presented(0))).outcome, "replayed")
})

type Call = (store: Store) => Promise<unknown>

const changes: readonly (readonly [name: string, call: Call])[] = [
  ["sessions.start()", (store) => store.sessions.start(sampleSession("n1"), startOptions())],
  [
    "sessions.start() in the place of another",
    (store) =>
      store.sessions.start(sampleSession("n1"), startOptions({ sessionsMax: 1, replaces })),
  ],
  ["sessions.rotate()", (store) => rotate(store, "s1", presented(0))],
  ["sessions.rotate() of a newer token", (store) => rotate(store, "s1", presented(5))],
  ["sessions.rotate() of a shared parent", (store) => rotate(store, "s1", presented(-1))],
  ["sessions.rotate() of a token used before", (store) => rotate(store, "s1", presented(-2))],
  ["sessions.end()", (store) => store.sessions.end("s1", { window })],
  ["sessions.endAll()", (store) => store.sessions.endAll("alice", { window })],
  [
    "users.reset()",
    (store) =>
      store.users.reset(
        "alice",
        { passwordHash: sampleHash("B") },
        { window, successor: sampleSession("n1") },
      ),
  ],
  ["users.delete()", (store) => store.users.delete("alice", window)],
  ["sessions.revokeToken()", (store) => store.sessions.revokeToken(listed)],
  ["purge()", (store) => store.sessions.purge(first.idleExpiresAt)],
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
    (store) => rotate(store, "s1", presented(0)),
    async (store) => (await rotate(store, "s1", presented(0))).outcome,
    "replayed",
  ],
  [
    "a refresh token of no session, on its end",
    (store) => store.sessions.end("s1", { window }),
    async (store) => (await rotate(store, "s1", presented(0))).outcome,
    "gone",
  ],
  [
    "a session that has expired, on the rotation before",
    (store) => rotate(store, "s1", presented(0)),
    async (store) => (await rotate(store, "s1", presented(1, start + 90_000))).outcome,
    "expired",
  ],
  [
    "the end of none, on the end before",
    (store) => store.users.delete("alice", window),
    (store) => store.sessions.end("s1", { window }),
    null,
  ],
  [
    "the end of another user's, on its start",
    (store) => store.sessions.start(sampleSession("n1"), startOptions()),
    (store) => store.sessions.end("n1", { window, ifUsername: "bob" }),
    null,
  ],
  [
    "the end of all of none, on the end before",
    (store) => store.sessions.endAll("alice", { window }),
    (store) => store.sessions.endAll("alice", { window }),
    [],
  ],
  [
    "a start, on the change that refuses it",
    (store) => store.users.reset("alice", { disabled: true }, { window }),
    (store) => store.sessions.start(sampleSession("n1"), startOptions()),
    null,
  ],
  [
    "a start, on the one of its sid",
    (store) => store.sessions.start(sampleSession("n1"), startOptions()),
    (store) => store.sessions.start(sampleSession("n1"), startOptions()),
    null,
  ],
  [
    "a start, on the revocation of what it replaces",
    (store) => store.sessions.revokeToken(replaces),
    (store) => store.sessions.start(sampleSession("n1"), startOptions({ replaces })),
    null,
  ],
  [
    "a reset that is refused, on the one before",
    (store) => store.users.reset("alice", { passwordHash: sampleHash("B") }, { window }),
    (store) => store.users.reset("alice", {}, { window, ifPasswordHash: sampleHash() }),
    "other_hash",
  ],
  [
    "a revocation that is known",
    (store) => store.sessions.revokeToken(listed),
    (store) => store.sessions.revokeToken(listed),
    false,
  ],
]

for (const [name, change, call, outcome] of resting) {
  test(`an outcome waits for the write that it depends on, and fails with it: ${name}`, async (t) => {
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

test("failed starts do not count as sessions, and are not ended", async (t) => {
  const { store, disk } = await openFaulty(t)
  await fill(store, [first])
  disk.fail(({ kind }) => (kind === "write" ? diskFull : null))
  const failing = thousand.map((index) =>
    store.sessions.start(sampleSession(`n${index}`), startOptions({ sessionsMax: 2 })),
  )
  for (const one of failing) await assertUnavailable(one)
  disk.fail()
  const options = startOptions({ sessionsMax: 2 })
  assert.deepEqual(await store.sessions.start(second, options), { user: alice, ended: [] })
  assert.deepEqual((await store.sessions.endAll("alice", { window })).map(sidOf), ["s1", "s2"])
})

test("purge() writes entries of at most 500 changes", async (t) => {
  const { store, disk } = await openFaulty(t)
  await store.users.create(alice)
  const options = startOptions({ sessionsMax: 5000 })
  const sessions = thousand.map((index) => sampleSession(`n${index}`))
  await Promise.all(sessions.map((session) => store.sessions.start(session, options)))
  await store.sessions.start(first, options)
  const journal = () => readJournal(disk.files.get("journal.0.jsonl") ?? Buffer.alloc(0)).entries
  const before = journal().length
  assert.equal(await store.sessions.purge(first.idleExpiresAt), 1001)
  const sizes = journal()
    .slice(before)
    .map(({ changes: dropped }) => dropped.length)
  assert.deepEqual(sizes, [500, 500, 1])
})

test("purge() yields to other work, and writes only when it removes something", async (t) => {
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
  assert.equal(await store.sessions.purge(start), 0)
  assert.deepEqual(turns, ["another's"])
  assert.equal(disk.operations.length, done)
})

function nextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(resolve, value))
}

async function everything(store: Store): Promise<unknown> {
  const revoked = await Promise.all(["j1", "j2"].map((jti) => store.sessions.isTokenRevoked(jti)))
  return {
    users: await store.users.list(),
    found: await Promise.all(["s1", "s2", "n1"].map((sid) => findSession(store, sid))),
    sessions: await store.sessions.list(alice.username),
    revocations: await listRevocations(store, start),
    revoked,
  }
}

test("sessions.count() lets other work go on among many sessions", async (t) => {
  const tables = emptyTables()
  tables.users.set("alice", alice)
  for (let index = 0; index < 25_000; index += 1) {
    tables.sessions.set(`s${index}`, sampleSession(`s${index}`))
  }
  const { disk } = await openFaulty(t)
  await writeSnapshot("store.json", 0, tables, disk)
  const { store } = await openFaulty(t, { files: disk.files })
  let turns = 0
  const timer = setInterval(() => {}, 60_000)
  const count = store.sessions.count(start)
  const other = (async () => {
    for (; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  })()
  assert.equal(await count, 25_000)
  await other
  clearInterval(timer)
  assert.equal(turns, 2)
})
