// Keys that follow one another: which one signs, which ones are known and published, and what
// becomes of their tokens.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type IssuedToken, signAccessToken } from "../../../src/token/access_token.ts"
import {
  createTimedKeyRing,
  generateTimedKey,
  type KeyRing,
} from "../../../src/token/keys/key_ring.ts"
import {
  isOver,
  type KeyState,
  keySetMaxAgeSeconds,
  stateOf,
  type TimedKey,
} from "../../../src/token/keys/key_rotation.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { createForge } from "../../support/forge.ts"
import { grantOfTests } from "../../support/grant_of_tests.ts"
import { verdict } from "../../support/token_verdict.ts"

/** From publishing to signing, and for how long tokens live: as the service has them. */
const overlap = keySetMaxAgeSeconds + 5
const ttl = 900

const names = ["first", "second", "third"] as const
type Name = (typeof names)[number]

/** Two rotations: one an hour after the start, the next while the first key is still kept. */
const rotatedAt = { second: now + 3600, third: now + 4200 }
const signsFrom = { first: now, second: now + 3600 + overlap, third: now + 4200 + overlap }

const keys: readonly TimedKey[] = [
  { ...(await key(now, now)), keptUntil: signsFrom.second + ttl },
  { ...(await key(rotatedAt.second, signsFrom.second)), keptUntil: signsFrom.third + ttl },
  await key(rotatedAt.third, signsFrom.third),
]
const ring = await createTimedKeyRing(keys)

interface Moment {
  readonly at: number
  readonly signer: Name
  readonly published: readonly Name[]
  readonly states: readonly KeyState[]
}

const beginning: Omit<Moment, "at"> = {
  signer: "first",
  published: ["first", "second", "third"],
  states: ["signing", "waiting", "waiting"],
}
const moments: readonly Moment[] = [
  { at: 0, ...beginning },
  { at: now - 86_400, ...beginning },
  { at: now, ...beginning },
  { at: signsFrom.second - 1, ...beginning },
  { ...beginning, at: signsFrom.second, signer: "second", states: ["kept", "signing", "waiting"] },
  {
    ...beginning,
    at: signsFrom.third - 1,
    signer: "second",
    states: ["kept", "signing", "waiting"],
  },
  { ...beginning, at: signsFrom.third, signer: "third", states: ["kept", "kept", "signing"] },
  {
    ...beginning,
    at: signsFrom.second + ttl - 1,
    signer: "third",
    states: ["kept", "kept", "signing"],
  },
  {
    at: signsFrom.second + ttl,
    signer: "third",
    published: ["second", "third"],
    states: ["over", "kept", "signing"],
  },
  {
    at: signsFrom.third + ttl - 1,
    signer: "third",
    published: ["second", "third"],
    states: ["over", "kept", "signing"],
  },
  ...[signsFrom.third + ttl, now + 315_360_000].map((at) => ({
    at,
    signer: "third" as const,
    published: ["third" as const],
    states: ["over", "over", "signing"] as const,
  })),
]

for (const moment of moments) {
  test(`createTimedKeyRing() gives its keys ${moment.at - now} seconds after the start`, () => {
    const { at } = moment
    assert.equal(ring.signer(at).kid, kidOf(moment.signer))
    assert.deepEqual(
      ring.published(at).map(({ kid }) => kid),
      moment.published.map(kidOf),
    )
    for (const name of names) {
      const found = ring.find(kidOf(name), at) !== null
      assert.equal(found, moment.published.includes(name), `${name} is found if it is published`)
    }
    assert.deepEqual(
      keys.map((one) => stateOf(one, keys, at)),
      moment.states,
    )
    assert.deepEqual(
      keys.map((one) => isOver(one, at)),
      moment.states.map((state) => state === "over"),
    )
  })
}

test("createTimedKeyRing() verifies at each second all that it signed before", () => {
  for (let at = now; at <= signsFrom.third + ttl + 10; at += 1) {
    const { kid } = ring.signer(at)
    for (const later of [at, at + 1, at + ttl - 1, at - 5]) {
      assert.ok(ring.find(kid, later), `signed ${at - now}, verified ${later - now}`)
    }
    assert.ok(kidsAt(ring, at).includes(kid), `published when it signs, ${at - now}`)
    assert.ok(kidsAt(ring, at + ttl - 1).includes(kid), `published while it counts, ${at - now}`)
  }
})

test("keySet() gives the same text until a key ends, and the earlier text for a clock set back", () => {
  const whole = ring.keySet(now)
  assert.equal(ring.keySet(now + 1), whole)
  assert.equal(ring.keySet(signsFrom.second + ttl - 1), whole)
  const later = ring.keySet(signsFrom.second + ttl)
  assert.notEqual(later, whole)
  assert.equal(ring.keySet(signsFrom.third + ttl - 1), later)
  assert.notEqual(ring.keySet(signsFrom.third + ttl), later)
  assert.equal(ring.keySet(now), whole)
})

