// The count of each account: charged before the password is compared, in one step, for good.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { Unavailable } from "../../src/errors.ts"
import { isLockedForStrangers } from "../../src/service/account_failures.ts"
import type { LoginSource } from "../../src/store/failure_store.ts"
import { notStored, unavailableAs } from "../support/refusal.ts"
import { attemptOn, createGuarded, type Guarded, inTurn } from "./guarded.ts"

/** An attempt at alice's account by another stranger or device for each number. */
function another(source: LoginSource, number: number) {
  const address = `10.0.${number >> 8}.${number & 255}`
  return attemptOn("alice", { address, device: source === "device" ? `d${number}` : null })
}

async function failedLogins({ store }: Guarded): Promise<readonly [number, number]> {
  const { strangers = 0, devices = 0 } = (await store.failures.find("alice")) ?? {}
  return [strangers, devices]
}

function slowly({ store }: Guarded): void {
  const count = store.failures.count.bind(store.failures)
  store.failures.count = async (...values) => {
    await turn()
    const counted = await count(...values)
    await turn()
    return counted
  }
}

for (const isSlow of [false, true]) {
  const kind = isSlow ? "slow" : "fast"
  test(`verify() of 300 strangers at once compares 70, and locks once, with a ${kind} store`, async () => {
    const guarded = await createGuarded({ hashesAtATime: 300 })
    if (isSlow) slowly(guarded)
    const attempts = Array.from({ length: 300 }, (_, index) =>
      guarded.fail(another("stranger", index)),
    )
    assert.deepEqual(new Set(await Promise.all(attempts)), new Set(["out"]))
    assert.equal(guarded.compared(), 70)
    assert.deepEqual(guarded.takeEvents(), ["user.locked"])
    assert.deepEqual(await failedLogins(guarded), [70, 0])
    assert.equal(await guarded.succeed(another("stranger", 400)), "out")
  })

  test(`verify() of 300 devices at once compares 100, as a sequence, with a ${kind} store`, async () => {
    const guarded = await createGuarded({ hashesAtATime: 300 })
    if (isSlow) slowly(guarded)
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => guarded.fail(another("device", index))),
    )
    const inSequence = await createGuarded()
    await inTurn(300, (index) => inSequence.fail(another("device", index)))
    for (const each of [guarded, inSequence]) {
      assert.equal(each.compared(), 100)
      assert.deepEqual(each.takeEvents(), ["user.locked", "user.locked"])
      assert.deepEqual(await failedLogins(each), [70, 30])
    }
  })
}

test("verify() of 300 concurrent right passwords locks nobody out", async () => {
  const guarded = await createGuarded({ hashesAtATime: 16 })
  const waves = await inTurn(20, (wave) =>
    Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        guarded.succeed(another("stranger", wave * 15 + index)),
      ),
    ),
  )
  assert.deepEqual(waves.flat(), Array(300).fill("in"))
  assert.deepEqual(await failedLogins(guarded), [0, 0])
  assert.deepEqual(guarded.takeEvents(), [])
})

test("verify() accepts the right password after 69 failures, and audits no lock", async () => {
  const guarded = await createGuarded()
  await inTurn(69, (index) => guarded.fail(another("stranger", index)))
  assert.equal(await guarded.succeed(attemptOn("alice")), "in")
  assert.deepEqual([guarded.takeEvents(), await failedLogins(guarded)], [[], [0, 0]])
})

test("verify() audits no lock when the account was reset meanwhile", async () => {
  const guarded = await createGuarded()
  await inTurn(69, (index) => guarded.fail(another("stranger", index)))
  guarded.interrupt(() => guarded.guard.unlock("alice"))
  assert.equal(await guarded.fail(attemptOn("alice")), "out")
  assert.deepEqual([guarded.takeEvents(), await failedLogins(guarded)], [[], [0, 0]])
})

test("verify() gives back the charge of an undecided attempt", async () => {
  const guarded = await createGuarded()
  await inTurn(69, (index) => guarded.fail(another("stranger", index)))
  for (const failure of [new TypeError("a bug"), new Unavailable("No memory for a hash")]) {
    for (const user of ["alice", "nobody"]) {
      guarded.interrupt(() => Promise.reject(failure))
      await assert.rejects(guarded.succeed(attemptOn(user)), failure)
    }
    assert.deepEqual(await failedLogins(guarded), [69, 0])
  }
  assert.equal(await guarded.succeed(attemptOn("alice")), "in")
})

