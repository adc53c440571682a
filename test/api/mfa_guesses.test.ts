// Somebody has the password and guesses at the second factor: from many addresses, with ever new
// tickets, for as long as it takes.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { UserStore } from "../../src/store/store.ts"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { addressOf, badCredentials, guess, guessInTurn, tally } from "./guesses.ts"
import { alice, enrolAlice, isOver, logInWith, sendCode, ticketOf, wrongCode } from "./mfa_calls.ts"

const failuresMax = 100

/** Counts the codes that are compared: each one was counted in the store before. */
function countCompared({ store }: TestService): () => number {
  let compared = 0
  const change: UserStore["change"] = store.users.change.bind(store.users)
  store.users.change = async (username, what) => {
    const changed = await change(username, what)
    if ("factors" in what && "claim" in what.factors && typeof changed !== "string") compared += 1
    return changed
  }
  return () => compared
}

/** Guesses by tickets, five codes each, until nothing is compared any more. */
async function guessUntilLocked(service: TestService, wrong: (number: number) => string) {
  let number = 0
  while ((await service.store.users.find("alice"))?.factors?.failures !== failuresMax) {
    const address = addressOf(number)
    const ticket = await ticketOf(service, alice, { address })
    for (let tries = 0; tries < 5; tries += 1) {
      number += 1
      assertRefused(await sendCode(service, [ticket, wrong(number)], { address }), wrongCode)
    }
    assert.ok(number <= failuresMax)
  }
}

test("300 guesses a minute from 100 addresses: 100 codes are compared, ever", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const compared = countCompared(service)
  const errors: string[] = []
  takeEvents(service)
  for (let minute = 0; minute < 10; minute += 1) {
    for (let guesses = 0; guesses < 300; guesses += 30) {
      const numbers = Array.from({ length: 30 }, (_, index) => minute * 300 + guesses + index)
      const replies = await Promise.all(
        numbers.map(async (number) => {
          const address = addressOf(number % 100)
          const code =
            number % 3 === 0 ? `${number % 10}-AAAA-BBBB-CCCC-DDDD` : app.wrongCode(number)
          if (number % 2 === 0) {
            return service.call("POST", "/login", { json: { ...alice, code }, address })
          }
          return sendCode(service, [await ticketOf(service, alice, { address }), code], { address })
        }),
      )
      errors.push(...replies.map(({ body }) => JSON.parse(body).error))
    }
    service.clock.advance(60)
  }
  assert.equal(compared(), failuresMax)
  assert.deepEqual(new Set(errors), new Set(["invalid_code"]), "nothing tells that it is locked")
  const locked = takeEvents(service).filter((event) => event.startsWith("user.locked"))
  assert.deepEqual(locked, ["user.locked alice mfa"])
  // Neither the right code nor a recovery code counts, with a ticket and at once.
  for (const code of [app.code(), app.recoveryCodes[0] ?? ""]) {
    assertRefused(await sendCode(service, [await ticketOf(service), code]), wrongCode)
    assertRefused(await service.call("POST", "/login", { json: { ...alice, code } }), wrongCode)
  }
  assert.equal(compared(), failuresMax)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("a hundred wrong codes over twenty tickets lock the codes, and the operator unlocks", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  takeEvents(service)
  await guessUntilLocked(service, app.wrongCode)
  assert.deepEqual(takeEvents(service).slice(-2), ["mfa.failed alice otp", "user.locked alice mfa"])
  assertRefused(await sendCode(service, [await ticketOf(service), app.code()]), wrongCode)
  // No time helps, and no restart: the count is in the store.
  service.clock.advance(90 * 86_400)
  assertRefused(await sendCode(service, [await ticketOf(service), app.code()]), wrongCode)
  takeEvents(service)
  await service.accounts.unlock("alice")
  assert.deepEqual(takeEvents(service), ["user.unlocked alice operator"])
  await logInWith(service, app.code())
  assert.equal((await service.store.users.find("alice"))?.factors?.failures, 0)
})

