// Refresh tokens of a user who has to set up a second factor: they give nothing, and are not used
// up by that.

import assert from "node:assert/strict"
import { test } from "node:test"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { interruptAfter } from "../support/interrupted_store.ts"
import { expiredToken, refusedAs, revokedToken } from "../support/refusal.ts"
import { createTestService } from "../support/test_service.ts"
import { caller, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

const requirement = { kind: "role", role: "admin" } as const
const mustEnrol = refusedAs(
  "insufficient_user_authentication",
  "Second factor required: log in to set one up",
)

test("refresh() is refused while the user has to enrol, and works again afterwards", async (t) => {
  const { service, login, audited, refresh } = await createRefreshed(t, { requirement })
  await service.accounts.addRole("alice", "admin")
  service.log.takeAudit()
  for (let times = 0; times < 3; times += 1) {
    // Long after the grace: the token was not used up, so this is no theft.
    service.clock.advance(600)
    await assert.rejects(refresh(login), mustEnrol)
  }
  const refusal = { event: "refresh.refused", ...audited, reason: "not_enrolled" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal, refusal])
  await service.accounts.removeRole("alice", "admin")
  const next = await refresh(login)
  await service.sessions.authenticate(next.accessToken)
})

test("refresh() gives nothing for the parent in the grace either", async (t) => {
  const { service, login, latest, audited, refresh } = await createRefreshed(t, {
    ...{ times: 1, requirement },
  })
  await service.accounts.addRole("alice", "admin")
  service.log.takeAudit()
  await assert.rejects(refresh(login), mustEnrol)
  await assert.rejects(refresh(latest), mustEnrol)
  const refusal = { event: "refresh.refused", ...audited, reason: "not_enrolled" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal])
})

test("refresh() finds the theft of a token whose user has to enrol", async (t) => {
  for (const times of [1, 2]) {
    const { service, login, latest, audited, refresh } = await createRefreshed(t, {
      ...{ times, requirement },
    })
    await service.accounts.addRole("alice", "admin")
    service.clock.advance(31)
    service.log.takeAudit()
    await assert.rejects(refresh(login), revokedToken)
    const other = caller.address
    assert.deepEqual(service.log.takeAudit(), [
      { event: "session.reused", ...audited, other },
      { event: "session.ended", ...audited, reason: "reused" },
    ])
    await assert.rejects(refresh(latest), revokedToken)
  }
})

test("refresh() says of an expired session that it has expired", async (t) => {
  const { service, login, refresh } = await createRefreshed(t, { requirement })
  await service.accounts.addRole("alice", "admin")
  service.clock.advance(86_400)
  await assert.rejects(refresh(login), expiredToken)
})

test("refresh() asks nothing of a user without the role", async (t) => {
  const { service, login, refresh } = await createRefreshed(t, { requirement })
  await service.accounts.addRole("bob", "admin")
  await refresh(login)
})

test("refresh() in whose middle its user has to enrol gives tokens that open nothing", async (t) => {
  const { service, login, refresh } = await createRefreshed(t, { requirement })
  interruptAfter(service.store, "rotateSession", () => service.accounts.addRole("alice", "admin"))
  const { accessToken } = await refresh(login)
  const { mustEnrol: isLeft } = await service.sessions.authenticate(accessToken)
  assert.equal(isLeft, true)
  const reply = await service.call("GET", "/me", { token: accessToken })
  assert.equal(reply.status, 401)
})

test("refresh() of a Flask token starts no session for a user who has to enrol", async (t) => {
  const service = await createTestService(t, { shared: true, requirement: { kind: "all" } })
  const flask = await createForge("HS256")
  const token = flask.token({ payload: { type: "refresh", exp: now + 86_400 } })
  service.log.takeAudit()
  for (let times = 0; times < 2; times += 1) {
    await assert.rejects(service.sessions.refresh(token, caller), mustEnrol)
  }
  const refusal = { event: "refresh.refused", user: "alice", ...where, reason: "not_enrolled" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal])
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("POST /refresh says by RFC 9470 which login would do", async (t) => {
  const { service, login } = await createRefreshed(t, { requirement })
  await service.accounts.addRole("alice", "admin")
  const json = { refresh_token: login.refreshToken }
  const reply = await service.call("POST", "/refresh", { json })
  const error = "insufficient_user_authentication"
  const msg = "Second factor required: log in to set one up"
  assert.deepEqual([reply.status, JSON.parse(reply.body)], [401, { error, msg }])
  const challenge = `Bearer realm="postern", error="${error}", acr_values="aal2"`
  assert.equal(reply.headers["WWW-Authenticate"], challenge)
  const logged = service.log.events.findLast(({ event }) => event === "request")
  assert.equal(logged?.["reason"], "not_enrolled")
})
