// F-01, F-03 and F-04: whether a name exists, or its user may log in, shows neither in the reply
// nor in the work.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createApp } from "../../src/app.ts"
import type { Reply } from "../../src/http/message.ts"
import { createPasswordHasher, type PasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { Accounts } from "../../src/service/accounts.ts"
import { LoginGuard } from "../../src/service/login_guard.ts"
import { SessionStart } from "../../src/service/session_start.ts"
import { Sessions } from "../../src/service/sessions.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { makeRequest } from "../support/http_request.ts"
import { cheapHashes, createTestService, sessionSettings } from "../support/test_service.ts"

/** What a login took. */
interface Work {
  readonly turns: number
  readonly hashes: number
  /** What was done to the disk, in order. */
  readonly onDisk: readonly string[]
}

interface CountedReply extends Work {
  readonly reply: Reply
  readonly events: readonly string[]
}

type Members = Readonly<Record<string, string>>

/** Logs in over the test service's store and gives the reply and what it took. */
async function createCountedLogin(t: TestContext) {
  const disk = createFaultyDisk()
  const { accounts: seeded, ...parts } = await createTestService(t, { disk })
  const { clock, log, store } = parts
  await seeded.disable("bob")
  await seeded.create({ username: "carol", password: lockedPassword })
  for (let failures = 0; failures < 70; failures += 1) {
    await store.failures.count("carol", "stranger")
  }
  const { hasher, count } = await createCountedHasher()
  const seconds = clock.now
  const guard = new LoginGuard({ ...parts, hasher, hashesAtATime: 2, seconds })
  const settings = sessionSettings
  const shared = { ...parts, hasher, guard, requirement: { kind: "none" } as const, settings }
  const starts = new SessionStart({ ...shared, accounts: new Accounts(shared) })
  const sessions = new Sessions({ ...shared, starts, verifiedBytesMax: 1_000_000 })
  const app = createApp({
    ...{
      sessions,
      machine: () => Promise.reject(new Error("Nobody made a service token")),
      factors: () => Promise.reject(new Error("Nobody has a second factor")),
      issuer: null,
      publicKeys: async () => ({ keySet: "", keys: [] }),
      isReady: async () => true,
      register: null,
    },
    ...{ allowedHosts: null, corsOrigins: [], log: log.log },
  })
  return async (json: Members): Promise<CountedReply> => {
    const before = disk.operations.length
    count()
    log.takeNames()
    const reply = await app.handle(
      makeRequest({
        method: "POST",
        path: "/login",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(json),
      }),
    )
    const onDisk = disk.operations.slice(before).map(({ kind }) => kind)
    return { reply, ...count(), onDisk, events: log.takeNames() }
  }
}

/** A hasher, and a function that tells what it did since it was last asked. */
async function createCountedHasher() {
  let [turns, hashes] = [0, 0]
  const hasher = createPasswordHasher(createHashingLane({ width: 2 }), cheapHashes)
  const counted: PasswordHasher = {
    ...hasher,
    inTurn(work, asker) {
      turns += 1
      return hasher.inTurn(work, asker)
    },
    verify(password, hash, options) {
      hashes += 1
      return hasher.verify(password, hash, options)
    },
  }
  const count = () => {
    const done = { turns, hashes }
    turns = 0
    hashes = 0
    return done
  }
  return { hasher: counted, count }
}

const right = "wonderland"
const lockedPassword = "carols-own-long-password"
const long = "p".repeat(1025)
const deviceToken = `ptd_${"A".repeat(48)}`

const failures: readonly (readonly [what: string, json: Members])[] = [
  ["an unknown name", { username: "nobody", password: right }],
  ["a disabled user's right password", { username: "bob", password: "builder" }],
  ["a disabled user's wrong password", { username: "bob", password: right }],
  ["a locked user's right password", { username: "carol", password: lockedPassword }],
  ["a locked user's wrong password", { username: "carol", password: right }],
  ["a name that can't be one", { username: "a b", password: right }],
  ["a name of 10,000 letters", { username: "a".repeat(10_000), password: right }],
  ["the name __proto__", { username: "__proto__", password: right }],
  ["the key under which the store counts unknown names", { username: "-", password: right }],
  ["a password too long", { username: "alice", password: long }],
  ["a password too long for an unknown name", { username: "nobody", password: long }],
  ["a password too long for a disabled user", { username: "bob", password: long }],
  ["a password too long for a locked user", { username: "carol", password: long }],
  ["a password too long only in bytes", { username: "alice", password: "€".repeat(400) }],
  [
    "a password of 10,000 combining marks",
    { username: "alice", password: "a\u0301\u0323".repeat(3333) },
  ],
  ["a password that is no text", { username: "alice", password: "\ud800" }],
  ["a forged device token", { username: "alice", password: "x", device_token: deviceToken }],
  [
    "the same for an unknown name",
    { username: "nobody", password: "x", device_token: deviceToken },
  ],
  ["a device token of 10,000 letters", { username: "carol", password: "x", device_token: long }],
]

for (const [what, json] of failures) {
  test(`POST /login with ${what} answers and works as with a wrong password`, async (t) => {
    const logIn = await createCountedLogin(t)
    const usual = await logIn({ username: "alice", password: "not-her-password" })
    assert.equal(usual.reply.status, 401)
    const { turns, hashes, onDisk, events } = usual
    assert.deepEqual([turns, hashes, onDisk], [1, 1, ["write"]])
    assert.deepEqual(events, ["login.failed"])
    assert.deepEqual(await logIn(json), usual)
  })
}

test("POST /login with the right password takes one hash, too", async (t) => {
  const logIn = await createCountedLogin(t)
  const { reply, turns, hashes, events } = await logIn({ username: "alice", password: right })
  assert.deepEqual([reply.status, turns, hashes, events], [200, 1, 1, ["login.succeeded"]])
})

test("POST /login without a name or password takes no hash", async (t) => {
  const logIn = await createCountedLogin(t)
  const { reply, turns, hashes, onDisk, events } = await logIn({ username: "alice", password: "" })
  assert.deepEqual([reply.status, turns, hashes, onDisk, events], [400, 0, 0, [], []])
})

test("POST /login that has to wait uses no hash and no disk, and answers alike", async (t) => {
  const logIn = await createCountedLogin(t)
  const replies = new Set<string>()
  for (const username of ["alice", "nobody", "bob", "carol", "a b"]) {
    for (let failed = 0; failed < 5; failed += 1) await logIn({ username, password: "x" })
    const { reply, turns, hashes, onDisk, events } = await logIn({ username, password: "x" })
    assert.deepEqual([reply.status, turns, hashes, onDisk, events], [429, 0, 0, [], []])
    replies.add(JSON.stringify(reply))
  }
  assert.equal(replies.size, 1)
})
