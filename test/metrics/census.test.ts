import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { createCensus } from "../../src/metrics/census.ts"
import { createFakeClock, startOfTests } from "../support/fake_clock.ts"

/** A store whose numbers a test sets, and how often it was asked. */
function createCounted() {
  const counted = { users: 1, sessions: 2, asked: 0, askedAt: 0, isDown: false }
  const give = (what: "users" | "sessions") => {
    if (counted.isDown) throw new Unavailable("The database does not answer")
    return counted[what]
  }
  const store = {
    users: { count: async () => give("users") },
    sessions: {
      async count(now: number) {
        counted.asked += 1
        counted.askedAt = now
        return give("sessions")
      },
    },
  }
  return { counted, store }
}

test("createCensus() counts at most once a minute, however often it is asked", async () => {
  const { counted, store } = createCounted()
  const clock = createFakeClock()
  const census = createCensus(store, clock)
  assert.deepEqual(await census(), { users: 1, sessions: 2 })
  Object.assign(counted, { users: 5, sessions: 9 })
  clock.advance(59)
  assert.deepEqual(await census(), { users: 1, sessions: 2 })
  assert.equal(counted.asked, 1)
  clock.advance(1)
  const both = await Promise.all([census(), census()])
  assert.deepEqual(both, Array(2).fill({ users: 5, sessions: 9 }))
  assert.deepEqual([counted.asked, counted.askedAt], [2, startOfTests + 60])
})

test("createCensus() gives null while the store can't be asked, and asks again at once", async () => {
  const { counted, store } = createCounted()
  const census = createCensus(store, createFakeClock())
  counted.isDown = true
  assert.equal(await census(), null)
  counted.isDown = false
  assert.deepEqual(await census(), { users: 1, sessions: 2 })
})
