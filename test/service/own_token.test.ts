// What a token names, and which tokens are refresh tokens, whatever became of them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readOwnToken } from "../../src/service/own_token.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { caller, sidOf } from "./logged_in.ts"

const flask = await createForge("HS256")
const stranger = await createForge("ES256")

function read(service: TestService, token: string) {
  const { tokens, clock, keys } = service
  return readOwnToken(token, { tokens, clock, keys })
}

async function logIn({ sessions }: TestService) {
  const login = await logInByPassword(
    sessions,
    { username: "alice", password: "wonderland" },
    caller,
  )
  return { ...login, sid: sidOf(login) }
}

test("readOwnToken() gives the session of both tokens, alive or not", async (t) => {
  const service = await createTestService(t)
  const { accessToken, refreshToken, sid } = await logIn(service)
  const access = { isRefresh: false, sid, username: "alice", revoked: null, over: "revoked" }
  const refresh = { isRefresh: true, sid, username: null, revoked: null, over: "revoked" }
  const check = async () => {
    assert.deepEqual(await read(service, accessToken), access)
    assert.deepEqual(await read(service, refreshToken), refresh)
  }
  await check()
  await service.sessions.logOut(refreshToken, caller)
  service.clock.advance(1_000_000)
  await check()
})

test("readOwnToken() says how to revoke a Flask token, while it is valid", async (t) => {
  const service = await createTestService(t, { shared: true })
  const token = flask.token({ payload: { jti: "one" } })
  const revoked = { jti: "one", expiresAt: now + 900, isListed: true }
  const named = { isRefresh: false, sid: null, username: "alice" }
  assert.deepEqual(await read(service, token), { ...named, revoked, over: "revoked" })
  service.clock.advance(900)
  assert.deepEqual(await read(service, token), { ...named, revoked: null, over: "expired" })
})

test("readOwnToken() gives a reason for all else", async (t) => {
  const service = await createTestService(t)
  const { accessToken, refreshToken, deviceToken } = await logIn(service)
  const others = [
    ...["", "null", "ptr_", "a.b.c", deviceToken, `${refreshToken}A`, accessToken.slice(0, -1)],
    ...[flask.token(), stranger.token(), refreshToken.slice(4)],
  ]
  for (const token of others) assert.equal(typeof (await read(service, token)), "string", token)
})

test("isRefreshToken() holds of refresh tokens of ours and, with the secret, of Flask's", async (t) => {
  const flaskRefresh = flask.token({ payload: { type: "refresh", exp: now + 86_400 } })
  const flaskReset = flask.token({ payload: { type: "reset" } })
  for (const shared of [false, true]) {
    const service = await createTestService(t, { shared })
    const { accessToken, refreshToken, deviceToken } = await logIn(service)
    const expected = [
      [refreshToken, true],
      [flaskRefresh, shared],
      [accessToken, false],
      [flask.token(), false],
      [flaskReset, false],
      [deviceToken, false],
      ["ptr_x", false],
      ["null", false],
    ] as const
    for (const [token, isRefresh] of expected) {
      assert.equal(await service.sessions.isRefreshToken(token), isRefresh, token)
    }
    service.clock.advance(1_000_000)
    await service.sessions.logOut(refreshToken, caller)
    assert.equal(await service.sessions.isRefreshToken(refreshToken), true)
  }
})
