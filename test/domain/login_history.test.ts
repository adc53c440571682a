// What is kept of a user's logins and failures: bounded, and nobody can push out a login.

import assert from "node:assert/strict"
import { test } from "node:test"
import { emptyHistory, joinHistories, type LoginHistory } from "../../src/domain/login_history.ts"

const none = emptyHistory("alice")

function login(at: number): LoginHistory {
  return { ...none, logins: [{ at, address: "192.0.2.7" }] }
}

function failure(at: number, address = "203.0.113.9", count = 1): LoginHistory {
  return { ...none, failures: [{ at, address, count }] }
}

test("joinHistories() keeps the last ten logins, the latest first", () => {
  const all = Array.from({ length: 12 }, (_, at) => login(at)).reduce(joinHistories, none)
  assert.deepEqual(
    all.logins.map(({ at }) => at),
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
  )
})

test("joinHistories() sums the failures of one address, so that they push nothing out", () => {
  const before = joinHistories(login(1), failure(2, "198.51.100.1"))
  const attacked = Array.from({ length: 1000 }, (_, at) => failure(10 + at)).reduce(
    joinHistories,
    before,
  )
  assert.deepEqual(attacked, {
    ...login(1),
    failures: [
      { at: 1009, address: "203.0.113.9", count: 1000 },
      { at: 2, address: "198.51.100.1", count: 1 },
    ],
  })
})

test("joinHistories() keeps the last ten addresses that failed, and all logins beside them", () => {
  const attacked = Array.from({ length: 30 }, (_, at) => failure(at, `2001:db8::${at}`)).reduce(
    joinHistories,
    login(1),
  )
  assert.equal(attacked.failures.length, 10)
  assert.equal(attacked.failures[0]?.address, "2001:db8::29")
  assert.deepEqual(attacked.logins, login(1).logins)
})

test("joinHistories() keeps the later time, whichever comes first, and counts to an end", () => {
  assert.deepEqual(joinHistories(failure(9), failure(5)).failures, [
    { at: 9, address: "203.0.113.9", count: 2 },
  ])
  const many = joinHistories(failure(1, "a", 999_999), failure(2, "a", 999_999))
  assert.deepEqual(many.failures, [{ at: 2, address: "a", count: 999_999 }])
  assert.deepEqual(
    joinHistories(login(5), login(9)).logins.map(({ at }) => at),
    [9, 5],
  )
})

test("joinHistories() counts wrong codes of an address apart from its wrong passwords", () => {
  const [code] = failure(3).failures
  const codes = (at: number): LoginHistory => ({
    ...none,
    failures: [{ ...(code ?? assert.fail()), at, isCode: true }],
  })
  const joined = [codes(3), failure(4), codes(5), failure(6)].reduce(joinHistories, none)
  assert.deepEqual(joined.failures, [
    { at: 6, address: "203.0.113.9", count: 2 },
    { at: 5, address: "203.0.113.9", count: 2, isCode: true },
  ])
})
