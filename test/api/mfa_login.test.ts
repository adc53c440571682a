// Logins with a second factor: the rows, which codes count when, and that nothing is issued before.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  assertRefused,
  claimsOf,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createTestService } from "../support/test_service.ts"
import { tally } from "./guesses.ts"
import { alice, enrolAlice, logInWith, sendCode, ticketOf, wrongCode } from "./mfa_calls.ts"
import { mfaLoginRows } from "./mfa_login_rows.ts"

testScenarios(mfaLoginRows)

test("POST /login gives nothing that opens anything before the factor", async (t) => {
  const service = await createTestService(t)
  await enrolAlice({ service })
  const reply = await service.call("POST", "/login", { json: alice })
  const { mfa_token: ticket, ...rest } = JSON.parse(reply.body)
  assert.deepEqual(Object.keys(rest), ["error", "msg", "methods", "expires_in"])
  assert.match(ticket, /^ptm_[\w-]+\.[\w-]{32}$/)
  assert.equal(reply.cookies, undefined)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("POST /login/code gives a session of both factors, also after a refresh", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const { access_token: token, refresh_token: refreshToken } = await logInWith(service, app.code())
  const now = startOfTests + 60
  const { acr, amr, fresh, auth_time: authTime, sid } = claimsOf(token)
  assert.deepEqual([acr, amr, fresh, authTime], ["aal2", ["pwd", "otp"], true, now])
  const [session] = await service.store.sessions.list("alice")
  assert.deepEqual([session?.sid, session?.factorAt, session?.amr], [sid, now, ["pwd", "otp"]])
  const next = claimsOf((await refresh(service, refreshToken)).access_token)
  assert.deepEqual([next["acr"], next["amr"], next["fresh"]], ["aal2", ["pwd", "otp"], false])
})

const steps: readonly (readonly [seconds: number, counts: boolean])[] = [
  ...([
    [-60, false],
    [-30, true],
    [0, true],
    [30, true],
    [60, false],
  ] as const),
]

for (const [seconds, counts] of steps) {
  test(`POST /login/code with the code in ${seconds} s: ${counts ? "" : "not "}taken`, async (t) => {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    service.clock.advance(60)
    const reply = await sendCode(service, [await ticketOf(service), app.codeIn(seconds)])
    if (counts) assert.equal(reply.status, 200, reply.body)
    else assertRefused(reply, wrongCode)
  })
}

test("POST /login/code takes no code twice, and none that is older than one that counted", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const [before, code] = [app.codeIn(-30), app.code()]
  await logInWith(service, code)
  takeEvents(service)
  for (const used of [code, before]) {
    assertRefused(await sendCode(service, [await ticketOf(service), used]), wrongCode)
    assertRefused(
      await service.call("POST", "/login", { json: { ...alice, code: used } }),
      wrongCode,
    )
  }
  const refused = ["mfa.required alice factor", "mfa.failed alice used", "mfa.failed alice used"]
  assert.deepEqual(takeEvents(service), [...refused, ...refused])
  await logInWith(service, app.codeIn(30))
})

test("the code that set the app up logs nobody in", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  service.clock.advance(-60)
  assertRefused(await sendCode(service, [await ticketOf(service), app.code()]), wrongCode)
})

test("POST /login/code takes each recovery code once, and none is offered in the end", async (t) => {
  const service = await createTestService(t)
  const { recoveryCodes } = await enrolAlice({ service })
  assert.equal(recoveryCodes.length, 10)
  for (const code of recoveryCodes) {
    await logInWith(service, code)
    assertRefused(await sendCode(service, [await ticketOf(service), code]), wrongCode)
  }
  const reply = await service.call("POST", "/login", { json: alice })
  assert.deepEqual(JSON.parse(reply.body).methods, ["otp"])
})

test("one code sent ten times at once starts one session", async (t) => {
  for (const kind of ["otp", "recovery"] as const) {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    const code = kind === "otp" ? app.code() : (app.recoveryCodes[0] ?? "")
    const tickets = await Promise.all(Array.from({ length: 5 }, () => ticketOf(service)))
    const sends = tickets.flatMap((ticket) => [ticket, ticket])
    const replies = await Promise.all(sends.map((ticket) => sendCode(service, [ticket, code])))
    assert.deepEqual(tally(replies.map(({ status }) => status)), { 200: 1, 401: 9 })
    assert.equal((await service.store.sessions.list("alice")).length, 1)
  }
})

test("two codes for one ticket at once start one session", async (t) => {
  const service = await createTestService(t)
  const { recoveryCodes } = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  const codes = recoveryCodes.slice(0, 5)
  const replies = await Promise.all(codes.map((code) => sendCode(service, [ticket, code])))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 200: 1, 401: 4 })
  const user = await service.store.users.find("alice")
  assert.equal(user?.factors?.recoveryCodes.length, 9, "the others still count")
})
