// Passwords and tokens that are guessed at by other ways than POST /login: F-12 and F-39.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import {
  addressOf,
  assertDelayed,
  badCredentials,
  guess,
  guessInTurn,
  guessUntilDelayed,
  lockOut,
  tally,
} from "./guesses.ts"

const right = "wonderland"

test("POST /password counts like POST /login, and together with it", async (t) => {
  const { service, token } = await prepareService(t)
  takeEvents(service)
  const change = (current: string) =>
    service.call("POST", "/password", { token, json: { current, new: "a-second-long-password" } })
  const wrong = [401, "invalid_credentials", "The current password is wrong"] as const
  for (let guesses = 0; guesses < 3; guesses += 1) assertRefused(await change("x"), wrong)
  assert.deepEqual(tally(await guessInTurn(service, [{}, {}])), { 401: 2 })
  assertDelayed(await change("x"), 1)
  assertDelayed(await change(right), 1)
  assertDelayed(await guess(service, { password: right }), 1)
  assert.deepEqual(takeEvents(service), [
    ...Array(3).fill("password.refused alice wrong_password"),
    "login.failed alice",
    "login.delayed alice",
    "login.failed alice",
  ])
  service.clock.advance(1)
  assert.equal((await change(right)).status, 200)
})

test("POST /password of a locked account fails like with a wrong password", async (t) => {
  const { service, token } = await prepareService(t)
  await lockOut(service)
  const reply = await service.call("POST", "/password", {
    token,
    json: { current: right, new: "a-second-long-password" },
  })
  assertRefused(reply, [401, "invalid_credentials", "The current password is wrong"])
})

test("POST /password locks the account that a stolen token's thief guesses at", async (t) => {
  const { service, token } = await prepareService(t)
  const json = { current: "x", new: "a-second-long-password" }
  for (let number = 0; number < 70; number += 1) {
    await service.call("POST", "/password", { token, json, address: addressOf(number) })
  }
  const reply = await service.call("POST", "/password", {
    token,
    json: { ...json, current: right },
    address: addressOf(100),
  })
  assertRefused(reply, [401, "invalid_credentials", "The current password is wrong"])
  assertRefused(await guess(service, { password: right }), badCredentials)
})

test("POST /password with a new one that won't do is no guess", async (t) => {
  const { service, token } = await prepareService(t)
  const json = { current: "x", new: "short" }
  for (let tries = 0; tries < 20; tries += 1) {
    assert.equal((await service.call("POST", "/password", { token, json })).status, 400)
  }
  await guessUntilDelayed(service)
})

test("POST /refresh with 3,000 tokens that are none has to wait, and no other client", async (t) => {
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
