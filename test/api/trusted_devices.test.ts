// POSTERN_TRUST_DEVICE: what a trusted device is spared, and what it never gets. What ends trust
// is in trusted_devices_endings.test.ts.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { assertRefused, claimsOf, takeEvents } from "../support/api_scenario.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"
import { alice, assertAsked, listed, logIn, post, trusting, trustSeconds } from "./trusting.ts"

const next = "a-second-long-password"

test("POST /login with trust_device gives a trust token beside the code's tokens", async (t) => {
  const service = await createTestService(t, { trustSeconds })
  const app = await setUpApp(service, alice)
  takeEvents(service)
  const given = await logIn(service, { code: app.nextCode(), trust_device: true })
  assert.deepEqual(Object.keys(given).sort(), [
    ...["access_token", "device_token", "expires_in", "refresh_expires_in", "refresh_token"],
    ...["token_type", "trust_token"],
  ])
  assert.equal(claimsOf(given.access_token)["acr"], "aal2")
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "mfa.used alice otp", "mfa.trusted alice"],
  ])
})

test("POST /login/code with trust_device gives a trust token", async (t) => {
  const service = await createTestService(t, { trustSeconds })
  const app = await setUpApp(service, alice)
  const { mfa_token } = JSON.parse((await post(service, { trust_device: true })).body)
  takeEvents(service)
  const json = { mfa_token, code: app.nextCode(), trust_device: true }
  const reply = await service.call("POST", "/login/code", { json })
  const { trust_token } = JSON.parse(reply.body)
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "mfa.used alice otp", "mfa.trusted alice"],
  ])
  await logIn(service, { trust_token })
})

for (const wish of [false, null, undefined]) {
  test(`POST /login with trust_device ${wish} gives no trust token`, async (t) => {
    const service = await createTestService(t, { trustSeconds })
    const app = await setUpApp(service, alice)
    const given = await logIn(service, { code: app.nextCode(), trust_device: wish })
    assert.equal("trust_token" in given, false)
    assert.deepEqual((await listed({ service, app })).devices, [])
  })
}

for (const path of ["/login", "/login/code"]) {
  for (const wish of ["true", 1, {}]) {
    test(`POST ${path} refuses trust_device ${JSON.stringify(wish)}`, async (t) => {
      const service = await createTestService(t, { trustSeconds })
      const json = { ...alice, mfa_token: "ptm_x", code: "123456", trust_device: wish }
      const reply = await service.call("POST", path, { json })
      assertRefused(reply, [400, "invalid_request", "trust_device must be true or false"])
    })
  }
}

test("POST /login with a trust token asks for no code, and gives aal1", async (t) => {
  const { service, trustToken } = await trusting(t)
  const given = await logIn(service, { trust_token: trustToken, trust_device: true })
  assert.equal("trust_token" in given, false)
  const { acr, amr } = claimsOf(given.access_token)
  assert.deepEqual([acr, amr], ["aal1", ["pwd"]])
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.skipped alice"])
  assert.equal((await service.call("GET", "/me", { token: given.access_token })).status, 200)
})

test("a trust token never stands for the factor where one is asked for again", async (t) => {
  const { service, trustToken } = await trusting(t)
  const { access_token: token } = await logIn(service, { trust_token: trustToken })
  const json = { current: alice.password, new: next }
  for (const [method, path] of [
    ["POST", "/password"],
    ["POST", "/mfa/recovery"],
    ["POST", "/mfa/totp"],
    ["DELETE", "/mfa/some"],
  ] as const) {
    const reply = await service.call(method, path, {
      token,
      ...(path === "/password" ? { json } : {}),
    })
    assert.deepEqual(
      [reply.status, JSON.parse(reply.body).error],
      [401, "insufficient_user_authentication"],
      path,
    )
    assert.match(String(reply.headers?.["WWW-Authenticate"]), /acr_values="aal2"/)
  }
})

