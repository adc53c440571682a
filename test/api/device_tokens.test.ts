// Device tokens: what is sent as one, and how long one is worth something, which is until what its
// login was good for is over for all.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, refresh, testScenarios } from "../support/api_scenario.ts"
import { createTestService, type TestService, type TokenBody } from "../support/test_service.ts"
import { deviceTokenRows } from "./device_token_rows.ts"
import { badCredentials, guess, lockOut } from "./guesses.ts"

testScenarios(deviceTokenRows)

const right = "wonderland"
const next = "a-second-long-password"

type Change = (service: TestService, tokens: TokenBody) => Promise<unknown>

/** Sets alice's password herself. */
const changePassword: Change = async (service, { access_token: token }) => {
  const json = { current: right, new: next }
  assert.equal((await service.call("POST", "/password", { token, json })).status, 200)
}

const ending: readonly (readonly [what: string, change: Change, password: string])[] = [
  ["the user's new password", changePassword, next],
  [
    "the operator's new password",
    ({ accounts }) => accounts.setPassword({ username: "alice", password: next }),
    next,
  ],
  [
    "the same password, set again",
    async ({ accounts, store }) => {
      const before = await store.users.find("alice")
      await accounts.setPassword({ username: "alice", password: next })
      const now = await store.users.find("alice")
      await store.users.change("alice", {
        passwordHash: before?.passwordHash ?? "",
        ifPasswordHash: now?.passwordHash ?? "",
      })
    },
    right,
  ],
  [
    "the operator's disabling and enabling",
    async ({ accounts }) => {
      await accounts.disable("alice")
      await accounts.enable("alice")
    },
    right,
  ],
  ["the operator's logout", ({ accounts }) => accounts.logOut("alice"), right],
  ["a new key of refresh tokens", ({ keys }) => keys.retire("refresh"), right],
  [
    "another user of the same name",
    async ({ accounts }) => {
      await accounts.delete("alice")
      await accounts.release("alice")
      await accounts.create({ username: "alice", password: next })
    },
    next,
  ],
]

for (const [what, change, password] of ending) {
  test(`a device token is worth nothing after ${what}, and a new one is`, async (t) => {
    const { service, tokens } = await prepareService(t, { generated: true })
    await change(service, tokens)
    // In this very second.
    const { device_token: late } = JSON.parse((await guess(service, { password })).body)
    await lockOut(service)
    const { device_token: early } = tokens
    assertRefused(await guess(service, { password, deviceToken: early }), badCredentials)
    assert.equal((await guess(service, { password, deviceToken: late })).status, 200)
  })
}

const harmless: readonly (readonly [what: string, change: Change])[] = [
  ["a year", async ({ clock }) => clock.advance(365 * 86_400)],
  ["a clock set back by a day", async ({ clock }) => clock.advance(-86_400)],
  ["a logout", (service, { access_token: token }) => service.call("POST", "/logout", { token })],
  ["a refresh", (service, tokens) => refresh(service, tokens.refresh_token)],
  [
    "the end of all sessions by the user",
    async (service, { access_token: token }) => {
      await service.logIn("alice", right)
      assert.equal((await service.call("DELETE", "/sessions", { token })).status, 204)
    },
  ],
  ["a new signing key", ({ keys }) => keys.rotate()],
  ["a new role", ({ accounts }) => accounts.addRole("alice", "admin")],
  [
    "ten uses",
    async (service, { device_token: deviceToken }) => {
      for (let logins = 0; logins < 10; logins += 1) {
        assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
      }
    },
  ],
]

for (const [what, change] of harmless) {
  test(`a device token is as good as before after ${what}`, async (t) => {
    const { service, tokens } = await prepareService(t, { generated: true })
    await change(service, tokens)
    await lockOut(service)
    const { device_token: deviceToken } = tokens
    assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
  })
}

test("POST /password gives a device token that is good", async (t) => {
  const { service, token } = await prepareService(t)
  const json = { current: right, new: next }
  const reply = await service.call("POST", "/password", { token, json })
  const { device_token: deviceToken } = JSON.parse(reply.body)
  await lockOut(service)
  assert.equal((await guess(service, { password: next, deviceToken })).status, 200)
})

test("POST /refresh gives no device token", async (t) => {
  const { service, tokens } = await prepareService(t)
  assert.equal((await refresh(service, tokens.refresh_token)).device_token, undefined)
})

test("each login gives another device token, each of them good", async (t) => {
  const { service } = await prepareService(t)
  const given = new Set<string | undefined>()
  for (let logins = 0; logins < 5; logins += 1) {
    given.add((await service.start("alice", right)).device_token)
  }
  assert.equal(given.size, 5)
  for (const deviceToken of given) {
    await lockOut(service)
    assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
    service.clock.advance(4000)
  }
})

test("a device token that was respelled, cut or joined is not valid", async (t) => {
  const { service, tokens } = await prepareService(t)
  const { device_token: token = "" } = tokens
  const bobs = (await service.start("bob", "builder")).device_token ?? ""
  await lockOut(service)
  const spoiled = [
    ...[`${token}=`, ` ${token}`, `${token}\n`, token.slice(0, -1), `${token}A`, token.slice(4)],
    ...[token.toUpperCase(), token.replace("ptd_", "ptr_"), `ptd_${token}`, `${token},${token}`],
    ...Array.from(token, (letter, at) => {
      const other = letter === "A" ? "B" : "A"
      return `${token.slice(0, at)}${other}${token.slice(at + 1)}`
    }),
    `${token.slice(0, 26)}${bobs.slice(26)}`,
    `${bobs.slice(0, 26)}${token.slice(26)}`,
  ]
  for (const deviceToken of spoiled) {
    const one = { password: right, deviceToken, address: `10.9.9.${spoiled.indexOf(deviceToken)}` }
    assertRefused(await guess(service, one), badCredentials)
  }
  assert.equal((await guess(service, { password: right, deviceToken: token })).status, 200)
})

test("POST /login treats a device token of null, which a browser's storage gives, as no device token", async (t) => {
  const service = await createTestService(t)
  const json = { username: "alice", password: right, device_token: null }
  assert.equal((await service.call("POST", "/login", { json })).status, 200)
})
