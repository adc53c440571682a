import assert from "node:assert/strict"
import { test } from "node:test"
import { createTokenRates } from "../../src/limit/token_rates.ts"

/** Rates, and a clock that moves by hand. */
function createRates() {
  let now = 100
  const { count } = createTokenRates(() => now)
  return {
    count: (id: string, username = "alice") => count({ id, username }),
    advance: (seconds: number) => {
      now += seconds
    },
  }
}

test("count() lets a session have 240 uses at once, then one in three seconds", () => {
  const { count, advance } = createRates()
  for (let use = 1; use < 240; use += 1) {
    assert.deepEqual(count("s1"), { wait: 0, isLast: false }, `${use}`)
  }
  assert.deepEqual(count("s1"), { wait: 0, isLast: true })
  for (let more = 0; more < 500; more += 1) {
    assert.deepEqual(count("s1"), { wait: 3, isLast: false })
  }
  advance(2)
  assert.deepEqual(count("s1"), { wait: 1, isLast: false })
  advance(1)
  assert.deepEqual(count("s1"), { wait: 0, isLast: true })
  assert.deepEqual(count("s2"), { wait: 0, isLast: false })
})

test("count() lets an account have 600 uses at once, then two in a second", () => {
  const { count, advance } = createRates()
  const uses = Array.from({ length: 700 }, (_, index) => count(`s${index % 50}`))
  assert.equal(uses.filter(({ wait }) => wait === 0).length, 600)
  assert.deepEqual(uses[599], { wait: 0, isLast: true })
  assert.deepEqual(uses.at(-1), { wait: 0.5, isLast: false })
  assert.deepEqual(count("b1", "bob"), { wait: 0, isLast: false })
  advance(10)
  const later = Array.from({ length: 30 }, (_, index) => count(`s${index}`))
  assert.equal(later.filter(({ wait }) => wait === 0).length, 20)
})

test("count() of one session without pause leaves the account's others theirs", () => {
  const { count, advance } = createRates()
  for (let second = 0; second < 3600; second += 1) {
    for (let use = 0; use < 50; use += 1) count("stolen")
    advance(1)
    assert.equal(count(`other${second % 40}`).wait, 0, `${second}`)
  }
})
