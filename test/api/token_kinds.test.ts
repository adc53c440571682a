// T-09: every kind of token there is, sent to every endpoint in every place where a token may
// stand. Only those that belong there are taken; a device token opens nothing at all.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import type { CallOptions } from "../support/test_service.ts"
import { badCredentials, guess, lockOut } from "./guesses.ts"
import { guardedRoutes, machineRefusal, machineRoutes } from "./token_rows.ts"

const flask = await createForge("HS256")
const stranger = await createForge("ES256")

const invalid = "Invalid token"
const noRefresh = "Only non-refresh tokens are allowed"
const onlyRefresh = "Only refresh tokens are allowed"

/** What each kind is told where it does not belong: null where it is taken. */
interface Kind {
  readonly atGuarded: string | null
  readonly atRefresh: string | null
}

const published: Readonly<Record<string, Kind>> = {
  access: { atGuarded: null, atRefresh: onlyRefresh },
  refresh: { atGuarded: invalid, atRefresh: null },
  "flask access": { atGuarded: invalid, atRefresh: invalid },
  "flask refresh": { atGuarded: invalid, atRefresh: invalid },
  "flask reset": { atGuarded: invalid, atRefresh: invalid },
  "another deployment's access": { atGuarded: invalid, atRefresh: invalid },
  device: { atGuarded: invalid, atRefresh: invalid },
  "another user's device": { atGuarded: invalid, atRefresh: invalid },
  sid: { atGuarded: invalid, atRefresh: invalid },
  username: { atGuarded: invalid, atRefresh: invalid },
  service: { atGuarded: machineRefusal[2], atRefresh: invalid },
}

const shared: Readonly<Record<string, Kind>> = {
  ...published,
  "flask access": { atGuarded: null, atRefresh: onlyRefresh },
  "flask refresh": { atGuarded: noRefresh, atRefresh: null },
}

for (const [profile, kinds] of Object.entries({ published, shared })) {
  for (const [kind, { atGuarded, atRefresh }] of Object.entries(kinds)) {
    test(`the ${kind} token works only where it belongs, with ${profile} keys`, async (t) => {
      const options = { shared: profile === "shared" }
      let prepared = await prepareKind(t, kind, options)
      for (const route of guardedRoutes) {
        const { service, sid, sent } = prepared
        const [method = "", path = ""] = route.replace(/\{s?id\}/, sid).split(" ")
        takeEvents(service)
        const reply = await service.call(method, path, { token: sent })
        if (atGuarded === null || (kind === "service" && machineRoutes.includes(route))) {
          const { error } = JSON.parse(reply.body || "{}")
          assert.ok(error !== "invalid_token" && error !== "missing_token", route)
          // What was taken may have ended something.
          prepared = await prepareKind(t, kind, options)
        } else {
          assertRefused(reply, [401, "invalid_token", atGuarded])
          assert.deepEqual(takeEvents(service), [])
        }
        // In the place of a refresh token in a body it is no credential at all.
        const inBody = await prepared.service.call(method, path, {
          json: { refresh_token: prepared.sent },
        })
        assertRefused(inBody, [401, "missing_token", "Missing Authorization Header"])
      }
      for (const place of [(token: string) => ({ token }), inRefreshMember]) {
        const { service, sent } = await prepareKind(t, kind, options)
        const reply = await service.call("POST", "/refresh", place(sent))
        if (atRefresh === null) assert.equal(reply.status, 200, reply.body)
        else assertRefused(reply, [401, "invalid_token", atRefresh])
      }
      const { service, sent } = await prepareKind(t, kind, options)
      await lockOut(service)
      const json = { password: "wonderland", deviceToken: sent }
      const reply = await guess(service, json)
      if (kind === "device") assert.equal(reply.status, 200, reply.body)
      else assertRefused(reply, badCredentials)
    })
  }
}

test("POST /login takes a device token in its own member only", async (t) => {
  const { service, tokens } = await prepareService(t)
  const { device_token: deviceToken = "" } = tokens
  await lockOut(service)
  takeEvents(service)
  const json = { username: "alice", password: "wonderland" }
  const places: readonly CallOptions[] = [
    { json: { ...json, password: deviceToken } },
    { json: { ...json, username: deviceToken } },
    { json, token: deviceToken },
    { json, headers: { cookie: `device_token=${deviceToken}`, "x-device-token": deviceToken } },
  ]
  for (const place of places) {
    assertRefused(await service.call("POST", "/login", place), badCredentials)
  }
  const inQuery = `/login?device_token=${deviceToken}`
  assertRefused(await service.call("POST", inQuery, { json }), badCredentials)
  assert.deepEqual(takeEvents(service), [
    ...["login.failed alice", "login.failed", "login.failed alice"],
    ...["login.failed alice", "login.failed alice"],
  ])
})

test("POST /logout with a device token ends nothing, in either place", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const { device_token: deviceToken = "" } = tokens
  takeEvents(service)
  for (const place of [{ token: deviceToken }, inRefreshMember(deviceToken)]) {
    assert.equal((await service.call("POST", "/logout", place)).status, 204)
  }
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  await lockOut(service)
  const reply = await guess(service, { password: "wonderland", deviceToken })
  assert.equal(reply.status, 200, reply.body)
})

function inRefreshMember(token: string): CallOptions {
  return { json: { refresh_token: token } }
}

async function prepareKind(
  t: Parameters<typeof prepareService>[0],
  kind: string,
  options: { readonly shared: boolean },
) {
  const prepared = await prepareService(t, options)
  const { service, token, tokens, sid } = prepared
  const bobs = await service.start("bob", "builder")
  const exp = startOfTests + 86_400
  const texts: Readonly<Record<string, string>> = {
    access: token,
    refresh: tokens.refresh_token,
    "flask access": flask.token(),
    "flask refresh": flask.token({ payload: { type: "refresh", exp } }),
    "flask reset": flask.token({ payload: { type: "reset" } }),
    "another deployment's access": stranger.token({ payload: { sid } }),
    device: tokens.device_token ?? "",
    "another user's device": bobs.device_token ?? "",
    sid,
    username: "alice",
    service: (await service.serviceTokens.create({ name: "ci", roles: "" })).token,
  }
  const sent = texts[kind]
  assert.ok(sent !== undefined)
  return { ...prepared, sent }
}
