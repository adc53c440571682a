// What ends the trust in a device.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { appWith } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"
import {
  alice,
  assertAsked,
  listed,
  logIn,
  type Trusting,
  trusting,
  trustSeconds,
} from "./trusting.ts"

const next = "a-second-long-password"

test("a trust token counts for nothing where the setting is off again", async (t) => {
  const { service, app, trustToken } = await trusting(t)
  await service.store.close()
  const { directory } = service
  const off = await createTestService(t, { directory })
  await assertAsked(off, { trust_token: trustToken })
  off.clock.advance(service.clock.now() - off.clock.now() + 30)
  const given = await logIn(off, { code: app.nextCode(), trust_device: true })
  assert.equal("trust_token" in given, false)
  const reply = await off.call("GET", "/mfa", { token: given.access_token })
  assert.deepEqual(JSON.parse(reply.body).trusted_devices, [])
})

test("trust lasts as long as the setting says, and no use makes it longer", async (t) => {
  const { service, trustToken } = await trusting(t)
  service.clock.advance(trustSeconds - 1)
  await logIn(service, { trust_token: trustToken })
  service.clock.advance(1)
  await assertAsked(service, { trust_token: trustToken })
})

test("GET /mfa lists trusted devices, and DELETE /mfa/{id} ends the trust in one", async (t) => {
  const { service, app, trustToken, token } = await trusting(t)
  const headers = { "user-agent": "Browser/2.0" }
  const json = { ...alice, code: app.nextCode(), trust_device: true }
  const second = JSON.parse((await service.call("POST", "/login", { json, headers })).body)
  const { devices } = await listed({ service, app })
  assert.deepEqual(
    devices.map(({ user_agent, created_at, expires_at }: Record<string, number>) => [
      ...[user_agent, (expires_at ?? 0) - (created_at ?? 0)],
    ]),
    [
      ["", trustSeconds],
      ["Browser/2.0", trustSeconds],
    ],
  )
  takeEvents(service)
  const [{ id }] = devices
  assert.equal((await service.call("DELETE", `/mfa/${id}`, { token })).status, 204)
  assert.deepEqual(takeEvents(service), ["mfa.untrusted alice by_user"])
  await assertAsked(service, { trust_token: trustToken })
  await logIn(service, { trust_token: second.trust_token })
  const again = await service.call("DELETE", `/mfa/${id}`, { token })
  assertRefused(again, [404, "not_found", "You have no such factor"])
})

test("DELETE /mfa/{id} of a device whose trust ends at the same time is refused", async (t) => {
  const { service, token } = await trusting(t)
  const reply = await service.call("GET", "/mfa", { token })
  const [{ id }] = JSON.parse(reply.body).trusted_devices
  const distrust = { factors: { distrust: "all" } } as const
  interruptBefore(service.store, "changeUser", () => service.store.users.change("alice", distrust))
  const late = await service.call("DELETE", `/mfa/${id}`, { token })
  assertRefused(late, [404, "not_found", "You have no such factor"])
  assert.deepEqual(takeEvents(service), [])
})

test("a user trusts ten devices, and the oldest goes for the eleventh", async (t) => {
  const { service, app, trustToken } = await trusting(t)
  const tokens: string[] = [trustToken]
  for (let count = 1; count < 11; count += 1) {
    const given = await logIn(service, { code: app.nextCode(), trust_device: true })
    tokens.push(given.trust_token)
  }
  assert.equal((await listed({ service, app })).devices.length, 10)
  const [first = "", ...others] = tokens
  await assertAsked(service, { trust_token: first })
  for (const trust_token of others) await logIn(service, { trust_token })
})

type Ending = (prepared: Trusting) => Promise<unknown>

/** Does something as alice, who has just shown her factor. */
function asAlice(method: string, path: string, json?: object): Ending {
  return async ({ service, token }) => {
    const reply = await service.call(method, path, { token, ...(json && { json }) })
    assert.ok(reply.status === 200 || reply.status === 204, reply.body)
  }
}

const ending: readonly (readonly [what: string, end: Ending, password?: string])[] = [
  ["a new password", asAlice("POST", "/password", { current: "wonderland", new: next }), next],
  ["new recovery codes", asAlice("POST", "/mfa/recovery")],
  ["the end of all other sessions", asAlice("DELETE", "/sessions")],
  [
    "another authenticator app",
    async ({ service, token }) => {
      const offered = await service.call("POST", "/mfa/totp", { token })
      const code = appWith(JSON.parse(offered.body).secret, service).code()
      await service.call("POST", "/mfa/totp/confirm", { token, json: { code } })
    },
  ],
  [
    "the operator's new password",
    ({ service }) => service.accounts.setPassword({ username: "alice", password: next }),
    next,
  ],
  ["the operator's logout", ({ service }) => service.accounts.logOut("alice")],
  ["the logout of everybody", ({ service }) => service.accounts.logOutAll()],
  [
    "disabling and enabling",
    async ({ service: { accounts } }) => {
      await accounts.disable("alice")
      await accounts.enable("alice")
    },
  ],
  ["a new key of cookies", ({ service: { keys } }) => keys.retire("cookies")],
]

for (const [what, end, password = alice.password] of ending) {
  test(`trust ends with ${what}`, async (t) => {
    const prepared = await trusting(t, { generated: true })
    await end(prepared)
    const { service, trustToken } = prepared
    await assertAsked(service, { password, trust_token: trustToken })
  })
}

test("trust goes on after a logout, and while codes are locked", async (t) => {
  const { service, trustToken, token } = await trusting(t)
  await service.call("POST", "/logout", { token })
  const claim = { claim: null, at: service.clock.now(), failuresMax: 1, triesMax: 5 }
  await service.store.users.change("alice", { factors: claim })
  await logIn(service, { trust_token: trustToken })
})

test("DELETE /sessions tells once that trust has ended", async (t) => {
  const { service, token } = await trusting(t)
  await asAlice("DELETE", "/sessions")({ service, token } as Trusting)
  assert.deepEqual(takeEvents(service), ["mfa.untrusted alice by_user"])
  await asAlice("DELETE", "/sessions")({ service, token } as Trusting)
  assert.deepEqual(takeEvents(service), [])
})
