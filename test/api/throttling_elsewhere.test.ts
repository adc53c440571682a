// Passwords and tokens that are guessed at by other ways than POST /login: F-12 and F-39.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import {
  assertRefused,
  type PreparedService,
  prepareService,
  takeEvents,
} from "../support/api_scenario.ts"
import type { CallOptions } from "../support/test_service.ts"
import {
  addressOf,
  assertDelayed,
  guess,
  guessInTurn,
  guessUntilDelayed,
  lockOut,
  tally,
} from "./guesses.ts"

const right = "wonderland"

const wrong = [403, "wrong_password", "The current password is wrong"] as const
const next = "a-second-long-password"

/** Changes alice's password with a token of hers. */
function change(
  { service, token }: PreparedService,
  current: string,
  options: CallOptions = {},
): Promise<Reply> {
  return service.call("POST", "/password", { token, json: { current, new: next }, ...options })
}

test("POST /password gives a session five tries, then delays, whatever its address", async (t) => {
  const prepared = await prepareService(t)
  const { service } = prepared
  takeEvents(service)
  for (let guesses = 0; guesses < 5; guesses += 1) {
    assertRefused(await change(prepared, "x", { address: addressOf(guesses) }), wrong)
  }
  assertDelayed(await change(prepared, "x"), 1)
  assertDelayed(await change(prepared, right, { address: addressOf(9) }), 1)
  assert.deepEqual(takeEvents(service), [
    ...Array(4).fill("password.refused alice wrong_password"),
    "login.delayed alice",
    "password.refused alice wrong_password",
  ])
  const failed = await service.store.failures.find("alice")
  assert.deepEqual([failed?.strangers, failed?.devices], [0, 5])
  // Another session of hers, and a login, are not kept waiting by that.
  const other = await service.start("alice", right)
  assertRefused(await change(prepared, "x", { token: other.access_token }), wrong)
  service.clock.advance(1)
  assert.equal((await change(prepared, right)).status, 200)
})

test("POST /password 300 times at once looks at five passwords of a session", async (t) => {
  const prepared = await prepareService(t)
  const replies = await Promise.all(Array.from({ length: 300 }, () => change(prepared, "x")))
  const counts = tally(replies.map(({ status }) => status))
  assert.deepEqual([counts[403], 300 - (counts[429] ?? 0)], [5, 5])
})

test("POST /password ends the session whose thief guesses, and leaves its user the others", async (t) => {
  const prepared = await prepareService(t)
  const { service, tokens } = prepared
  const own = await service.start("alice", right)
  takeEvents(service)
  let [guesses, refused] = [0, 0]
  for (; guesses < 100; guesses += 1) {
    const reply = await change(prepared, "x", { address: addressOf(guesses) })
    if (reply.status === 401) break
    if (reply.status === 403) refused += 1
    service.clock.advance(Number(reply.headers["Retry-After"] ?? 0))
  }
  assert.equal(refused, 10)
  const ended = takeEvents(service).filter((event) => event.startsWith("session.ended"))
  assert.deepEqual(ended, ["session.ended alice wrong_passwords"])
  const json = { refresh_token: tokens.refresh_token }
  assert.equal((await service.call("POST", "/refresh", { json })).status, 401)
  assert.equal((await change(prepared, right, { token: own.access_token })).status, 200)
})

test("POST /password of a logged-in user works, whatever strangers do", async (t) => {
  const prepared = await prepareService(t)
  const { service } = prepared
  await lockOut(service)
  await guessInTurn(service, Array(10).fill({ username: "nobody" }))
  for (let number = 0; number < 110; number += 1) await guess(service, { username: `n${number}` })
  assertDelayed(await guess(service, { password: right }), 10)
  takeEvents(service)
  assertRefused(await change(prepared, "x"), wrong)
  assert.equal((await change(prepared, right)).status, 200)
  assert.deepEqual(takeEvents(service), [
    "password.refused alice wrong_password",
    "user.unlocked alice password_changed",
    "password.changed alice",
    "session.ended alice password_changed",
  ])
  assert.equal((await guess(service, { password: next, address: addressOf(1) })).status, 200)
})

test("POST /password looks at thirty new passwords of a session at once, and guards the rest", async (t) => {
  const prepared = await prepareService(t)
  const { service, token } = prepared
  const json = { current: right, new: "x".repeat(1024) }
  const statuses: number[] = []
  for (let tries = 0; tries < 100; tries += 1) {
    statuses.push((await service.call("POST", "/password", { token, json })).status)
  }
  assert.deepEqual(tally(statuses), { 400: 30, 429: 70 })
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  service.clock.advance(2)
  assert.equal((await change(prepared, right)).status, 200)
})

test("POST /password with an unfit new password counts as no guess", async (t) => {
  const { service, token } = await prepareService(t)
  const json = { current: "x", new: "short" }
  for (let tries = 0; tries < 20; tries += 1) {
    assert.equal((await service.call("POST", "/password", { token, json })).status, 400)
  }
  await guessUntilDelayed(service)
})

test("POST /refresh with 3,000 invalid tokens makes that client wait, and no other", async (t) => {
  const { service, tokens } = await prepareService(t)
  takeEvents(service)
  const refresh = (token: string, address = "127.0.0.1") =>
    service.call("POST", "/refresh", { json: { refresh_token: token }, address })
  const forged = `ptr_${"A".repeat(56)}`
  for (let tries = 0; tries < 3000; tries += 1) {
    assert.equal((await refresh(forged)).status, 401)
  }
  assert.deepEqual(takeEvents(service), [
    ...Array(100).fill("refresh.refused invalid"),
    "client.throttled refresh",
  ])
  assertDelayed(await refresh(forged), 1)
  assertDelayed(await refresh("nonsense"), 1)
  assert.deepEqual(takeEvents(service), [])
  // And those that were not even looked at are counted.
  service.clock.advance(60)
  service.summarizeAudit()
  const sums = service.log.events
    .splice(0)
    .map(({ client, reason, count }) => [client, reason, count])
  assert.deepEqual(sums, [
    ["127.0.0.1", "invalid", 2901],
    ["127.0.0.1", "not_checked", 1],
  ])
  assertRefused(await refresh(forged, addressOf(1)), [401, "invalid_token", "Invalid token"])
  assert.equal((await refresh(tokens.refresh_token)).status, 200)
})
