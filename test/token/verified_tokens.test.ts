// What is remembered of verified tokens, for how long, and how much of it.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { TokenSettings } from "../../src/token/access_token.ts"
import type { KeyRing } from "../../src/token/keys/key_ring.ts"
import { VerifiedTokens } from "../../src/token/verified_tokens.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { expiredToken, invalidToken } from "../support/refusal.ts"

const roomy = { bytesMax: 1_000_000 }
const shared = await createForge("HS256")
const published = await createForge("ES256")

/** A token of its own for each number, all of one length. */
function numbered(number: number): string {
  return shared.token({ payload: { jti: `token-${String(number).padStart(6, "0")}` } })
}

/** Verifies and keeps a token as the guard does. */
async function keep(verified: VerifiedTokens, token: string, at = now): Promise<void> {
  if (verified.find(token, at) === null) verified.keep(token, await verified.verify(token, at))
}

/** Settings whose ring can be exchanged for another. */
function exchangeable({ settings }: { readonly settings: TokenSettings }) {
  const held: { ring: KeyRing } = { ring: settings.ring }
  const ring: KeyRing = {
    signer: (at) => held.ring.signer(at),
    find: (kid, at) => held.ring.find(kid, at),
    published: (at) => held.ring.published(at),
    keySet: (at) => held.ring.keySet(at),
  }
  return { held, settings: { ...settings, ring } }
}

for (const forge of [shared, published]) {
  test(`find() ${forge.alg} gives what verify() gave, and only for kept tokens`, async () => {
    const verified = new VerifiedTokens(forge.settings, roomy)
    const token = forge.token()
    const found = await verified.verify(token, now)
    assert.equal(verified.find(token, now), null)
    verified.keep(token, found)
    assert.equal(verified.size, 1)
    assert.deepEqual(verified.find(token, now)?.claims, found.claims)
    assert.equal(verified.find(`${token}A`, now), null)
    assert.equal(verified.find(token.slice(0, -1), now), null)
  })
}

test("figures() counts the tokens that were found, and those that were not", async () => {
  const { held, settings } = exchangeable(published)
  const verified = new VerifiedTokens(settings, roomy)
  const [one, other] = [published.token(), published.token({ payload: { jti: "another" } })]
  assert.deepEqual(verified.figures(), { size: 0, hits: 0, misses: 0 })
  await keep(verified, one)
  await keep(verified, other)
  assert.deepEqual(verified.figures(), { size: 2, hits: 0, misses: 2 })
  verified.find(one, now)
  verified.find(one, now - 3600)
  assert.throws(() => verified.find(one, now + 86_400 * 365), expiredToken)
  assert.deepEqual(verified.figures(), { size: 2, hits: 2, misses: 3 })
  held.ring = (await createForge("EdDSA")).settings.ring
  verified.find(other, now)
  assert.deepEqual(verified.figures(), { size: 0, hits: 2, misses: 4 })
})

test("find() refuses a token from the second on in which it expires", async () => {
  const verified = new VerifiedTokens(shared.settings, roomy)
  const token = shared.token({ payload: { exp: now + 60 } })
  await keep(verified, token)
  assert.notEqual(verified.find(token, now + 59), null)
  assert.throws(() => verified.find(token, now + 60), expiredToken)
})

test("find() leaves a token to be verified again under a clock that was set back", async () => {
  const verified = new VerifiedTokens(shared.settings, roomy)
  const token = shared.token({ payload: { iat: now } })
  await keep(verified, token)
  assert.equal(verified.find(token, now - 3600), null)
  await assert.rejects(async () => verified.verify(token, now - 3600), invalidToken)
  assert.notEqual(verified.find(token, now), null)
})

test("find() finds nothing once the keys have changed", async () => {
  const { held, settings } = exchangeable(published)
  const verified = new VerifiedTokens(settings, roomy)
  const tokens = [published.token(), published.token({ payload: { jti: "another" } })]
  for (const token of tokens) await keep(verified, token)
  held.ring = (await createForge("EdDSA")).settings.ring
  for (const token of tokens) assert.equal(verified.find(token, now), null)
  assert.equal(verified.size, 0)
})

test("keep() refuses a token that was verified by earlier keys", async () => {
  const { held, settings } = exchangeable(published)
  const verified = new VerifiedTokens(settings, roomy)
  const token = published.token()
  const found = await verified.verify(token, now)
  held.ring = (await createForge("EdDSA")).settings.ring
  verified.keep(token, found)
  assert.equal(verified.size, 0)
})

test("keep() throws out what older keys verified", async () => {
  const { held, settings } = exchangeable(published)
  const verified = new VerifiedTokens(settings, roomy)
  await keep(verified, published.token())
  const other = await createForge("EdDSA")
  held.ring = other.settings.ring
  await keep(verified, other.token())
  assert.equal(verified.size, 1)
})

test("verify() remembers nothing of tokens that do not hold", async () => {
  const verified = new VerifiedTokens(shared.settings, roomy)
  const forged = shared.token({ signature: () => Buffer.alloc(32) })
  await assert.rejects(async () => verified.verify(forged, now), invalidToken)
  await assert.rejects(
    async () => verified.verify(shared.token({ payload: { iat: now - 60, exp: now } }), now),
    expiredToken,
  )
  assert.equal(verified.size, 0)
})

test("keep() stays within its bytes: the token that was kept longest ago goes first", async () => {
  const room = 20
  const bytes = numbered(0).length + 512
  const verified = new VerifiedTokens(shared.settings, { bytesMax: room * bytes })
  for (let number = 0; number < 3 * room; number += 1) {
    await keep(verified, numbered(number))
    assert.equal(verified.size, Math.min(number + 1, room))
  }
  const kept = Array.from({ length: 3 * room }, (_, number) => number).filter(
    (number) => verified.find(numbered(number), now) !== null,
  )
  assert.deepEqual(
    kept,
    Array.from({ length: room }, (_, index) => 2 * room + index),
  )
})

test("keep() takes a dropped token again", async () => {
  const verified = new VerifiedTokens(shared.settings, {
    bytesMax: 3 * (numbered(0).length + 512),
  })
  for (const number of [1, 2, 3, 4, 1]) await keep(verified, numbered(number))
  assert.deepEqual(
    [1, 2, 3, 4].map((number) => verified.find(numbered(number), now) !== null),
    [true, false, true, true],
  )
})

test("keep() holds one token at least", async () => {
  const verified = new VerifiedTokens(shared.settings, { bytesMax: 1 })
  for (const number of [1, 2]) await keep(verified, numbered(number))
  assert.equal(verified.size, 1)
  assert.notEqual(verified.find(numbered(2), now), null)
})

test("keep() of a token twice, and drop(), count its bytes once", async () => {
  const bytes = numbered(0).length + 512
  const verified = new VerifiedTokens(shared.settings, { bytesMax: 2 * bytes })
  for (let times = 0; times < 5; times += 1) {
    verified.keep(numbered(1), await verified.verify(numbered(1), now))
  }
  await keep(verified, numbered(2))
  assert.equal(verified.size, 2)
  verified.drop(numbered(1))
  verified.drop(numbered(1))
  await keep(verified, numbered(3))
  assert.deepEqual(
    [1, 2, 3].map((number) => verified.find(numbered(number), now) !== null),
    [false, true, true],
  )
})