test("verify() compares nothing while the store can't write, and charges nothing", async () => {
  const guarded = await createGuarded()
  const { store, fail, succeed, compared } = guarded
  await inTurn(4, () => fail(attemptOn("alice")))
  store.full = true
  const before = compared()
  await inTurn(200, async (index) => {
    for (const name of ["alice", "nobody", null]) {
      await assert.rejects(fail(attemptOn(name)), notStored)
    }
    await assert.rejects(succeed(another("device", index)), notStored)
  })
  assert.equal(compared(), before)
  store.full = false
  assert.deepEqual(await failedLogins(guarded), [4, 0])
  assert.equal(await succeed(attemptOn("alice")), "in")
})

test("verify() charges nothing when the store is away", async () => {
  const { store, fail, succeed } = await createGuarded()
  const count = store.failures.count.bind(store.failures)
  store.failures.count = () => Promise.reject(new Unavailable("The store is away"))
  await inTurn(20, () =>
    assert.rejects(fail(attemptOn("alice")), unavailableAs("The store is away")),
  )
  store.failures.count = count
  assert.equal(await succeed(attemptOn("alice")), "in")
})

test("verify() of a user who is deleted meanwhile leaves no count behind", async () => {
  const guarded = await createGuarded()
  const { store, fail } = guarded
  const ending = { at: 1, steadyAt: 1, accessTtlSeconds: 1, graceSeconds: 1 }
  guarded.interrupt(() => store.users.delete("alice", ending))
  assert.equal(await fail(attemptOn("alice")), "out")
  assert.deepEqual(await failedLogins(guarded), [0, 0])
  assert.equal(await fail(attemptOn("alice", { device: "d1" })), "out")
})

/** Failures by strangers and devices, and whether somebody is locked out by them. */
const failures: readonly (readonly [strangers: number, devices: number, isSpent: boolean])[] = [
  [0, 0, false],
  [69, 29, false],
  [70, 0, true],
  [0, 30, true],
]

for (const [strangers, devices, isSpent] of failures) {
  test(`unlock() after ${strangers} failures by strangers and ${devices} by devices: ${isSpent}`, async () => {
    const guarded = await createGuarded()
    const { guard, store, fail } = guarded
    await inTurn(strangers, (index) => fail(another("stranger", index)))
    await inTurn(devices, (index) => fail(another("device", index)))
    assert.equal(isLockedForStrangers(await store.failures.find("alice")), strangers === 70)
    assert.equal(await guard.unlock("alice"), isSpent)
    assert.deepEqual(await failedLogins(guarded), [0, 0])
    assert.equal(await guard.unlock("alice"), false)
  })
}

test("unlock() on a full disk changes nothing", async () => {
  const guarded = await createGuarded()
  await inTurn(70, (index) => guarded.fail(another("stranger", index)))
  guarded.store.full = true
  await assert.rejects(guarded.guard.unlock("alice"), notStored)
  guarded.store.full = false
  assert.equal(await guarded.succeed(attemptOn("alice")), "out")
})

test("unlock() ends the waits of all clients and devices at the account only", async () => {
  const { guard, fail } = await createGuarded()
  const of = (username: string) => [
    attemptOn(username),
    attemptOn(username, { address: "2001:db8::1" }),
    attemptOn(username, { device: "d1" }),
  ]
  for (const attempt of [...of("alice"), ...of("bob")]) await inTurn(5, () => fail(attempt))
  await guard.unlock("alice")
  for (const attempt of of("alice")) assert.equal(await fail(attempt), "out")
  for (const attempt of of("bob")) assert.equal(await fail(attempt), 1)
})

test("verify() makes as many writes for each failure, for known and unknown users", async () => {
  const { store, fail } = await createGuarded()
  await inTurn(70, (index) => fail(another("stranger", index)))
  for (const [number, username] of ["alice", "bob", "nobody", null].entries()) {
    store.writes = 0
    await fail(attemptOn(username, { address: `10.1.0.${number}` }))
    assert.equal(store.writes, 1, String(username))
  }
})
