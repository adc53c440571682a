// One answer of an authenticator, sent to two services over one database at once.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { RegistrationOptions } from "../../src/factor/passkey_options.ts"
import { openTwo } from "../store/postgres/postgres_engine.ts"
import { assertRefused } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import {
  createTestAuthenticator,
  logInByPasskey,
  offer,
  sendPasskey,
  setUpPasskey,
} from "../support/passkeys.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const { skip, server } = await postgresForTests()
const alice = { username: "alice", password: "wonderland" }
const rounds = 8

async function openServices(t: TestContext): Promise<readonly [TestService, TestService]> {
  const [one, other] = await openTwo(t, server, { clock: { now: () => startOfTests } })
  const generated = true
  return [
    await createTestService(t, { store: one, generated }),
    await createTestService(t, { store: other, generated }),
  ]
}

function tally(replies: readonly { readonly status: number }[]): readonly number[] {
  return replies.map(({ status }) => status).sort()
}

for (const isSynced of [false, true]) {
  const kind = isSynced ? "a synced passkey" : "a passkey with a counter"
  test(`POST /login/passkey at two replicas takes an answer of ${kind} once`, {
    skip,
  }, async (t) => {
    const services = await openServices(t)
    const authenticator = createTestAuthenticator({ isSynced })
    await setUpPasskey(services[0], alice, authenticator)
    for (let round = 0; round < rounds; round += 1) {
      // The challenge of one replica is good at the other one.
      const asked = services[round % 2] ?? assert.fail()
      const answer = authenticator.get(await offer(asked, "/login/passkey/options", {}))
      const sent = [0, 1, 0, 1].map((at) => sendPasskey(services[at] ?? assert.fail(), answer))
      assert.deepEqual(tally(await Promise.all(sent)), [200, 401, 401, 401])
    }
    assert.equal((await services[1].store.sessions.list("alice")).length, rounds)
  })
}

test("POST /login/passkey at two replicas takes one of two answers to a ticket", {
  skip,
}, async (t) => {
  const services = await openServices(t)
  const { authenticator } = await setUpPasskey(services[0], alice)
  const other = authenticator.clone()
  for (let round = 0; round < rounds; round += 1) {
    const { body } = await services[0].call("POST", "/login", { json: alice })
    const { mfa_token } = JSON.parse(body)
    const json = { mfa_token }
    // Both ask before one answers: a ticket that is used up gets no options.
    const answers = await Promise.all(
      services.map(async (service, at) => {
        const asked = await offer(service, "/login/passkey/options", { json })
        return [authenticator, other][at]?.get(asked, { counter: 10 * (round + 1) + at })
      }),
    )
    const sent = services.map((service, at) => sendPasskey(service, answers[at], json))
    const [first, second] = tally(await Promise.all(sent))
    assert.deepEqual([first, second], [200, 401])
  }
})

test("POST /mfa/passkeys at two replicas adds an answer once", { skip }, async (t) => {
  const services = await openServices(t)
  const token = await services[0].logIn("alice", "wonderland")
  const asked = await offer<RegistrationOptions>(services[1], "/mfa/passkeys/options", { token })
  const authenticator = createTestAuthenticator()
  const json = { credential: authenticator.create(asked) }
  const sent = services.map((service) => service.call("POST", "/mfa/passkeys", { token, json }))
  const replies = await Promise.all(sent)
  const [refused, ...more] = replies.filter(({ status }) => status !== 200)
  assert.ok(refused !== undefined && more.length === 0, `${tally(replies)}`)
  if (refused.status === 401) {
    // The other's answer was stored before this one was read: alice has a second factor by now.
    assertRefused(refused, [401, "insufficient_user_authentication", "Second factor required"])
  } else assert.equal(refused.status, 400, refused.body)
  assert.equal((await logInByPasskey(services[0], authenticator)).status, 200)
})