test("keySet() is another text for a ring with one more key, and the same for the same keys", async () => {
  const added = await generateTimedKey("ES256", { publishedAt: now, signsFrom: now })
  const more = await createTimedKeyRing([...keys, added])
  assert.notEqual(more.keySet(now), ring.keySet(now))
  const same = await createTimedKeyRing(keys)
  assert.equal(same.keySet(now), ring.keySet(now))
})

test("createTimedKeyRing() drops keys at their own ends, also in another order", async () => {
  const [first, second, third] = keys as [TimedKey, TimedKey, TimedKey]
  const crossed = [{ ...first, keptUntil: now + 90 }, { ...second, keptUntil: now + 30 }, third]
  const other = await createTimedKeyRing(crossed)
  const kids = names.map(kidOf)
  assert.deepEqual(kidsAt(other, now + 29), kids)
  assert.deepEqual(kidsAt(other, now + 30), [kids[0], kids[2]])
  assert.deepEqual(kidsAt(other, now + 90), [kids[2]])
  assert.deepEqual(kidsAt(other, now + 30), [kids[0], kids[2]])
})

test("createTimedKeyRing() signs by the first key while the clock is before all of them", async () => {
  const later = keys.map((one) => ({ ...one, signsFrom: one.signsFrom + 86_400 }))
  const other = await createTimedKeyRing(later)
  assert.equal(other.signer(now - 1).kid, kidOf("first"))
  assert.deepEqual(
    later.map((one) => stateOf(one, later, now - 1)),
    ["signing", "waiting", "waiting"],
  )
})

test("createTimedKeyRing() signs by the later of two keys that start together", async () => {
  const together = keys.map((one) => ({ ...one, signsFrom: now, keptUntil: null }))
  const other = await createTimedKeyRing(together)
  assert.equal(other.signer(now).kid, kidOf("third"))
  assert.deepEqual(
    together.map((one) => stateOf(one, together, now)),
    ["kept", "kept", "signing"],
  )
})

test("signAccessToken() changes its key in the second in which the next one signs", async () => {
  const { settings } = await createForge("ES256")
  const sign = (issuedAt: number): Promise<IssuedToken> =>
    signAccessToken({ ...grantOfTests, issuedAt }, { ...settings, ring })
  const [before, after] = [await sign(signsFrom.second - 1), await sign(signsFrom.second)]
  assert.equal(kidIn(before), kidOf("first"))
  assert.equal(kidIn(after), kidOf("second"))
})

test("verifyAccessToken() accepts a rotated key's tokens until they or the key are over", async () => {
  const forge = await createForge("ES256")
  const settings = { ...forge.settings, ring }
  const issuedAt = signsFrom.second - 1
  const { token } = await signAccessToken({ ...grantOfTests, issuedAt }, settings)
  const rows = [
    [issuedAt, "accepted"],
    [signsFrom.second, "accepted"],
    [issuedAt + ttl - 1, "accepted"],
    [issuedAt + ttl, "Token has expired"],
    // Its key is gone, so nobody knows that it was ours.
    [signsFrom.second + ttl, "Invalid token"],
    [signsFrom.second + ttl + 86_400, "Invalid token"],
  ] as const
  for (const [at, expected] of rows) {
    assert.equal(await verdict(token, settings, at), expected, `${at - issuedAt} seconds later`)
  }
})

test("verifyAccessToken() refuses the tokens of a retired key, and only those", async () => {
  const forge = await createForge("ES256")
  const before = { ...forge.settings, ring }
  const at = signsFrom.second
  const [stolen, good] = await Promise.all(
    [at - 1, at].map((issuedAt) => signAccessToken({ ...grantOfTests, issuedAt }, before)),
  )
  const after = { ...before, ring: await createTimedKeyRing(keys.slice(1)) }
  assert.equal(await verdict(stolen?.token ?? "", before, at), "accepted")
  assert.equal(await verdict(stolen?.token ?? "", after, at), "Invalid token")
  assert.equal(await verdict(good?.token ?? "", after, at), "accepted")
})

function key(publishedAt: number, from: number): Promise<TimedKey> {
  return generateTimedKey("ES256", { publishedAt, signsFrom: from })
}

function kidOf(name: Name): string {
  return keys[names.indexOf(name)]?.jwk.kid ?? ""
}

function kidsAt(timed: KeyRing, at: number) {
  return timed.published(at).map(({ kid }) => kid)
}

function kidIn({ token }: IssuedToken): unknown {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid
}
