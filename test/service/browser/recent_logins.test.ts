// The collector of recent logins: what it notes, when it writes, and what it forgets.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  emptyHistory,
  joinHistories,
  type LoginHistory,
} from "../../../src/domain/login_history.ts"
import { Unavailable } from "../../../src/errors.ts"
import { createRecentLogins } from "../../../src/service/browser/recent_logins.ts"
import { startOfTests as at, createFakeClock } from "../../support/fake_clock.ts"

function prepare() {
  const kept = new Map<string, LoginHistory>()
  const writes: LoginHistory[] = []
  const disk = { isFull: false, users: Number.POSITIVE_INFINITY }
  const histories = {
    find: async (username: string) => kept.get(username) ?? null,
    async add(added: LoginHistory) {
      if (disk.isFull || disk.users === 0) throw new Unavailable("The disk is full")
      disk.users -= 1
      writes.push(added)
      const before = kept.get(added.username) ?? emptyHistory(added.username)
      kept.set(added.username, joinHistories(before, added))
    },
  }
  const clock = createFakeClock()
  return { recent: createRecentLogins({ store: { histories }, clock }), writes, disk, clock }
}

const alice = { user: "alice", client: "192.0.2.7" }
const failed = { user: "alice", client: "203.0.113.9" }

test("note() takes logins and failures of known users, and find() shows them at once", async () => {
  const { recent, writes, clock } = prepare()
  recent.note("login.succeeded", alice)
  clock.advance(5)
  recent.note("link.used", alice)
  for (const event of ["login.failed", "login.failed", "password.refused"] as const) {
    recent.note(event, failed)
  }
  for (const reason of ["otp", "recovery"]) recent.note("mfa.failed", { ...failed, reason })
  // Who has a wrong passkey need not have the password.
  for (const reason of ["passkey", "counter", "used"]) {
    recent.note("mfa.failed", { ...failed, reason })
  }
  recent.note("login.failed", { client: "203.0.113.9" })
  recent.note("session.ended", alice)
  recent.note("user.changed", { user: "alice" })
  assert.deepEqual(await recent.find("alice"), {
    username: "alice",
    logins: [
      { at: at + 5, address: "192.0.2.7" },
      { at, address: "192.0.2.7" },
    ],
    failures: [
      { at: at + 5, address: "203.0.113.9", count: 3 },
      { at: at + 5, address: "203.0.113.9", count: 2, isCode: true },
    ],
  })
  assert.deepEqual(await recent.find("bob"), emptyHistory("bob"))
  assert.deepEqual(writes, [])
})

test("flush() writes a user once, however many failures there were, and nothing twice", async () => {
  const { recent, writes } = prepare()
  await recent.flush()
  assert.deepEqual(writes, [])
  for (let times = 0; times < 500; times += 1) recent.note("login.failed", failed)
  await recent.flush()
  await recent.flush()
  const failures = [{ at, address: "203.0.113.9", count: 500 }]
  assert.deepEqual(writes, [{ ...emptyHistory("alice"), failures }])
  recent.note("login.failed", failed)
  assert.deepEqual((await recent.find("alice")).failures[0]?.count, 501)
})

test("flush() after a failure writes no user twice", async () => {
  const { recent, writes, disk } = prepare()
  const names = Array.from({ length: 30 }, (_, number) => `user${number}`)
  for (const user of names) recent.note("login.failed", { user, client: "203.0.113.9" })
  disk.users = 11
  await assert.rejects(recent.flush(), Unavailable)
  assert.equal(writes.length, 11)
  disk.users = Number.POSITIVE_INFINITY
  await recent.flush()
  assert.deepEqual(
    writes
      .flat()
      .map(({ username }) => username)
      .sort(),
    [...names].sort(),
  )
  for (const name of names) assert.equal((await recent.find(name)).failures[0]?.count, 1, name)
})

test("flush() keeps what it could not write for the next time", async () => {
  const { recent, writes, disk } = prepare()
  recent.note("login.succeeded", alice)
  disk.isFull = true
  await assert.rejects(recent.flush(), Unavailable)
  recent.note("login.failed", failed)
  disk.isFull = false
  await recent.flush()
  const [written] = writes
  assert.deepEqual([written?.logins.length, written?.failures.length], [1, 1])
})

test("note() keeps at most a thousand users in memory", async () => {
  const { recent, writes } = prepare()
  for (let number = 0; number < 1500; number += 1) {
    recent.note("login.failed", { user: `user-${number}`, client: "203.0.113.9" })
  }
  recent.note("login.failed", { user: "user-1", client: "203.0.113.9" })
  await recent.flush()
  assert.equal(writes.length, 1000)
  assert.equal(writes[1]?.failures[0]?.count, 2)
})
