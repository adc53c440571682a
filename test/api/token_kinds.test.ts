// T-09: every kind of token there is, sent to every endpoint in every place where a token may
// stand. Only those that belong there are taken.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import type { CallOptions } from "../support/test_service.ts"
import { guardedRoutes } from "./token_rows.ts"

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
  sid: { atGuarded: invalid, atRefresh: invalid },
  username: { atGuarded: invalid, atRefresh: invalid },
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
      for (const route of guardedRoutes) {
        const { service, sid, sent } = await prepareKind(t, kind, options)
        const [method = "", path = ""] = route.replace("{sid}", sid).split(" ")
        takeEvents(service)
        const reply = await service.call(method, path, { token: sent })
        if (atGuarded === null) {
          const { error } = JSON.parse(reply.body || "{}")
          assert.ok(error !== "invalid_token" && error !== "missing_token", route)
        } else {
          assertRefused(reply, [401, "invalid_token", atGuarded])
          assert.deepEqual(takeEvents(service), [])
        }
        // In the place of a refresh token in a body it is no credential at all.
        const inBody = await service.call(method, path, { json: { refresh_token: sent } })
        assertRefused(inBody, [401, "missing_token", "Missing Authorization Header"])
      }
      for (const place of [(token: string) => ({ token }), inRefreshMember]) {
        const { service, sent } = await prepareKind(t, kind, options)
        const reply = await service.call("POST", "/refresh", place(sent))
        if (atRefresh === null) assert.equal(reply.status, 200, reply.body)
        else assertRefused(reply, [401, "invalid_token", atRefresh])
      }
    })
  }
}

function inRefreshMember(token: string): CallOptions {
  return { json: { refresh_token: token } }
}

async function prepareKind(
  t: Parameters<typeof prepareService>[0],
  kind: string,
  options: { readonly shared: boolean },
) {
  const prepared = await prepareService(t, options)
  const { token, tokens, sid } = prepared
  const exp = startOfTests + 86_400
  const texts: Readonly<Record<string, string>> = {
    access: token,
    refresh: tokens.refresh_token,
    "flask access": flask.token(),
    "flask refresh": flask.token({ payload: { type: "refresh", exp } }),
    "flask reset": flask.token({ payload: { type: "reset" } }),
    "another deployment's access": stranger.token({ payload: { sid } }),
    sid,
    username: "alice",
  }
  const sent = texts[kind]
  assert.ok(sent !== undefined)
  return { ...prepared, sent }
}
