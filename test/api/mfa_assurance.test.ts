// The assurance of a request is that of the session's record, whatever its token claims.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, claimsOf, refresh } from "../support/api_scenario.ts"
import { createForge } from "../support/forge.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"
import { alice, enrolAlice, logInWith } from "./mfa_calls.ts"

const error = "insufficient_user_authentication"
const missing = [401, error, "Second factor required"] as const
const challenge = `Bearer realm="postern", error="${error}", acr_values="aal2"`

const forged: readonly object[] = [
  {},
  { acr: "aal2", amr: ["pwd", "otp"] },
  { acr: "aal3", amr: ["hwk"], auth_time: 1_795_447_800 },
  { acr: "urn:mace:incommon:iap:silver", factorAt: 1_795_447_800, hasFactor: false },
]

for (const claims of forged) {
  test(`a Flask token with ${JSON.stringify(claims)} is of one factor`, async (t) => {
    const service = await createTestService(t, { shared: true })
    await setUpApp(service, alice)
    service.clock.advance(60)
    const flask = await createForge("HS256")
    const iat = service.clock.now()
    const token = flask.token({ payload: { iat, exp: iat + 900, fresh: true, ...claims } })
    assert.equal((await service.call("GET", "/me", { token })).status, 200)
    const json = { current: "wonderland", new: "a-much-longer-password" }
    for (const [path, options] of [
      ["/mfa/totp", { token }],
      ["/mfa/recovery", { token }],
      ["/password", { token, json }],
    ] as const) {
      const reply = await service.call("POST", path, options)
      assertRefused(reply, missing)
      assert.equal(reply.headers["WWW-Authenticate"], challenge)
    }
  })
}

test("the tokens of a Flask refresh token are of one factor", async (t) => {
  const service = await createTestService(t, { shared: true })
  await enrolAlice({ service })
  const flask = await createForge("HS256")
  const iat = service.clock.now()
  const payload = { type: "refresh", iat, exp: iat + 86_400, acr: "aal2", amr: ["pwd", "otp"] }
  const { access_token: token } = await refresh(service, flask.token({ payload }))
  assert.deepEqual([claimsOf(token)["acr"], claimsOf(token)["amr"]], ["aal1", ["pwd"]])
})

test("tokens with a shared secret say how the login was done, too", async (t) => {
  const service = await createTestService(t, { shared: true })
  const app = await enrolAlice({ service })
  const { access_token: token, refresh_token } = await logInWith(service, app.code())
  const next = await refresh(service, refresh_token)
  for (const one of [token, next.access_token]) {
    assert.deepEqual([claimsOf(one)["acr"], claimsOf(one)["amr"]], ["aal2", ["pwd", "otp"]])
  }
  assert.equal((await service.call("POST", "/mfa/recovery", { token })).status, 200)
})

test("the assurance of a factor lasts a day, for the record and for new tokens alike", async (t) => {
  const service = await createTestService(t, { settings: { idleSeconds: 200_000 } })
  const app = await enrolAlice({ service })
  let tokens = await logInWith(service, app.code())
  const acrs: unknown[] = []
  for (const seconds of [0, 3600, 82_799, 1, 3600]) {
    service.clock.advance(seconds)
    tokens = await refresh(service, tokens.refresh_token)
    const { acr } = await service.sessions.authenticate(tokens.access_token)
    assert.equal(claimsOf(tokens.access_token)["acr"], acr)
    acrs.push(acr)
  }
  assert.deepEqual(acrs, ["aal2", "aal2", "aal2", "aal1", "aal1"])
})

test("POST /password gives tokens of the same assurance, until the factor is a day old", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const { access_token: token } = await logInWith(service, app.code())
  const json = { current: "wonderland", new: "a-much-longer-password" }
  service.clock.advance(600)
  const reply = await service.call("POST", "/password", { token, json })
  const changed = JSON.parse(reply.body)
  const { acr, amr, fresh } = claimsOf(changed.access_token)
  assert.deepEqual([acr, amr, fresh], ["aal2", ["pwd", "otp"], true])
  service.clock.advance(85_799)
  const last = await refresh(service, changed.refresh_token)
  assert.equal(claimsOf(last.access_token)["acr"], "aal2")
  service.clock.advance(1)
  const lapsed = await refresh(service, last.refresh_token)
  assert.equal(claimsOf(lapsed.access_token)["acr"], "aal1")
})
