// The tokens of a session's states. That they are signed and read well is test/token's to show.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { User } from "../../src/domain/user.ts"
import {
  byPassword,
  createRevocationWindow,
  grantTokens,
  newSession,
  type Tokens,
} from "../../src/service/session_tokens.ts"
import { createFakeClock, startOfTests as now } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { keysOfTests } from "./account_parts.ts"
import { payloadOf } from "./logged_in.ts"

const caller = { requestId: "r1", address: "192.0.2.7", userAgent: "test" }
const life = { idleSeconds: 1000, maxAgeSeconds: 5000 }
const sid = "c2Vzc2lvbiBvZiB0ZXN0cw"
const user: User = {
  username: "alice",
  passwordHash: "",
  roles: ["editor"],
  claims: { tenant: 7 },
  disabled: false,
  createdAt: 0,
  tokensNotBefore: 0,
  link: null,
  factors: null,
}

const times = { at: now, steadyAt: 77, life }

test("newSession() has the user, the time, the client and the end", () => {
  assert.deepEqual(
    newSession({ sid, username: "alice", startedAt: now, ...byPassword }, caller, times),
    {
      sid,
      username: "alice",
      startedAt: now,
      lastUsedAt: now,
      rotatedAt: 77,
      idleExpiresAt: now + 1000,
      expiresAt: now + 5000,
      rotations: 0,
      address: "192.0.2.7",
      userAgent: "test",
      ...{ usedBefore: null, sharedRotation: 0, sharedRun: 0, amr: ["pwd"], factorAt: null },
    },
  )
})

test("newSession() of a login in the past ends as early as that says", () => {
  const named = { sid, username: "alice", startedAt: now - 4500, ...byPassword }
  const { lastUsedAt, expiresAt, idleExpiresAt } = newSession(named, caller, times)
  assert.deepEqual([lastUsedAt, expiresAt, idleExpiresAt], [now, now + 500, now + 500])
})

/** Grants the tokens of a session that started at `now`, as of `issuedAt`. */
async function grantAt(issuedAt: number, fresh = true): Promise<Tokens> {
  const session = newSession(
    { sid, username: "alice", startedAt: now, ...byPassword },
    caller,
    times,
  )
  const { settings: tokens } = await createForge("ES256")
  return grantTokens(session, { user, issuedAt, fresh }, { tokens, keys: keysOfTests })
}

test("grantTokens() signs who the user is, the session, and when the password was checked", async () => {
  const { accessToken, refreshToken, ...lives } = await grantAt(now + 60, false)
  assert.deepEqual(lives, { expiresInSeconds: 900, refreshExpiresInSeconds: 940 })
  assert.match(refreshToken, /^ptr_[\w-]{56}$/)
  const { jti, iss, aud, ...claims } = payloadOf(accessToken)
  assert.deepEqual(claims, {
    sub: "alice",
    exp: now + 960,
    iat: now + 60,
    client_id: "postern",
    sid,
    ...{ auth_time: now, acr: "aal1", amr: ["pwd"] },
    fresh: false,
    type: "access",
    roles: ["editor"],
    tenant: 7,
  })
})

test("grantTokens() gives a state the same refresh token each time, and another access token", async () => {
  const [one, two] = await Promise.all([grantAt(now), grantAt(now + 5)])
  assert.equal(one.refreshToken, two.refreshToken)
  assert.notEqual(one.accessToken, two.accessToken)
})

test("grantTokens() gives no access token that outlives the session", async () => {
  const { accessToken, expiresInSeconds, refreshExpiresInSeconds } = await grantAt(now + 700)
  assert.deepEqual([expiresInSeconds, refreshExpiresInSeconds], [300, 300])
  assert.equal(payloadOf(accessToken)["exp"], now + 1000)
})

test("grantTokens() dates no login ahead of its token when the clock was set back", async () => {
  const { accessToken } = await grantAt(now - 3600)
  const { iat, auth_time: authTime } = payloadOf(accessToken)
  assert.deepEqual([iat, authTime], [now - 3600, now - 3600])
})

test("createRevocationWindow() says how sessions end when it is asked", () => {
  const clock = createFakeClock()
  const lives = { accessTtlSeconds: 900, leewaySeconds: 10, graceSeconds: 30 }
  const windowNow = createRevocationWindow(clock, lives)
  // A token is accepted for the leeway after its end, here and elsewhere.
  const lengths = { accessTtlSeconds: 910, graceSeconds: 30 }
  assert.deepEqual(windowNow(), { at: now, steadyAt: now, ...lengths })
  clock.advance(10)
  clock.set(3600)
  assert.deepEqual(windowNow(), { at: now + 3610, steadyAt: now + 10, ...lengths })
})
