// Rotation by age, and keys under a clock that is set.

import assert from "node:assert/strict"
import { test } from "node:test"
import { startOfTests as now } from "../support/fake_clock.ts"
import { unavailableAs } from "../support/refusal.ts"
import { type OpenedKeys, openTestKeys } from "./opened_keys.ts"

const day = 86_400
const year = 365 * day
const rotationSeconds = 90 * day

/** Does what housekeeping does with the keys, once a step, for so many seconds. */
async function rotateFor({ keys, clock }: OpenedKeys, seconds: number, step = 60): Promise<void> {
  for (let passed = 0; passed <= seconds; passed += step) {
    await keys.rotateWhenDue()
    clock.advance(step)
  }
}

test("rotateWhenDue() does nothing for as long as nothing is due", async () => {
  const opened = await openTestKeys()
  const bytes = opened.disk.files.get("keys.json")
  opened.log.takeAudit()
  opened.clock.advance(10 * year)
  await opened.keys.rotateWhenDue()
  assert.deepEqual(opened.disk.files.get("keys.json"), bytes)
  assert.deepEqual(opened.log.takeAudit(), [])
})

test("rotateWhenDue() rotates at the age that was set, and again at that age", async () => {
  const opened = await openTestKeys({ rotationSeconds })
  const { keys, clock, log } = opened
  log.takeAudit()
  clock.advance(rotationSeconds - 1)
  await keys.rotateWhenDue()
  assert.deepEqual(log.takeAudit(), [])
  clock.advance(1)
  const token = await opened.sign()
  await keys.rotateWhenDue()
  assert.deepEqual(log.takeNames(), ["key.rotated"])
  await rotateFor(opened, 1140)
  assert.equal(await opened.verdict(token), "Token has expired")
  assert.deepEqual(log.takeNames(), [])
  await rotateFor(opened, 60)
  assert.deepEqual(log.takeNames(), ["key.removed"])
  assert.deepEqual(opened.states(), ["signing"])
  clock.advance(rotationSeconds - 1320)
  await keys.rotateWhenDue()
  assert.deepEqual(log.takeNames(), ["key.rotated"])
})

test("rotateWhenDue() refuses no token that has not expired, over many rotations", async () => {
  const opened = await openTestKeys({ rotationSeconds: 3600, accessTtlSeconds: 3000 })
  const held: { token: string; until: number }[] = []
  for (let passed = 0; passed < 8 * 3600; passed += 100) {
    await opened.keys.rotateWhenDue()
    held.push({ token: await opened.sign(), until: opened.clock.now() + 3000 })
    const alive = held.filter(({ until }) => opened.clock.now() < until)
    for (const { token } of [alive.at(0), alive.at(-1)].flatMap((one) => one ?? [])) {
      assert.equal(await opened.verdict(token), "good")
    }
    assert.ok(opened.published().length <= 2)
    opened.clock.advance(100)
  }
})

test("rotateWhenDue() on a full disk fails, and is made up for later", async () => {
  const opened = await openTestKeys({ rotationSeconds })
  opened.clock.advance(rotationSeconds)
  opened.disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(opened.keys.rotateWhenDue(), unavailableAs("The keys could not be stored"))
  assert.deepEqual(opened.states(), ["signing"])
  opened.disk.fail()
  await opened.keys.rotateWhenDue()
  assert.deepEqual(opened.states(), ["signing", "waiting"])
})

test("rotateWhenDue() does not rotate a key that is dated ahead: the clock may be behind", async () => {
  const opened = await openTestKeys({ rotationSeconds })
  opened.clock.advance(year)
  const ahead = await opened.reopen({ signing: { kind: "generated", algorithm: "EdDSA" } })
  ahead.clock.advance(-year)
  assert.deepEqual(ahead.states(), ["signing"])
  assert.equal(await ahead.verdict(await ahead.sign()), "good")
  await rotateFor(ahead, 600)
  assert.deepEqual(ahead.states(), ["signing"])
  assert.equal(await ahead.verdict(await ahead.sign()), "good")
})

test("rotateWhenDue() after a rotation under a clock a year ahead: tokens and rotation go on", async () => {
  const opened = await openTestKeys({ rotationSeconds })
  const { keys, clock } = opened
  const before = await opened.sign()
  clock.advance(year)
  await rotateFor(opened, 120)
  clock.advance(-year - 180)
  assert.equal(await opened.verdict(before), "good")
  assert.equal(await opened.verdict(await opened.sign()), "good")
  await rotateFor(opened, 600)
  assert.equal(opened.published().length, 2)
  // By the age of the key that signs, not of the one that is dated ahead.
  clock.advance(rotationSeconds - 600)
  await rotateFor(opened, 600)
  const signing = keys.list().filter(({ alg, state }) => alg === "ES256" && state === "signing")
  assert.deepEqual(
    signing.map(({ signsFrom }) => signsFrom),
    [now + rotationSeconds + 60 + 305],
  )
  // One key a year on and not one each minute.
  assert.equal(opened.published().length, 3)
  const token = await opened.sign()
  await opened.reopen()
  assert.equal(await opened.verdict(token), "good")
  // Before long the list is as it would have been.
  await rotateFor(opened, 1200)
  assert.deepEqual(opened.states().filter((state) => state === "signing").length, 1)
})

for (const seconds of [-3600, -3 * day]) {
  test(`rotateWhenDue() of keys under a clock that was set by ${seconds} s signs on`, async () => {
    const opened = await openTestKeys()
    await opened.keys.rotate()
    opened.clock.advance(400)
    opened.clock.advance(seconds)
    await opened.keys.rotateWhenDue()
    assert.equal(await opened.verdict(await opened.sign()), "good")
    const again = await opened.reopen()
    assert.equal(await again.verdict(await opened.sign()), "good")
    assert.equal(again.published().length, 2)
  })
}

test("openKeys() keeps a key for longer when tokens live for longer than before", async () => {
  const short = await openTestKeys({ accessTtlSeconds: 60 })
  await short.keys.rotate()
  short.clock.advance(300)
  const long = await short.reopen({ accessTtlSeconds: 3600 })
  const token = await long.sign()
  assert.equal(long.keys.list()[0]?.keptUntil, now + 305 + 3600)
  long.clock.advance(3599)
  await long.keys.rotateWhenDue()
  assert.equal(await long.verdict(token), "good")
})

test("openKeys() does not shorten the life of a key whose tokens lived for longer", async () => {
  const long = await openTestKeys({ accessTtlSeconds: 3600 })
  await long.keys.rotate()
  long.clock.advance(300)
  const token = await long.sign()
  const short = await long.reopen({ accessTtlSeconds: 60 })
  assert.equal(short.keys.list()[0]?.keptUntil, now + 305 + 3600)
  short.clock.advance(3000)
  await short.keys.rotateWhenDue()
  assert.equal(await long.verdict(token), "good")
})

test("rotateWhenDue() at once with a rotation by command makes one key", async () => {
  const opened = await openTestKeys({ rotationSeconds })
  opened.clock.advance(rotationSeconds)
  await Promise.allSettled([
    opened.keys.rotate(),
    opened.keys.rotateWhenDue(),
    opened.keys.rotateWhenDue(),
  ])
  assert.deepEqual(opened.states(), ["signing", "waiting"])
})
