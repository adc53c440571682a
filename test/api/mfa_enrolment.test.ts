// Setting up an authenticator app over JSON, looking at it, and removing it.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import {
  assertRefused,
  claimsOf,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { appWith, type TestApp } from "../support/second_factor.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"
import { alice, enrolAlice, logInWith, sendCode, ticketOf, wrongCode } from "./mfa_calls.ts"
import { mfaEnrolmentRows } from "./mfa_enrolment_rows.ts"

testScenarios(mfaEnrolmentRows)

/** Offers an app, which has to work. */
async function offer(service: TestService, token: string): Promise<TestApp> {
  const reply = await service.call("POST", "/mfa/totp", { token })
  assert.equal(reply.status, 200, reply.body)
  const { secret, uri } = JSON.parse(reply.body)
  assert.match(secret, /^[A-Z2-7]{32}$/)
  assert.equal(uri, `otpauth://totp/Home:alice?secret=${secret}&issuer=Home`)
  return appWith(secret, service)
}

function confirm(service: TestService, token: string, code: string) {
  return service.call("POST", "/mfa/totp/confirm", { token, json: { code } })
}

async function factorsOf(service: TestService, token: string) {
  const reply = await service.call("GET", "/mfa", { token })
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

const nothing = {
  ...{ methods: [], required: false, totp: null, passkeys: [], recovery_codes_left: 0 },
  trusted_devices: [],
}

test("an app is not in force before its first code", async (t) => {
  const { service, token } = await prepareService(t)
  await offer(service, token)
  assert.deepEqual(await factorsOf(service, token), nothing)
  await service.logIn(alice.username, alice.password)
  assertRefused(await confirm(service, token, "000000"), wrongCode)
  assert.deepEqual(await factorsOf(service, token), nothing)
})

test("POST /mfa/totp/confirm puts the app in force, and ends the other sessions", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const other = await service.start(alice.username, alice.password)
  const bobs = await service.start("bob", "builder")
  const app = await offer(service, token)
  takeEvents(service)
  const reply = await confirm(service, token, app.code())
  assert.equal(reply.status, 200, reply.body)
  const { recovery_codes: codes, ...rest } = JSON.parse(reply.body)
  assert.deepEqual([codes.length, new Set(codes).size, rest], [10, 10, {}])
  assert.equal(reply.headers["Cache-Control"], "no-store")
  const events = ["session.ended alice mfa_changed", "mfa.enrolled alice otp"]
  assert.deepEqual(takeEvents(service), events)
  await assertDead(service, [other])
  await refresh(service, bobs.refresh_token)
  const id = (await service.store.users.find("alice"))?.factors?.totp?.id
  assert.deepEqual(await factorsOf(service, token), {
    ...{ ...nothing, methods: ["otp", "recovery"], recovery_codes_left: 10 },
    totp: { id, created_at: now, last_used_at: now },
  })
  // The session goes on, as what it was.
  const { access_token: next } = await refresh(service, tokens.refresh_token)
  assert.deepEqual([claimsOf(next)["acr"], claimsOf(next)["amr"]], ["aal1", ["pwd"]])
})

test("the store has no recovery code and no secret in plain", async (t) => {
  const { service, token } = await prepareService(t)
  const { body } = await service.call("POST", "/mfa/totp", { token })
  const { secret } = JSON.parse(body)
  const reply = await confirm(service, token, appWith(secret, service).code())
  const codes: readonly string[] = JSON.parse(reply.body).recovery_codes
  const user = await service.store.users.find("alice")
  const kept = user?.factors?.recoveryCodes ?? []
  assert.deepEqual(
    kept.map(({ index }) => index),
    codes.map((_, index) => index),
  )
  for (const { hash } of kept) assert.match(hash, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/)
  const text = JSON.stringify(user)
  for (const code of [secret, ...codes, ...codes.map((one) => one.replaceAll("-", ""))]) {
    assert.equal(text.includes(code), false)
  }
})

test("an app that is offered again takes the place of the one before", async (t) => {
  const { service, token } = await prepareService(t)
  const [first, second] = [await offer(service, token), await offer(service, token)]
  assertRefused(await confirm(service, token, first.code()), wrongCode)
  assert.equal((await confirm(service, token, second.code())).status, 200)
})

test("an app waits a quarter of an hour for its first code", async (t) => {
  const gone = "No authenticator app waits for its first code: start again"
  for (const [seconds, status] of [
    [899, 200],
    [900, 404],
  ] as const) {
    const { service, token } = await prepareService(t, { tokens: { accessTtlSeconds: 3600 } })
    const app = await offer(service, token)
    service.clock.advance(seconds)
    const reply = await confirm(service, token, app.code())
    if (status === 404) assertRefused(reply, [404, "not_found", gone])
    else assert.equal(reply.status, 200, reply.body)
  }
})

