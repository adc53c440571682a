// What refuses a refresh token that was not used yet: changes of its user, time, and what is none.

import assert from "node:assert/strict"
import { test } from "node:test"
import { interruptAfter } from "../support/interrupted_store.ts"
import { expiredToken, invalidToken, refusedAs, revokedToken } from "../support/refusal.ts"
import type { TestService } from "../support/test_service.ts"
import { tokenTrace } from "../support/token_trace.ts"
import { assertAlive, assertEnded, caller, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

/** What keeps alice's refresh token from being used, in the middle of its use as well. */
const endings: Readonly<Record<string, (service: TestService) => Promise<unknown>>> = {
  "the user is disabled": ({ accounts }) => accounts.disable("alice"),
  "the user is deleted": ({ accounts }) => accounts.delete("alice"),
  "the password is set": ({ accounts }) =>
    accounts.setPassword({ username: "alice", password: "heftklammer-und-mehr" }),
}

for (const [name, end] of Object.entries(endings)) {
  test(`refresh() is refused once ${name}`, async (t) => {
    const { service, login, sid, refresh } = await createRefreshed(t)
    await end(service)
    service.log.takeAudit()
    await assert.rejects(refresh(login), revokedToken)
    const refusal = { event: "refresh.refused", session: sid, ...where, reason: "ended" }
    assert.deepEqual(service.log.takeAudit(), [refusal])
  })

  test(`refresh() gives nothing that works when ${name} in its middle`, async (t) => {
    const { service, login, refresh } = await createRefreshed(t)
    interruptAfter(service.store, "rotateSession", () => end(service))
    const [answer] = await Promise.allSettled([refresh(login)])
    if (answer.status === "fulfilled") return assertEnded(service, answer.value)
    assert.doesNotThrow(() => revokedToken(answer.reason))
    await assert.rejects(refresh(login), revokedToken)
  })
}

test("refresh() refuses a disabled user whose session is still there, and keeps the audit true", async (t) => {
  const { service, login, audited, refresh } = await createRefreshed(t)
  const { sessions } = service.store
  const rotate = sessions.rotate.bind(sessions)
  sessions.rotate = async (sid, rotation) => {
    const rotated = await rotate(sid, rotation)
    if (rotated.outcome === "gone") return rotated
    return { ...rotated, user: { ...rotated.user, disabled: true } }
  }
  await assert.rejects(refresh(login), revokedToken)
  const refusal = { event: "refresh.refused", ...audited, reason: "ended" }
  assert.deepEqual(service.log.takeAudit(), [refusal])
})

test("refresh() is refused once the session was unused for too long", async (t) => {
  const { service, login, audited, refresh } = await createRefreshed(t)
  service.clock.advance(86_399)
  const next = await refresh(login)
  service.clock.advance(86_400)
  service.log.takeAudit()
  await assert.rejects(refresh(next), expiredToken)
  // Nothing was stolen, however old the token is.
  await assert.rejects(refresh(login), expiredToken)
  const refusal = { event: "refresh.refused", ...audited, reason: "expired" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal])
})

test("refresh() ends with the session's age, and no token outlives it", async (t) => {
  const settings = { idleSeconds: 1000, maxAgeSeconds: 2500 }
  const { service, login, refresh } = await createRefreshed(t, { settings })
  let current = login
  for (const [advance, access, refreshing] of [
    [900, 900, 1000],
    [900, 700, 700],
    [699, 1, 1],
  ] as const) {
    service.clock.advance(advance)
    current = await refresh(current)
    const lives = [current.expiresInSeconds, current.refreshExpiresInSeconds]
    assert.deepEqual(lives, [access, refreshing])
  }
  await service.sessions.authenticate(current.accessToken)
  service.clock.advance(1)
  await assert.rejects(refresh(current), expiredToken)
  await assert.rejects(async () => service.sessions.authenticate(current.accessToken), expiredToken)
})

test("refresh() refuses a text that is no refresh token, and audits no user", async (t) => {
  const { service, login } = await createRefreshed(t)
  const other = await createRefreshed(t)
  const bad = [
    ...["", "ptr_", "x", `${login.refreshToken}A`, login.refreshToken.slice(0, -1)],
    login.refreshToken.replace("ptr_", "PTR_"),
    // Whole, but made with the key of another deployment.
    other.login.refreshToken,
  ]
  for (const token of bad) {
    await assert.rejects(service.sessions.refresh(token, caller), invalidToken, token)
  }
  const refusal = { event: "refresh.refused", ...where, reason: "invalid" }
  assert.deepEqual(service.log.takeAudit(), Array(bad.length).fill(refusal))
  const accessToken = service.sessions.refresh(login.accessToken, caller)
  const only = refusedAs("invalid_token", "Only refresh tokens are allowed")
  await assert.rejects(accessToken, only)
  const named = { event: "refresh.refused", user: "alice", ...where, reason: "access_token" }
  assert.deepEqual(service.log.takeAudit(), [named])
  await assertAlive(service, login)
  assert.doesNotMatch(service.log.lines.join(""), tokenTrace)
})
