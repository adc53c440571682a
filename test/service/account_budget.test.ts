// The budget by itself, over a store that has everything at hand and one that has to be waited for.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { Unavailable } from "../../src/errors.ts"
import { createAccountBudget, isLocked } from "../../src/service/account_budget.ts"
import type { LoginSource, Store } from "../../src/store/store.ts"
import { sampleUser } from "../store/sample_user.ts"
import { createMemoryStore, type MemoryStore } from "../support/memory_store.ts"
import { unavailableAs } from "../support/refusal.ts"

const most = { stranger: 70, device: 30 } as const
const sources: readonly LoginSource[] = ["stranger", "device"]

/** A budget over a store with the user alice, and failures one after the other. */
async function createBudget(slowly: (store: Store) => void = () => {}) {
  const store = createMemoryStore()
  await store.addUser(sampleUser("alice"))
  slowly(store)
  const budget = createAccountBudget(store)
  const fail = async (source: LoginSource, times: number) => {
    const failures: string[] = []
    for (let count = 0; count < times; count += 1) {
      const claim = await budget.claim("alice", source)
      failures.push(`${claim.isOpen ? "open" : "shut"}${(await claim.spend()) ? ", last" : ""}`)
    }
    return failures
  }
  return { store, budget, fail }
}

/** Answers with what was so before others had their turn, as a database does. */
function slowly(store: Store): void {
  const find = store.findFailedLogins.bind(store)
  store.findFailedLogins = async (username) => {
    const found = await find(username)
    await turn()
    return found
  }
}

for (const source of sources) {
  test(`claim() is open ${most[source]} times to a ${source}, and says which was the last`, async () => {
    const { fail } = await createBudget()
    const open = Array(most[source] - 1).fill("open")
    assert.deepEqual(await fail(source, most[source] + 5), [
      ...open,
      "open, last",
      ...Array(5).fill("shut"),
    ])
    const other = source === "stranger" ? "device" : "stranger"
    assert.deepEqual(await fail(other, 1), ["open"])
  })

  for (const isSlow of [false, true]) {
    const kind = isSlow ? "has to be waited for" : "answers at once"
    test(`claim() of 200 at once opens no more to a ${source}, by a store that ${kind}`, async () => {
      const { budget, fail, store } = await createBudget(isSlow ? slowly : undefined)
      let opened = 0
      let last = 0
      const attempt = async (index: number) => {
        // Not all begin at the same moment.
        for (let turns = index % 7; turns > 0; turns -= 1) await turn()
        const claim = await budget.claim("alice", source)
        if (claim.isOpen) opened += 1
        await turn()
        if (await claim.spend()) last += 1
      }
      await Promise.all(Array.from({ length: 200 }, (_, index) => attempt(index)))
      // A failure may count twice for a moment, longer by a store that has to be waited for.
      const least = isSlow ? 1 : most[source] - 5
      assert.ok(opened <= most[source] && opened >= least, `${opened} were open`)
      assert.equal(last, 1)
      assert.deepEqual(await fail(source, 1), ["shut"])
      const failed = await store.findFailedLogins("alice")
      const { strangers = 0, devices = 0 } = failed ?? {}
      assert.equal(strangers + devices, most[source])
    })
  }
}

test("claim() counts what is under way until it is spent or given back", async () => {
  const { budget, fail } = await createBudget()
  await fail("stranger", 68)
  const [one, two, three] = [
    await budget.claim("alice", "stranger"),
    await budget.claim("alice", "stranger"),
    await budget.claim("alice", "stranger"),
  ]
  assert.deepEqual(
    [one, two, three].map(({ isOpen }) => isOpen),
    [true, true, false],
  )
  for (const claim of [three, two]) claim?.giveBack()
  const four = await budget.claim("alice", "stranger")
  assert.equal(four.isOpen, true)
  assert.deepEqual([await one?.spend(), await four.spend()], [false, true])
})

test("claim() of nobody's is always open, and never the last", async () => {
  const { budget, store } = await createBudget()
  for (const full of [false, true]) {
    store.full = full
    for (let count = 0; count < 200; count += 1) {
      const claim = await budget.claim(null, "stranger")
      assert.equal(await claim.spend(), false)
    }
  }
  assert.equal(await store.findFailedLogins("alice"), null)
})

test("claim() of a user who is deleted meanwhile is nobody's", async () => {
  const { budget, store, fail } = await createBudget()
  await fail("stranger", 69)
  for (let count = 0; count < 69; count += 1) await store.countFailedLogin(null, "stranger")
  const claim = await budget.claim("alice", "stranger")
  await store.deleteUser("alice", { at: 1, accessTtlSeconds: 1, graceSeconds: 1 })
  assert.equal(await claim.spend(), false)
  assert.equal(await store.findFailedLogins("alice"), null)
})

