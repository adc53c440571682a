// X-Postern-Token: what apps can verify by the published keys, and what it is no good for.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { claimsOf } from "../support/api_scenario.ts"
import {
  type AppBrowser,
  background,
  createProtectedService,
  loggedInBrowser,
} from "../support/protected_apps.ts"
import type { TestServiceOptions } from "../support/test_service.ts"

const photos = "https://photos.example.org/"
const notes = "https://notes.example.net:8443/"
const issuer = "https://login.example.org"

async function start(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createProtectedService(t, options)
  const browser = await loggedInBrowser(service)
  for (const url of [photos, notes]) await browser.open(url)
  return { service, browser, tokenOf: (url: string) => tokenOf(browser, url) }
}

async function tokenOf(browser: AppBrowser, url: string): Promise<string> {
  const { status, headers } = await browser.ask(url, { headers: background })
  assert.equal(status, 200)
  return headers["X-Postern-Token"] ?? ""
}

test("an app verifies the token by the published keys, for its own origin", async (t) => {
  const { service, tokenOf } = await start(t)
  const jwks = JSON.parse((await service.call("GET", "/.well-known/jwks.json")).body)
  const keys = createLocalJWKSet(jwks)
  const currentDate = new Date(service.clock.now() * 1000)
  for (const [url, audience] of [
    [photos, "https://photos.example.org"],
    [notes, "https://notes.example.net:8443"],
  ] as const) {
    const options = { issuer, audience, typ: "postern-app+jwt", currentDate }
    const { payload } = await jwtVerify(await tokenOf(url), keys, options)
    const { sub, roles, exp = 0, iat = 0 } = payload
    assert.deepEqual([sub, roles, exp - iat], ["alice", [], 120])
  }
})

test("a token is kept for a minute, for each session and app", async (t) => {
  const { service, tokenOf: find } = await start(t)
  const first = await find(photos)
  assert.notEqual(await find(notes), first)
  service.clock.advance(59)
  assert.equal(await find(photos), first)
  const other = await loggedInBrowser(service)
  await other.open(photos)
  assert.notEqual(await tokenOf(other, photos), first)
  service.clock.advance(1)
  const [second, same] = await Promise.all([find(photos), find(photos)])
  assert.notEqual(second, first)
  assert.equal(same, second)
})

test("a token is another one as soon as roles or claims are", async (t) => {
  const { service, tokenOf: find } = await start(t)
  const { accounts } = service
  const seen = new Set([await find(photos)])
  const changes = [
    () => accounts.addRole("alice", "ops"),
    () => accounts.setClaim("alice", "team", { name: "a" }),
    () => accounts.setClaim("alice", "team", { name: "b" }),
    () => accounts.removeClaim("alice", "team"),
    () => accounts.removeRole("alice", "ops"),
  ]
  for (const [at, change] of changes.entries()) {
    await change()
    const token = await find(photos)
    seen.add(token)
    assert.equal(seen.size, at + 2)
    assert.deepEqual(claimsOf(token)["roles"], at < 4 ? ["ops"] : [])
  }
})

test("a token is signed by another key as soon as there is one", async (t) => {
  const { service, tokenOf: find } = await start(t, { generated: true })
  const first = await find(photos)
  await service.keys.rotate()
  assert.notEqual(await find(photos), first)
})

test("Postern takes the token of an app for no token of its own", async (t) => {
  const { service, tokenOf: find } = await start(t)
  const token = await find(photos)
  for (const [method, path] of [
    ["GET", "/me"],
    ["GET", "/protected"],
    ["POST", "/refresh"],
  ] as const) {
    const { status, body } = await service.call(method, path, { token })
    assert.deepEqual([status, JSON.parse(body).error], [401, "invalid_token"], path)
  }
})

test("with a shared secret the token is empty, and there", async (t) => {
  const { tokenOf: find } = await start(t, { shared: true })
  assert.equal(await find(photos), "")
})
