import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isOver,
  noticeSeconds,
  signerOf,
  stateOf,
  type TimedKey,
  waitingKey,
  withEnds,
  without,
} from "../../../src/token/keys/key_rotation.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"

const tokenSeconds = 900

function key(kid: string, signsFrom: number, keptUntil: number | null = null): TimedKey {
  return { jwk: { kid }, publishedAt: signsFrom, signsFrom, keptUntil }
}

/** An old key, the one that signs, and the one that will. */
const old = key("old", now - 5000, now + 100)
const signing = key("signing", now - 1000, now + 200 + tokenSeconds)
const waiting = key("waiting", now + 200)
const three = [old, signing, waiting]

const kids = (keys: readonly TimedKey[]) => keys.map(({ jwk }) => jwk.kid)

test("stateOf() gives the state of each key", () => {
  const states = (at: number) => three.map((one) => stateOf(one, three, at))
  assert.deepEqual(states(now), ["kept", "signing", "waiting"])
  assert.deepEqual(states(now + 99), ["kept", "signing", "waiting"])
  assert.deepEqual(states(now + 100), ["over", "signing", "waiting"])
  assert.deepEqual(states(now + 199), ["over", "signing", "waiting"])
  assert.deepEqual(states(now + 200), ["over", "kept", "signing"])
  assert.deepEqual(states(now + 200 + tokenSeconds), ["over", "over", "signing"])
})

test("signerOf() gives the first key when the clock is behind them all", () => {
  assert.equal(signerOf(three, now - 6000), old)
  assert.equal(stateOf(old, three, now - 6000), "signing")
  assert.equal(signerOf([], now), undefined)
})

test("isOver() is never true of a key without an end", () => {
  assert.equal(isOver(waiting, Number.MAX_SAFE_INTEGER), false)
})

test("waitingKey() gives the key that is about to sign", () => {
  assert.equal(waitingKey(three, now), waiting)
  assert.equal(waitingKey(three, now + 200), undefined)
  assert.equal(waitingKey([old, signing], now), undefined)
})

test("waitingKey() leaves out a key of a clock that was ahead", () => {
  const far = key("far", now + noticeSeconds + 1)
  assert.equal(waitingKey([signing, far], now), undefined)
  assert.equal(waitingKey([signing, far], now + 1), far)
})

test("without() the signing key has the waiting one sign from now on", () => {
  const left = without(three, signing, now)
  assert.deepEqual(kids(left), ["old", "waiting"])
  assert.equal(left[1]?.signsFrom, now)
  assert.equal(left[0], old)
})

test("without() the signing key leaves no signer when no key waits", () => {
  const last = key("last", now - 1000)
  assert.deepEqual(without([old, last], last, now), [old])
  assert.deepEqual(without([last], last, now), [])
})

test("without() the waiting key has the signing one go on", () => {
  const left = without(three, waiting, now)
  assert.deepEqual(left, [old, { ...signing, keptUntil: null }])
})

test("without() a kept key changes nothing else", () => {
  assert.deepEqual(without(three, old, now), [signing, waiting])
})

test("withEnds() keeps keys for tokens that live longer than when their ends were set", () => {
  assert.deepEqual(withEnds(three, tokenSeconds), [old, signing, waiting])
  assert.equal(withEnds(three, 3600)[0]?.keptUntil, now + 2600)
  assert.equal(withEnds(three, 3600)[1]?.keptUntil, now + 200 + 3600)
  assert.equal(withEnds(three, 1)[1]?.keptUntil, signing.keptUntil)
})

test("withEnds() keeps a key until its last token has expired, and the last key for ever", () => {
  const last = key("last", now - 1000)
  const added = key("added", now + noticeSeconds, now + 5)
  assert.deepEqual(withEnds([old, last, added], tokenSeconds), [
    old,
    { ...last, keptUntil: now + noticeSeconds + tokenSeconds },
    { ...added, keptUntil: null },
  ])
})
