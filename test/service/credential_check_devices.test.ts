// Clients that have logged in to an account before: strangers can't keep them out, and they are
// counted by themselves.

import assert from "node:assert/strict"
import { test } from "node:test"
import { writeDeviceToken } from "../../src/token/device_token.ts"
import { bySomeone } from "./account_parts.ts"
import {
  type CheckedAccounts,
  createCheckedAccounts,
  createCounter,
  outcomeOf,
  right,
  strangerOf,
  wrong,
} from "./checked_accounts.ts"

test("check() counts thirty failures of devices apart from those of strangers", async () => {
  const accounts = await createCheckedAccounts()
  const { check, deviceToken, log, store, clock } = accounts
  const compared = createCounter(accounts)
  for (let count = 0; count < 30; count += 1) {
    const trial = { deviceToken: deviceToken(count) }
    assert.equal(await check(wrong, trial), null)
  }
  assert.deepEqual(await store.failures.find("alice"), {
    ...{ username: "alice", strangers: 0, devices: 30 },
  })
  assert.deepEqual(log.takeAudit(), [{ event: "user.locked", user: "alice", ...bySomeone }])
  assert.equal(compared(), 30)
  // From then on they are strangers.
  assert.equal(await check(wrong, { deviceToken: deviceToken() }), null)
  assert.deepEqual(await store.failures.find("alice"), {
    ...{ username: "alice", strangers: 1, devices: 30 },
  })
  assert.deepEqual(log.takeAudit(), [])
  clock.advance(1)
  assert.equal(await check(right, { deviceToken: deviceToken() }), "alice")
  assert.deepEqual(
    log.takeAudit().map(({ event, reason }) => [event, reason]),
    [["user.unlocked", "login"]],
  )
  assert.equal(await check(right, { deviceToken: deviceToken() }), "alice")
})

test("check() allows an account a hundred guesses in a row by strangers and devices", async () => {
  const accounts = await createCheckedAccounts()
  const { check, deviceToken, guess } = accounts
  const compared = createCounter(accounts)
  for (let index = 0; index < 50; index += 1) {
    await check(wrong, { deviceToken: deviceToken(index) })
    await guess(3)
  }
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const device = index % 2 === 0 ? { deviceToken: deviceToken(100 + index) } : {}
      return check(wrong, { ...device, address: strangerOf(7000 + index) })
    }),
  )
  assert.equal(compared(), 100)
})

test("check() of concurrent failing devices locks out devices, then strangers, once each", async () => {
  const accounts = await createCheckedAccounts()
  const { check, deviceToken, log, store } = accounts
  const compared = createCounter(accounts)
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => check(wrong, { deviceToken: deviceToken(index) })),
  )
  assert.equal(compared(), 100)
  assert.deepEqual(await store.failures.find("alice"), {
    ...{ username: "alice", strangers: 70, devices: 30 },
  })
  assert.deepEqual(
    log.takeAudit().map(({ event }) => event),
    ["user.locked", "user.locked"],
  )
  assert.equal(await check(right, { deviceToken: deviceToken(201) }), null)
})

test("check() accepts a known device while strangers guess, even from the same address", async () => {
  const { check, deviceToken, guess } = await createCheckedAccounts()
  const token = deviceToken()
  await guess(75)
  for (let index = 0; index < 100; index += 1) await check(wrong, { username: `nobody${index}` })
  for (let count = 0; count < 4; count += 1) {
    assert.equal(await check(wrong, { deviceToken: token }), null)
  }
  assert.equal(await outcomeOf(check(right)), "in 10 s")
  assert.equal(await check(right, { deviceToken: token }), "alice")
})

test("check() delays a known device after five failures of its own, at any address", async () => {
  const { check, deviceToken, clock } = await createCheckedAccounts()
  const deviceTokens = [deviceToken(1), deviceToken(2)]
  const [first = "", second = ""] = deviceTokens
  for (let index = 0; index < 5; index += 1) {
    await check(wrong, { deviceToken: first, address: strangerOf(index) })
  }
  const elsewhere = { address: "192.0.2.8" }
  assert.equal(await outcomeOf(check(right, { deviceToken: first, ...elsewhere })), "in 1 s")
  assert.equal(await outcomeOf(check(wrong, { deviceToken: second })), null)
  assert.equal(await outcomeOf(check(wrong)), null)
  clock.advance(1)
  assert.equal(await check(right, { deviceToken: first }), "alice")
})

/** Device tokens of nobody who is known to alice's account. */
const strange: Readonly<Record<string, (accounts: CheckedAccounts) => Promise<string> | string>> = {
  "another user's": ({ deviceToken }) => deviceToken(1, "bob"),
  "of another key": ({ clock }) => {
    const claim = { device: Buffer.alloc(10), issuedAt: clock.now() }
    return writeDeviceToken(claim, "alice", Buffer.alloc(32, 8))
  },
  malformed: ({ deviceToken }) => `${deviceToken()}A`,
  empty: () => "",
  "from before a change of password": async ({ accounts, deviceToken }) => {
    const token = deviceToken()
    await accounts.setPassword({ username: "alice", password: right })
    return token
  },
  "from before a logout of all": async ({ accounts, deviceToken }) => {
    const token = deviceToken()
    await accounts.logOut("alice")
    return token
  },
  "from before the user was disabled": async ({ accounts, deviceToken }) => {
    const token = deviceToken()
    await accounts.disable("alice")
    await accounts.enable("alice")
    return token
  },
  "of a user of before, whose name was released": async ({ accounts, deviceToken }) => {
    const token = deviceToken()
    await accounts.delete("alice")
    await accounts.release("alice")
    await accounts.create({ username: "alice", password: right })
    return token
  },
}

for (const [name, make] of Object.entries(strange)) {
  test(`check() counts a client as a stranger when its device token is ${name}`, async () => {
    const accounts = await createCheckedAccounts()
    const { check, guess, store } = accounts
    const deviceToken = await make(accounts)
    assert.equal(await check(wrong, { deviceToken }), null)
    const counted = { username: "alice", strangers: 1, devices: 0 }
    assert.deepEqual(await store.failures.find("alice"), counted)
    await guess(69)
    assert.equal(await check(right, { deviceToken }), null)
    accounts.clock.advance(1)
    assert.equal(await check(right, { deviceToken: accounts.deviceToken() }), "alice")
  })
}