test("a trust token is in no log line, in no other reply and in no file", async (t) => {
  const { service, app, trustToken } = await trusting(t)
  await logIn(service, { trust_token: trustToken })
  await listed({ service, app })
  await service.call("GET", "/me", { token: trustToken })
  const given = service.exchanges.filter(({ reply }) => reply.body.includes(trustToken))
  assert.equal(given.length, 1)
  // Before the seal stands the name of the device, which lists may show.
  const seal = trustToken.slice(26)
  const others = service.exchanges.filter((exchange) => !given.includes(exchange))
  assert.ok(!JSON.stringify(others.map(({ reply }) => reply)).includes(seal))
  assert.ok(!service.log.lines.join("").includes(seal))
  const files = readdirSync(service.directory).filter((name) => /\.jsonl?$/.test(name))
  assert.ok(files.length >= 3, String(files))
  for (const name of files) {
    const text = readFileSync(join(service.directory, name), "latin1")
    assert.ok(!text.includes(seal), name)
  }
})

test("POST /login with a trust token and a code goes by the code", async (t) => {
  const { service, app, trustToken } = await trusting(t)
  const wrong = await post(service, { trust_token: trustToken, code: "000000" })
  assertRefused(wrong, [401, "invalid_code", "That code is not right"])
  const given = await logIn(service, { trust_token: trustToken, code: app.nextCode() })
  assert.equal(claimsOf(given.access_token)["acr"], "aal2")
})

test("POST /login with a trust token needs the password, and another user's is none", async (t) => {
  const { service, app, trustToken } = await trusting(t)
  const refused = [401, "invalid_credentials", "Bad username or password"] as const
  for (const json of [
    { password: "looking-glass" },
    { password: trustToken },
    { username: "nobody" },
    { username: "bob" },
  ]) {
    assertRefused(await post(service, { trust_token: trustToken, ...json }), refused)
  }
  const bob = { username: "bob", password: "builder" }
  const appOfBob = await setUpApp(service, bob)
  await assertAsked(service, { ...bob, trust_token: trustToken })
  const { trust_token: ofBob } = await logIn(service, {
    ...{ ...bob, code: appOfBob.nextCode(), trust_device: true },
  })
  await assertAsked(service, { trust_token: ofBob })
  assert.equal((await listed({ service, app })).devices.length, 1)
})

test("a trust token counts in its own member only", async (t) => {
  const { service, trustToken } = await trusting(t)
  await assertAsked(service, { device_token: trustToken })
  await assertAsked(service, { mfa_token: trustToken })
  const { device_token } = await logIn(service, { trust_token: trustToken })
  await assertAsked(service, { trust_token: device_token })
  const inHeader = await service.call("GET", "/me", { token: trustToken })
  assertRefused(inHeader, [401, "invalid_token", "Invalid token"])
  for (const place of [{ token: trustToken }, { json: { refresh_token: trustToken } }]) {
    const reply = await service.call("POST", "/refresh", place)
    assertRefused(reply, [401, "invalid_token", "Invalid token"])
    assert.equal((await service.call("POST", "/logout", place)).status, 204)
  }
  const byCode = { json: { mfa_token: trustToken, code: "123456" } }
  const refused = await service.call("POST", "/login/code", byCode)
  assert.deepEqual([refused.status, JSON.parse(refused.body).error], [401, "invalid_token"])
})

test("a login whose trust ends before its session starts is asked for the factor", async (t) => {
  const { service, trustToken } = await trusting(t)
  const before = await service.store.sessions.list("alice")
  const distrust = { factors: { distrust: "all" } } as const
  interruptBefore(service.store, "startSession", () =>
    service.store.users.change("alice", distrust),
  )
  await assertAsked(service, { trust_token: trustToken })
  assert.deepEqual(await service.store.sessions.list("alice"), before)
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "session.ended alice mfa_changed", "mfa.required alice factor"],
  ])
})

test("a login that began before the first factor is asked for it", async (t) => {
  const service = await createTestService(t)
  takeEvents(service)
  interruptBefore(service.store, "startSession", async () => {
    await setUpApp(service, alice)
    takeEvents(service)
  })
  await assertAsked(service, {})
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "session.ended alice mfa_changed", "mfa.required alice factor"],
  ])
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})
