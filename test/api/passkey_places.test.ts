// Passkeys at addresses for which browsers make none, and at those with a port.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, claimsOf, takeEvents } from "../support/api_scenario.ts"
import { createAuthenticator } from "../support/authenticator.ts"
import {
  addPasskey,
  createTestAuthenticator,
  logInByPasskey,
  offer,
  setUpPasskey,
} from "../support/passkeys.ts"
import { createTestService } from "../support/test_service.ts"
import { flask } from "./flask_rows.ts"

const alice = { username: "alice", password: "wonderland" }
const none = [
  ...([404, "not_found"] as const),
  "There are no passkeys here: the service has no https address with a host name",
] as const

for (const publicAddress of [
  "https://192.0.2.7",
  "https://[::1]:8443",
  "http://login.example.org",
]) {
  test(`POST /mfa/passkeys and /login/passkey say that there are none at ${publicAddress}`, async (t) => {
    const before = await createTestService(t)
    await setUpPasskey(before, alice)
    await before.store.close()
    const { directory } = before
    const service = await createTestService(t, { publicAddress, directory })
    const token = await service.logIn("bob", "builder")
    takeEvents(service)
    for (const path of ["/mfa/passkeys/options", "/mfa/passkeys", "/login/passkey/options"]) {
      const reply = await service.call("POST", path, { token, json: { credential: {} } })
      assertRefused(reply, none)
    }
    const json = { credential: {} }
    assertRefused(await service.call("POST", "/login/passkey", { json }), none)
    assert.deepEqual(takeEvents(service), [])
    // Who has passkeys from before is not asked for them, but still for a factor.
    const asked = await service.call("POST", "/login", { json: alice })
    assert.deepEqual([asked.status, JSON.parse(asked.body).methods], [401, ["recovery"]])
  })
}

test("POST /login/passkey works at localhost and with a shared secret", async (t) => {
  const publicAddress = "http://localhost:8080"
  const service = await createTestService(t, { shared: true, publicAddress })
  const site = { origin: publicAddress, rpId: "localhost" }
  const { authenticator } = await setUpPasskey(service, alice, createAuthenticator(site))
  const { body } = await logInByPasskey(service, authenticator)
  const { sub, acr, amr } = claimsOf(JSON.parse(body).access_token)
  assert.deepEqual({ sub, acr, amr }, { sub: "alice", acr: "aal2", amr: ["hwk"] })
  const asked = await offer(service, "/login/passkey/options", {})
  const other = authenticator.get(asked, { origin: "http://localhost:8081" })
  const reply = await service.call("POST", "/login/passkey", { json: { credential: other } })
  assert.equal(reply.status, 401)
})

test("POST /mfa/passkeys adds a passkey by a token without a session", async (t) => {
  const service = await createTestService(t, { shared: true })
  const token = flask.token({ payload: { fresh: true } })
  const reply = await addPasskey(service, { token }, createTestAuthenticator())
  assert.equal(reply.status, 200, reply.body)
})
