// F-01, F-03 and F-04: whether a name exists shows neither in the reply nor in the work.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createApp } from "../../src/app.ts"
import { createPasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane, type HashingLane } from "../../src/password/hashing_lane.ts"
import { createAccounts } from "../../src/service/accounts.ts"
import { createEnding } from "../../src/service/session_tokens.ts"
import { createSessions } from "../../src/service/sessions.ts"
import { makeRequest } from "../support/http_request.ts"
import { cheapHashes, createTestService, sessionSettings } from "../support/test_service.ts"

/** Logs in over the test service's store and gives the reply and how many hashes it took. */
async function createCountedLogin(t: TestContext) {
  const { accounts: seeded, ...parts } = await createTestService(t)
  const { clock, tokens, log, keys } = parts
  await seeded.disable("bob")
  let hashes = 0
  const lane = createHashingLane({ width: 2 })
  const counted: HashingLane = {
    run(work) {
      hashes += 1
      return lane.run(work)
    },
  }
  const hasher = await createPasswordHasher(counted, cheapHashes)
  const endingNow = createEnding(clock, { ...tokens, ...sessionSettings })
  const accounts = createAccounts({ ...parts, hasher, endingNow })
  const { refreshKey } = keys
  const sessions = createSessions({ ...parts, accounts, refreshKey, settings: sessionSettings })
  const app = createApp({ sessions, publicKeys: () => [], isReady: () => true, log: log.log })
  return async (username: string, password: string) => {
    hashes = 0
    log.takeNames()
    const reply = await app.handle(
      makeRequest({
        method: "POST",
        path: "/login",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, password }),
      }),
    )
    return { reply, hashes, events: log.takeNames() }
  }
}

const long = "p".repeat(1025)

const failures = [
  ["an unknown name", "nobody", "wonderland"],
  ["a disabled user's right password", "bob", "builder"],
  ["a disabled user's wrong password", "bob", "wonderland"],
  ["a name that can't be one", "a b", "wonderland"],
  ["the name __proto__", "__proto__", "wonderland"],
  ["a password too long", "alice", long],
  ["a password too long for an unknown name", "nobody", long],
  ["a password too long for a disabled user", "bob", long],
  ["a password too long only in bytes", "alice", "€".repeat(400)],
  ["a password of 10,000 combining marks", "alice", "a\u0301\u0323".repeat(3333)],
  ["a password that is no text", "alice", "\ud800"],
] as const

for (const [what, username, password] of failures) {
  test(`POST /login with ${what} answers and works as with a wrong password`, async (t) => {
    const logIn = await createCountedLogin(t)
    const usual = await logIn("alice", "not-her-password")
    assert.equal(usual.reply.status, 401)
    assert.deepEqual([usual.hashes, usual.events], [1, ["login.failed"]])
    assert.deepEqual(await logIn(username, password), usual)
  })
}

test("POST /login with the right password takes one hash, too", async (t) => {
  const logIn = await createCountedLogin(t)
  const { reply, hashes, events } = await logIn("alice", "wonderland")
  assert.deepEqual([reply.status, hashes, events], [200, 1, ["login.succeeded"]])
})

test("POST /login without a name or password takes no hash", async (t) => {
  const logIn = await createCountedLogin(t)
  const { reply, hashes, events } = await logIn("alice", "")
  assert.deepEqual([reply.status, hashes, events], [400, 0, []])
})
