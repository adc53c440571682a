// Keys of a deployment: made, opened again, and rotated by command. Retiring them is in
// keys_retire.test.ts, rotation by age and clocks that are set in keys_rotate_by_age.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { KeySource } from "../../src/token/keys/key_ring.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { refusedAs, unavailableAs } from "../support/refusal.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"
import { openTestKeys } from "./opened_keys.ts"

const imported: KeySource = { kind: "imported", algorithm: "ES256", key: testKeyPem }
const shared: KeySource = { kind: "shared", algorithm: "HS256", secret: testSecret }
const signingAlways = { state: "signing", publishedAt: null, signsFrom: null, keptUntil: null }
const notStored = unavailableAs("The keys could not be stored")

test("openKeys() makes a key that signs at once, one for refresh tokens and one for cookies, once", async () => {
  const opened = await openTestKeys()
  const [kid = ""] = opened.published()
  assert.deepEqual(opened.keys.list(), [
    { kid, alg: "ES256", state: "signing", publishedAt: now, signsFrom: now, keptUntil: null },
    { kid: "refresh", alg: "HMAC-SHA-256", ...signingAlways },
    { kid: "cookies", alg: "HMAC-SHA-256", ...signingAlways },
  ])
  assert.deepEqual(opened.log.takeAudit(), [{ event: "key.made", key: kid }])
  assert.equal(opened.keys.refreshKey().byteLength, 32)
  assert.equal(opened.keys.cookieKey().byteLength, 32)
  assert.notDeepEqual(opened.keys.cookieKey(), opened.keys.refreshKey())
  const [bytes, token] = [opened.disk.files.get("keys.json"), await opened.sign()]
  const again = await opened.reopen()
  assert.deepEqual(again.keys.list(), opened.keys.list())
  assert.deepEqual(again.keys.refreshKey(), opened.keys.refreshKey())
  assert.deepEqual(again.keys.cookieKey(), opened.keys.cookieKey())
  assert.equal(await again.verdict(token), "good")
  assert.deepEqual(again.disk.files.get("keys.json"), bytes)
  assert.deepEqual(again.log.takeAudit(), [])
})

test("openKeys() on a full disk makes nothing, and says nothing", async () => {
  const opened = await openTestKeys({ signing: imported })
  opened.disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(
    opened.reopen({ signing: { kind: "generated", algorithm: "ES256" } }),
    notStored,
  )
  assert.deepEqual(opened.log.takeAudit(), [])
  assert.deepEqual(opened.file().keys, [])
})

for (const [name, signing] of Object.entries({ imported, shared })) {
  test(`openKeys() of ${name} keys makes only those of refresh tokens and cookies, and keeps them`, async () => {
    const opened = await openTestKeys({ signing })
    assert.deepEqual(opened.file().keys, [])
    assert.deepEqual(opened.log.takeAudit(), [])
    const [brought, ...others] = opened.keys.list()
    const kid = name === "shared" ? null : opened.published()[0]
    assert.deepEqual(brought, { kid, alg: signing.algorithm, ...signingAlways })
    assert.deepEqual(
      others.map((key) => key.kid),
      ["refresh", "cookies"],
    )
    const again = await opened.reopen()
    assert.deepEqual(again.keys.refreshKey(), opened.keys.refreshKey())
    assert.equal(await again.verdict(await opened.sign()), "good")
  })

  test(`rotate() and retire() leave ${name} keys to the operator`, async () => {
    const opened = await openTestKeys({ signing })
    const { keys, disk } = opened
    const bytes = disk.files.get("keys.json")
    const setting = name === "shared" ? "JWT_SECRET_KEY" : "JWT_PRIVATE_KEY"
    const message = `The key comes from ${setting}: change that and start Postern again`
    const refused = refusedAs("invalid_request", message)
    await assert.rejects(keys.rotate(), refused)
    await assert.rejects(keys.retire(keys.list()[0]?.kid ?? ""), refused)
    opened.clock.advance(10 * 365 * 86_400)
    await keys.rotateWhenDue()
    assert.deepEqual(disk.files.get("keys.json"), bytes)
    assert.deepEqual(opened.log.takeAudit(), [])
  })
}

test("openKeys() keeps the keys of another algorithm, unused", async () => {
  const opened = await openTestKeys()
  const token = await opened.sign()
  const other = await opened.reopen({ signing: { kind: "generated", algorithm: "EdDSA" } })
  assert.equal(await other.verdict(token), "Invalid token")
  assert.equal(other.keys.list().length, 3)
  await other.keys.rotate()
  other.clock.advance(10_000)
  await other.keys.rotateWhenDue()
  assert.deepEqual(
    other.file().keys.map(({ jwk }) => jwk.alg),
    ["ES256", "EdDSA"],
  )
  const back = await opened.reopen()
  assert.deepEqual(back.published(), opened.published())
  back.clock.advance(-10_000)
  assert.equal(await back.verdict(token), "good")
})