test("claim() is not counted when the store can't be asked", async () => {
  const { budget, store } = await createBudget()
  const { findFailedLogins } = store
  store.findFailedLogins = () => {
    throw new Unavailable("The store is away")
  }
  for (let count = 0; count < 100; count += 1) {
    await assert.rejects(budget.claim("alice", "stranger"), unavailableAs("The store is away"))
  }
  store.findFailedLogins = findFailedLogins
  assert.equal((await budget.claim("alice", "stranger")).isOpen, true)
})

test("spend() that can't be written counts until renew(), with what was written", async () => {
  const { budget, store, fail } = await createBudget()
  await fail("stranger", 40)
  store.full = true
  const failures = await fail("stranger", 35)
  assert.deepEqual(failures.slice(28), ["open", "open, last", ...Array(5).fill("shut")])
  store.full = false
  assert.deepEqual(await fail("stranger", 1), ["shut"])
  assert.equal(await budget.renew("alice"), true)
  assert.equal(await store.findFailedLogins("alice"), null)
  assert.deepEqual(new Set(await fail("stranger", 69)), new Set(["open"]))
})

test("spend() of what was not open counts, too, written or not, up to the most there may be", async () => {
  for (const full of [false, true]) {
    const { budget, store, fail } = await createBudget()
    await fail("stranger", 69)
    const open = await budget.claim("alice", "stranger")
    const shut = await budget.claim("alice", "stranger")
    store.full = full
    assert.deepEqual([shut.isOpen, await shut.spend()], [false, true])
    assert.equal(await open.spend(), false)
    store.full = false
    assert.deepEqual(await fail("stranger", 1), ["shut"])
    assert.equal((await store.findFailedLogins("alice"))?.strangers, full ? 69 : 70)
  }
})

/** What the disk does while 300 fail at once. */
const disks: Readonly<Record<string, (store: MemoryStore) => Promise<void>>> = {
  "takes all": async () => {},
  "takes nothing": async (store) => {
    store.full = true
  },
  "is full for a while": async (store) => {
    for (let turns = 0; turns < 60; turns += 1) {
      store.full = turns % 20 >= 10
      await turn()
    }
    store.full = false
  },
}

for (const [what, use] of Object.entries(disks)) {
  for (const source of sources) {
    test(`spend() of 300 by a ${source} at once spends the part, and says so once, where the disk ${what}`, async () => {
      const { budget, store, fail } = await createBudget()
      let opened = 0
      let last = 0
      const attempt = async (index: number) => {
        for (let turns = index % 60; turns > 0; turns -= 1) await turn()
        const claim = await budget.claim("alice", source)
        if (claim.isOpen) opened += 1
        await turn()
        if (await claim.spend()) last += 1
      }
      const attempts = Array.from({ length: 300 }, (_, index) => attempt(index))
      await Promise.all([use(store), ...attempts])
      assert.equal(last, 1)
      assert.ok(opened <= most[source], `${opened} were open`)
      assert.deepEqual(await fail(source, 1), ["shut"])
      assert.equal(await budget.renew("alice"), true)
    })
  }
}

test("renew() on a full disk changes nothing", async () => {
  const { budget, store, fail } = await createBudget()
  await fail("stranger", 69)
  store.full = true
  await fail("stranger", 1)
  await assert.rejects(budget.renew("alice"), unavailableAs("The change could not be stored"))
  assert.deepEqual(await fail("stranger", 1), ["shut"])
})

/** Failures, and whether somebody was locked out by them. */
const failures: readonly (readonly [strangers: number, devices: number, isSpent: boolean])[] = [
  [0, 0, false],
  [69, 29, false],
  [70, 0, true],
  [0, 30, true],
]

for (const [strangers, devices, isSpent] of failures) {
  test(`renew() after ${strangers} failures by strangers and ${devices} by devices: ${isSpent}`, async () => {
    const { budget, store, fail } = await createBudget()
    await fail("stranger", strangers)
    await fail("device", devices)
    assert.equal(isLocked(await store.findFailedLogins("alice")), strangers === 70)
    assert.equal(await budget.renew("alice"), isSpent)
    assert.equal(await store.findFailedLogins("alice"), null)
    assert.equal(await budget.renew("alice"), false)
    for (const source of sources) assert.deepEqual(await fail(source, 1), ["open"])
  })
}

test("renew() forgets nothing that is under way", async () => {
  const { budget, fail } = await createBudget()
  const before = [await budget.claim("alice", "stranger"), await budget.claim("alice", "stranger")]
  await budget.renew("alice")
  await fail("stranger", 68)
  assert.equal((await budget.claim("alice", "stranger")).isOpen, false)
  for (const claim of before) await claim.spend()
  assert.deepEqual(await fail("stranger", 1), ["shut"])
})
