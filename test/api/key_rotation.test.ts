// What keys do to tokens and to /.well-known/jwks.json while they follow one another: J-47, K-03,
// K-05, K-06. The key that signs next is published first; the one before stays until its tokens are
// over.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { findSession } from "../store/session_calls.ts"
import { assertRefused, prepareService, refresh, takeEvents } from "../support/api_scenario.ts"
import { forgeIssuer } from "../support/forge.ts"
import type { TestService } from "../support/test_service.ts"
import { keysHeaders, privateMembers } from "./public_rows.ts"

const path = "/.well-known/jwks.json"
const generated = { generated: true }
const invalid = [401, "invalid_token", "Invalid token"] as const
/** A cache lifetime and what clocks may differ, then the life of an access token. */
const untilItSigns = 305
const untilOver = untilItSigns + 900

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid
}

/** The kids that are published, after a look at what else is there. */
async function publishedKids(service: TestService): Promise<string[]> {
  const { status, headers, body } = await service.call("GET", path)
  const { ETag: etag, ...others } = headers
  assert.equal(status, 200)
  assert.deepEqual(others, keysHeaders)
  assert.match(String(etag), /^"[\w-]{22}"$/)
  for (const member of privateMembers) assert.ok(!body.includes(member), member)
  return JSON.parse(body).keys.map(({ kid }: { kid: string }) => kid)
}

async function answerTo(service: TestService, token: string): Promise<number> {
  return (await service.call("GET", "/me", { token })).status
}

test(`GET ${path} publishes the next key before it signs, and the last one until it is over`, async (t) => {
  const { service, token } = await prepareService(t, generated)
  const first = kidOf(token)
  assert.deepEqual(await publishedKids(service), [first])
  const { kid: second } = await service.keys.rotate()
  assert.deepEqual(takeEvents(service).slice(-1), ["key.rotated"])
  assert.deepEqual(await publishedKids(service), [first, second])

  service.clock.advance(untilItSigns - 1)
  const last = await service.logIn("alice", "wonderland")
  assert.equal(kidOf(last), first)
  service.clock.advance(1)
  const next = await service.logIn("alice", "wonderland")
  assert.equal(kidOf(next), second)
  for (const good of [token, last, next]) assert.equal(await answerTo(service, good), 200)

  service.clock.advance(898)
  assert.equal(await answerTo(service, last), 200)
  assert.deepEqual(await publishedKids(service), [first, second])
  service.clock.advance(2)
  await service.keys.rotateWhenDue()
  assert.deepEqual(await publishedKids(service), [second])
  assertRefused(await service.call("GET", "/me", { token: last }), invalid)
})

test(`GET ${path} changes its ETag with each change of the keys, and only then`, async (t) => {
  const { service } = await prepareService(t, generated)
  const tags = new Set<string>()
  const ask = async () => {
    const [before = ""] = [...tags].slice(-1)
    const reply = await service.call("GET", path, { headers: { "if-none-match": before } })
    tags.add(reply.headers["ETag"] ?? "")
    return reply.status
  }
  assert.deepEqual([await ask(), await ask()], [200, 304])
  await service.keys.rotate()
  assert.deepEqual([await ask(), await ask()], [200, 304])
  service.clock.advance(untilOver)
  assert.deepEqual([await ask(), await ask()], [200, 304])
  await service.keys.rotateWhenDue()
  assert.equal(await ask(), 304)
  assert.equal(tags.size, 3)
})

test(`GET ${path} is all that another service needs, at any time of a rotation`, async (t) => {
  const { service, token } = await prepareService(t, generated)
  const fetched = async () => JSON.parse((await service.call("GET", path)).body)
  const verify = async (sent: string, set: Parameters<typeof createLocalJWKSet>[0]) => {
    const currentDate = new Date(service.clock.now() * 1000)
    const options = { issuer: forgeIssuer, audience: forgeIssuer, typ: "at+jwt", currentDate }
    return (await jwtVerify(sent, createLocalJWKSet(set), options)).payload.sub
  }
  await service.keys.rotate()
  // Fetched right after the rotation, and kept for as long as it may be.
  const kept = await fetched()
  assert.equal(await verify(token, kept), "alice")
  service.clock.advance(untilItSigns)
  const next = await service.logIn("alice", "wonderland")
  assert.equal(await verify(next, kept), "alice")
  assert.equal(await verify(next, await fetched()), "alice")
})

test("retiring a key ends its access tokens at once, and no session", async (t) => {
  const { service, token, tokens } = await prepareService(t, generated)
  const first = kidOf(token)
  await service.keys.retire(first)
  assert.deepEqual(takeEvents(service).slice(-1), ["key.retired"])
  const [second, ...more] = await publishedKids(service)
  assert.notEqual(second, first)
  assert.deepEqual(more, [])
  assertRefused(await service.call("GET", "/me", { token }), invalid)
  const next = await refresh(service, tokens.refresh_token)
  assert.equal(kidOf(next.access_token), second)
  assert.equal(await answerTo(service, next.access_token), 200)
})

test("retiring the key of refresh tokens ends all refresh tokens, and no access token", async (t) => {
  const { service, token, tokens } = await prepareService(t, generated)
  await service.keys.retire("refresh")
  const json = { refresh_token: tokens.refresh_token }
  assertRefused(await service.call("POST", "/refresh", { json }), invalid)
  assert.equal(await answerTo(service, token), 200)
  const again = await service.start("alice", "wonderland")
  await refresh(service, again.refresh_token)
})

test("POST /logout with a token of a retired key ends nothing, and says no more", async (t) => {
  const { service, token, sid } = await prepareService(t, generated)
  await service.keys.retire(kidOf(token))
  takeEvents(service)
  assert.equal((await service.call("POST", "/logout", { token })).status, 204)
  assert.deepEqual(takeEvents(service), [])
  assert.notEqual(await findSession(service.store, sid), null)
})

test("rotations fail no request that is under way", async (t) => {
  const { service, token, tokens } = await prepareService(t, generated)
  let current = tokens
  for (let round = 0; round < 3; round += 1) {
    const [, next, ...replies] = await Promise.all([
      service.keys.rotate(),
      refresh(service, current.refresh_token),
      ...Array.from({ length: 10 }, () =>
        service.call("GET", "/me", { token: current.access_token }),
      ),
      service.call("POST", "/login", { json: { username: "bob", password: "builder" } }),
    ])
    for (const { status } of replies) assert.equal(status, 200)
    current = next
    service.clock.advance(untilItSigns)
    assert.equal(await answerTo(service, current.access_token), 200)
  }
  assert.equal(await answerTo(service, token), 401)
})
