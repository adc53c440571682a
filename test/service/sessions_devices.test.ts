// What a login gives its client to be known by, and what a failed one leaves behind.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { LoginTokens } from "../../src/service/sessions.ts"
import { readDeviceToken } from "../../src/token/device_token.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { notStored, refusedAs } from "../support/refusal.ts"
import { settled } from "../support/settled.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { strangerOf } from "./checked_accounts.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { caller, where } from "./logged_in.ts"

const wrong = refusedAs("invalid_credentials", "Bad username or password")
const alice = { username: "alice", password: "wonderland" }

/** A service of whose user alice a client has a device token, and logins at another address. */
async function createKnown(t: TestContext) {
  const service = await createTestService(t, { generated: true })
  const { sessions } = service
  const known = await logInByPassword(sessions, alice, caller)
  service.log.takeAudit()
  /** Keeps strangers out. */
  const lock = async () => {
    for (let index = 0; index < 70; index += 1) {
      const stranger = { ...caller, address: strangerOf(index) }
      await assert.rejects(logInByPassword(sessions, { ...alice, password: "x" }, stranger), wrong)
    }
    service.log.takeAudit()
  }
  const logIn = (tokens?: LoginTokens, password = alice.password) =>
    logInByPassword(sessions, { ...alice, password, ...tokens }, caller)
  return { service, known, lock, logIn }
}

function readAlices({ deviceToken }: LoginTokens, { keys }: TestService) {
  return readDeviceToken(deviceToken, "alice", keys.refreshKey())
}

test("logIn() gives each login a device token of its own", async (t) => {
  const { service, known, logIn } = await createKnown(t)
  service.clock.advance(10)
  const [first, second] = [readAlices(known, service), readAlices(await logIn(known), service)]
  assert.deepEqual([first?.issuedAt, second?.issuedAt], [startOfTests, startOfTests + 10])
  assert.notEqual(first?.device, second?.device)
  assert.match(first?.device ?? "", /^[\w-]{14}$/)
})

test("logIn() with a device token unlocks; without it the right password is a wrong one", async (t) => {
  const { service, known, lock, logIn } = await createKnown(t)
  await lock()
  await assert.rejects(logIn(), wrong)
  assert.deepEqual(service.log.takeAudit(), [{ event: "login.failed", user: "alice", ...where }])
  await assert.rejects(logIn(known, "builder"), wrong)
  await logIn(known)
  assert.deepEqual(
    service.log.takeAudit().map(({ event, reason }) => [event, reason]),
    [
      ["login.failed", undefined],
      ["user.unlocked", "login"],
      ["login.succeeded", undefined],
    ],
  )
  await logIn()
})

test("changePassword() voids device tokens, but for the one that it gives, in the same second", async (t) => {
  const { service, known, lock } = await createKnown(t)
  const { sessions } = service
  const principal = await sessions.authenticate(known.accessToken)
  const password = "heftklammer-und-mehr"
  const changed = await sessions.changePassword(
    { current: alice.password, next: password },
    principal,
    caller,
  )
  await lock()
  const logInWith = ({ deviceToken }: LoginTokens) =>
    logInByPassword(sessions, { username: "alice", password, deviceToken }, caller)
  await assert.rejects(logInWith(known), wrong)
  await logInWith(changed)
})

test("a login right after a logout of all, in the same second, gives a device token that holds", async (t) => {
  const { service, lock, logIn } = await createKnown(t)
  await service.accounts.logOut("alice")
  const known = await logIn()
  await lock()
  await logIn(known)
})

test("keys: a new key of refresh tokens voids device tokens", async (t) => {
  const { service, known, lock, logIn } = await createKnown(t)
  await service.keys.retire("refresh")
  await lock()
  await assert.rejects(logIn(known), wrong)
})

test("refresh() gives no device token", async (t) => {
  const { service, known } = await createKnown(t)
  const tokens = await service.sessions.refresh(known.refreshToken, caller)
  assert.equal("deviceToken" in tokens, false)
})

for (const username of ["alice", "carol", "al ice"]) {
  test(`logIn() of ${username} that failed is answered when that is on disk, and not before`, async (t) => {
    const disk = createFaultyDisk()
    const { sessions } = await createTestService(t, { disk })
    const held = disk.holdWrites()
    let answered = false
    const failing = assert.rejects(
      logInByPassword(sessions, { username, password: "x" }, caller),
      wrong,
    )
    const noting = failing.then(() => {
      answered = true
    })
    await held.reached
    await settled()
    assert.equal(answered, false)
    held.letGo()
    await noting
  })

  test(`logIn() of ${username} is unavailable on a full disk, and audits nothing`, async (t) => {
    const disk = createFaultyDisk()
    const { sessions, log } = await createTestService(t, { disk })
    log.takeAudit()
    disk.fail(() => ({ code: "ENOSPC" }))
    for (const password of ["x", "wonderland"]) {
      await assert.rejects(logInByPassword(sessions, { username, password }, caller), notStored)
    }
    assert.deepEqual(log.takeAudit(), [])
  })
}
