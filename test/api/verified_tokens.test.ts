// A verified token is remembered. Whatever ends such a token still ends it at once.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, type PreparedService, prepareService } from "../support/api_scenario.ts"

const revoked = [401, "invalid_token", "Token has been revoked"] as const
const invalid = [401, "invalid_token", "Invalid token"] as const
const expired = [401, "invalid_token", "Token has expired"] as const

type Refusal = typeof revoked | typeof invalid | typeof expired

const endings: readonly (readonly [
  what: string,
  end: (prepared: PreparedService) => unknown,
  refusal: Refusal,
])[] = [
  ["a logout", ({ service, token }) => service.call("POST", "/logout", { token }), revoked],
  ["the end of its session", ({ service }) => service.accounts.logOut("alice"), revoked],
  ["its expiry", ({ service }) => service.clock.advance(900), expired],
  ["the user's disabling", ({ service }) => service.accounts.disable("alice"), revoked],
  ["the user's removal", ({ service }) => service.accounts.delete("alice"), revoked],
  [
    "a new password",
    ({ service }) =>
      service.accounts.setPassword({ username: "alice", password: "a-second-long-password" }),
    revoked,
  ],
  ["the retirement of its key", ({ service }) => retireAll(service.keys), invalid],
]

async function retireAll(keys: PreparedService["service"]["keys"]): Promise<void> {
  for (const { alg, kid } of keys.list()) if (kid && alg !== "HMAC-SHA-256") await keys.retire(kid)
}

for (const [what, end, refusal] of endings) {
  test(`GET /me refuses a token that it knows at once after ${what}`, async (t) => {
    const { service, token } = await prepareService(t, { generated: true })
    for (let times = 0; times < 3; times += 1) {
      assert.equal((await service.call("GET", "/me", { token })).status, 200)
    }
    await end({ service, token } as PreparedService)
    assertRefused(await service.call("GET", "/me", { token }), refusal)
    assertRefused(await service.call("GET", "/me", { token }), refusal)
  })
}

test("GET /me shows a role and a claim of a user whose token it knows at once", async (t) => {
  const { service, token } = await prepareService(t)
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  await service.accounts.addRole("alice", "admin")
  const { roles } = JSON.parse((await service.call("GET", "/me", { token })).body)
  assert.deepEqual(roles, ["admin"])
})