test("rotate() publishes a key, signs with it a cache lifetime later, and keeps the one before", async () => {
  const opened = await openTestKeys({ leewaySeconds: 10 })
  const { keys, clock } = opened
  const [first] = opened.published()
  opened.log.takeAudit()
  const added = await keys.rotate()
  assert.deepEqual(added, {
    ...{ kid: opened.published()[1], alg: "ES256", state: "waiting" },
    ...{ publishedAt: now, signsFrom: now + 305, keptUntil: null },
  })
  assert.deepEqual(opened.log.takeAudit(), [{ event: "key.rotated", key: added.kid }])
  const tokens: string[] = []
  const timeline = async () => {
    tokens.push(await opened.sign())
    const kids = tokens.map(
      (token) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid,
    )
    return { states: opened.states(), signer: kids.at(-1) === first ? "first" : "added" }
  }
  assert.deepEqual(await timeline(), { states: ["signing", "waiting"], signer: "first" })
  clock.advance(304)
  assert.deepEqual(await timeline(), { states: ["signing", "waiting"], signer: "first" })
  clock.advance(1)
  assert.deepEqual(await timeline(), { states: ["kept", "signing"], signer: "added" })
  for (const token of tokens) assert.equal(await opened.verdict(token), "good")
  // The last token of the first key, a second before its end with its leeway.
  clock.advance(908)
  await keys.rotateWhenDue()
  assert.equal(await opened.verdict(tokens[1] ?? ""), "good")
  assert.deepEqual(opened.published(), [first, added.kid])
  clock.advance(2)
  assert.deepEqual(opened.states(), ["over", "signing"])
  assert.deepEqual(opened.published(), [added.kid])
  opened.log.takeAudit()
  await keys.rotateWhenDue()
  assert.deepEqual(opened.log.takeAudit(), [{ event: "key.removed", key: first }])
  assert.deepEqual(
    opened.file().keys.map(({ jwk }) => jwk.kid),
    [added.kid],
  )
  assert.deepEqual(opened.states(), ["signing"])
})

test("rotate() continues after a restart at each step", async () => {
  const opened = await openTestKeys()
  const before = await opened.sign()
  await opened.keys.rotate()
  for (const advance of [0, 304, 1, 500]) {
    opened.clock.advance(advance)
    const again = await opened.reopen()
    assert.deepEqual(again.keys.list(), opened.keys.list())
    assert.equal(await again.verdict(before), await opened.verdict(before))
    assert.equal(await again.verdict(await opened.sign()), "good")
  }
})

test("rotate() refuses a second key while one waits, also at once", async () => {
  const { keys, clock, published } = await openTestKeys()
  const outcomes = await Promise.allSettled([keys.rotate(), keys.rotate()])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected"],
  )
  const kid = published()[1]
  const refused = refusedAs(
    "invalid_request",
    `The key '${kid}' is published already and about to sign`,
  )
  assert.ok(outcomes[1]?.status === "rejected" && refused(outcomes[1].reason))
  clock.advance(304)
  await assert.rejects(keys.rotate(), refused)
  clock.advance(1)
  await keys.rotate()
  assert.equal(published().length, 3)
})

test("rotate() on a full disk changes nothing, and works when there is room", async () => {
  const opened = await openTestKeys()
  const { keys, disk } = opened
  const before = [keys.list(), opened.published(), disk.files.get("keys.json")]
  opened.log.takeAudit()
  const kinds = ["make", "write", "rename"] as const
  for (const kind of kinds) {
    disk.fail((operation) => (operation.kind === kind ? { code: "ENOSPC" } : null))
    await assert.rejects(keys.rotate(), notStored, kind)
    await assert.rejects(keys.retire("refresh"), notStored, kind)
    assert.deepEqual([keys.list(), opened.published(), disk.files.get("keys.json")], before)
  }
  assert.deepEqual(opened.log.takeAudit(), [])
  assert.deepEqual([...disk.files.keys()], ["keys.json"])
  disk.fail()
  await keys.rotate()
  assert.equal(opened.published().length, 2)
})

test("rotate() does not hide a bug behind a full disk", async () => {
  const { keys, disk } = await openTestKeys()
  disk.fail(() => {
    throw new TypeError("a bug")
  })
  await assert.rejects(keys.rotate(), { name: "TypeError", message: "a bug" })
})

test("keys: nothing that is listed, published or logged has a private member", async () => {
  const opened = await openTestKeys()
  await opened.keys.rotate()
  await opened.keys.retire(opened.published()[0] ?? "")
  await opened.keys.retire("refresh")
  const shown = [opened.keys.list(), opened.keys.ring.published(now), opened.log.lines]
  const privates = [
    ...[opened.file().refreshKey, opened.file().cookieKey],
    ...[...JSON.stringify(opened.file()).matchAll(/"d":"([^"]+)"/g)].map(([, d]) => String(d)),
  ]
  assert.equal(privates.length, 3)
  for (const text of privates) assert.ok(!JSON.stringify(shown).includes(text))
  assert.doesNotMatch(JSON.stringify(shown), /"[dpqk]"/)
})