test("one first code ten times at once is one enrolment", async (t) => {
  const { service, token } = await prepareService(t)
  const app = await offer(service, token)
  const codes = Array.from({ length: 5 }, () => app.code())
  const replies = await Promise.all(codes.map((code) => confirm(service, token, code)))
  const good = replies.filter(({ status }) => status === 200)
  assert.equal(good.length, 1)
  const [shown] = JSON.parse(good[0]?.body ?? "").recovery_codes
  await logInWith(service, shown)
})

/** alice with an app, logged in with it. */
async function loggedInWithApp(t: TestContext) {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const tokens = await logInWith(service, app.code())
  takeEvents(service)
  return { service, app, tokens, token: tokens.access_token }
}

test("POST /mfa/recovery renews the codes, and the old ones are gone", async (t) => {
  const { service, app, token } = await loggedInWithApp(t)
  const [used = "", old = ""] = app.recoveryCodes
  await logInWith(service, used)
  assert.equal((await factorsOf(service, token)).recovery_codes_left, 9)
  takeEvents(service)
  const reply = await service.call("POST", "/mfa/recovery", { token })
  assert.deepEqual(takeEvents(service), ["mfa.enrolled alice recovery"])
  const codes: readonly string[] = JSON.parse(reply.body).recovery_codes
  assert.equal(new Set([...codes, ...app.recoveryCodes]).size, 20)
  assert.equal((await factorsOf(service, token)).recovery_codes_left, 10)
  assertRefused(await sendCode(service, [await ticketOf(service), old]), wrongCode)
  await logInWith(service, codes[1] ?? "")
})

test("another app takes the place of the first, and ends the other sessions", async (t) => {
  const { service, app, token } = await loggedInWithApp(t)
  const other = await logInWith(service, app.recoveryCodes[0] ?? "")
  const next = await offer(service, token)
  takeEvents(service)
  const reply = await confirm(service, token, next.code())
  assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, {}], "the codes stay as they are")
  const events = ["session.ended alice mfa_changed", "mfa.enrolled alice otp"]
  assert.deepEqual(takeEvents(service), events)
  await assertDead(service, [other])
  service.clock.advance(60)
  assertRefused(await sendCode(service, [await ticketOf(service), app.code()]), wrongCode)
  await logInWith(service, next.code())
  await logInWith(service, app.recoveryCodes[1] ?? "")
})

test("DELETE /mfa/{id} of the last factor leaves the password alone", async (t) => {
  const { service, app, token, tokens } = await loggedInWithApp(t)
  const other = await logInWith(service, app.recoveryCodes[0] ?? "")
  const { totp } = await factorsOf(service, token)
  takeEvents(service)
  const reply = await service.call("DELETE", `/mfa/${totp.id}`, { token })
  assert.deepEqual([reply.status, reply.body], [204, ""])
  const events = ["session.ended alice mfa_changed", "mfa.removed alice otp"]
  assert.deepEqual(takeEvents(service), events)
  await assertDead(service, [other])
  assert.deepEqual(await factorsOf(service, token), nothing)
  assert.equal((await service.store.users.find("alice"))?.factors, null)
  await refresh(service, tokens.refresh_token)
  const again = await service.call("DELETE", `/mfa/${totp.id}`, { token })
  assertRefused(again, [404, "not_found", "You have no such factor"])
  await service.logIn(alice.username, alice.password)
})

test("nobody removes the factor of another user, or says that it exists", async (t) => {
  const { service, token } = await loggedInWithApp(t)
  const { totp } = await factorsOf(service, token)
  const bobs = await service.logIn("bob", "builder")
  takeEvents(service)
  const replies = [
    await service.call("DELETE", `/mfa/${totp.id}`, { token: bobs }),
    await service.call("DELETE", `/mfa/${"A".repeat(22)}`, { token: bobs }),
  ]
  for (const reply of replies) assertRefused(reply, [404, "not_found", "You have no such factor"])
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await factorsOf(service, token)).totp.id, totp.id)
})

test("an account gets so many secrets and sets of codes at a time, and no more", async (t) => {
  const { service, app, token } = await loggedInWithApp(t)
  const wait = (seconds: number) => `Too many attempts: try again in ${seconds} s`
  for (let offers = 0; offers < 30; offers += 1) await offer(service, token)
  const offered = await service.call("POST", "/mfa/totp", { token })
  assertRefused(offered, [429, "too_many_requests", wait(10)])
  service.clock.advance(10)
  await offer(service, token)
  const renew = () => service.call("POST", "/mfa/recovery", { token })
  for (let sets = 0; sets < 10; sets += 1) assert.equal((await renew()).status, 200)
  const refused = await renew()
  assert.equal(JSON.parse(refused.body).error, "too_many_requests")
  // The codes that there are still count.
  const reply = await sendCode(service, [await ticketOf(service), app.nextCode()])
  assert.equal(reply.status, 200, reply.body)
})