test("a locked account takes no hash of a recovery code, and no try of a ticket", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  await guessUntilLocked(service, app.wrongCode)
  const before = await service.store.users.find("alice")
  const ticket = await ticketOf(service)
  for (let tries = 0; tries < 20; tries += 1) {
    assertRefused(await sendCode(service, [ticket, app.recoveryCodes[0] ?? ""]), wrongCode)
  }
  assert.equal(await service.store.users.find("alice"), before)
})

test("99 wrong codes and a right one start the count again, every time", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  for (let round = 0; round < 3; round += 1) {
    for (let failures = 0; failures < 99; failures += 1) {
      const json = { ...alice, code: app.wrongCode(failures) }
      assertRefused(await service.call("POST", "/login", { json }), wrongCode)
    }
    assert.equal((await service.store.users.find("alice"))?.factors?.failures, 99)
    await logInWith(service, app.nextCode())
    assert.equal((await service.store.users.find("alice"))?.factors?.failures, 0)
  }
})

test("fifty right codes at once, of which one counts, leave no failure behind", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const json = { ...alice, code: app.code() }
  const sends = Array.from({ length: 50 }, () => service.call("POST", "/login", { json }))
  const replies = await Promise.all(sends)
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 200: 1, 401: 49 })
  // Each of the others was counted before it was found to be used; the next login clears that.
  await logInWith(service, app.nextCode())
  assert.equal((await service.store.users.find("alice"))?.factors?.failures, 0)
})

test("a right password alone renews no count of passwords, and the whole login does", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const address = addressOf(7)
  const strangers = async () => (await service.store.failures.find("alice"))?.strangers ?? 0
  await guessInTurn(service, Array(4).fill({ address }))
  for (let times = 0; times < 20; times += 1) await ticketOf(service, alice, { address })
  assert.equal(await strangers(), 4)
  // The fifth failure in a row of this client, in spite of the right passwords.
  assertRefused(await guess(service, { address }), badCredentials)
  assert.equal((await guess(service, { address })).status, 429)
  assert.equal(await strangers(), 5)
  service.clock.advance(1)
  const ticket = await ticketOf(service, alice, { address })
  const reply = await sendCode(service, [ticket, app.code()], { address })
  assert.equal(reply.status, 200, reply.body)
  assert.equal(await strangers(), 0)
  const statuses = await guessInTurn(service, Array(6).fill({ address }))
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
})

test("a wrong code renews nothing of the passwords' counts either", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  await guessInTurn(service, Array(4).fill({}))
  const ticket = await ticketOf(service)
  assertRefused(await sendCode(service, [ticket, app.wrongCode()]), wrongCode)
  assert.equal((await service.store.failures.find("alice"))?.strangers, 4)
})

test("an account that strangers are locked out of gives them no ticket", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const { device_token: deviceToken } = await logInWith(service, app.code())
  const guesses = Array.from({ length: 70 }, (_, number) => ({ address: addressOf(number) }))
  await guessInTurn(service, guesses)
  assertRefused(await guess(service, { password: alice.password }), badCredentials)
  // The owner's device still gets one, and its login unlocks the account.
  const json = { ...alice, device_token: deviceToken }
  const asked = JSON.parse((await service.call("POST", "/login", { json })).body)
  assert.equal(asked.error, "mfa_required")
  takeEvents(service)
  const reply = await sendCode(service, [asked.mfa_token, app.nextCode()])
  assert.equal(reply.status, 200, reply.body)
  const events = ["login.succeeded alice", "mfa.used alice otp", "user.unlocked alice login"]
  assert.deepEqual(takeEvents(service), events)
  await ticketOf(service)
})

test("a disabled user gets no ticket, and what was a ticket is none", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  await service.accounts.disable("alice")
  assertRefused(await service.call("POST", "/login", { json: alice }), badCredentials)
  const json = { ...alice, code: app.code() }
  assertRefused(await service.call("POST", "/login", { json }), badCredentials)
  assertRefused(await sendCode(service, [ticket, app.code()]), isOver)
})
