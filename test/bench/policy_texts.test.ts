import assert from "node:assert/strict"
import { test } from "node:test"
import { judgePolicy, policyTexts, timePolicy } from "../../bench/policy_texts.ts"

test("policyTexts are as long as asked, and no two the same", () => {
  const texts = Object.values(policyTexts).map((textOf) => textOf(1024))
  for (const text of texts) assert.ok([1024, 512].includes(text.length), text)
  assert.equal(new Set(texts).size, texts.length)
})

test("timePolicy() times the rules for new passwords, and others", async () => {
  for (const [name, textOf] of Object.entries(policyTexts)) {
    const millis = await timePolicy(textOf(1024), 5)
    assert.ok(millis > 0 && millis < 1000, `${name}: ${millis} ms`)
  }
  const slow = async () => {
    for (const endsAt = performance.now() + 6; performance.now() < endsAt; );
    return null
  }
  assert.equal(judgePolicy([1, await timePolicy("a", 3, slow)]).isHeld, false)
})

test("judgePolicy() wants the longest median below 5 ms", () => {
  const held = "goal holds: longest median: 4.900 ms, below 5 wanted"
  assert.deepEqual(judgePolicy([1, 4.9]), { isHeld: true, line: held })
  const missed = "GOAL MISSED: longest median: 5.000 ms, below 5 wanted"
  assert.deepEqual(judgePolicy([5, 1]), { isHeld: false, line: missed })
  assert.equal(judgePolicy([Number.NaN]).isHeld, false)
})
