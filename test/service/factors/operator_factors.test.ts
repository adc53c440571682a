// What operators see and remove of the second factors of users.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { Factors } from "../../../src/domain/factors.ts"
import type { ResetFactors } from "../../../src/service/factors/operator_factors.ts"
import { viewOf } from "../../../src/service/user_view.ts"
import { sampleFactors, samplePasskey, sampleTrusted, totp } from "../../store/sample_factors.ts"
import { sampleSession, startOptions } from "../../store/sample_session.ts"
import { sampleUser } from "../../store/sample_user.ts"
import { takeEvents } from "../../support/api_scenario.ts"
import { factorCommandsOf } from "../../support/factor_commands.ts"
import { startOfTests } from "../../support/fake_clock.ts"
import { interruptBefore } from "../../support/interrupted_store.ts"
import { refusedAs } from "../../support/refusal.ts"
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
} from "../../support/test_service.ts"

const day = 86_400

async function prepare(t: TestContext, factors: Factors | null, options: TestServiceOptions = {}) {
  const service = await createTestService(t, { trustSeconds: day, ...options })
  const { passwordHash = "" } = (await service.store.users.find("bob")) ?? {}
  await service.store.users.create(sampleUser("carol", { factors, passwordHash }))
  takeEvents(service)
  return { service, ...factorCommandsOf(service, options) }
}

const nothing = {
  ...{ username: "carol", isRequired: false, methods: [], totp: null, passkeys: [] },
  ...{ recoveryCodesLeft: 0, trustedDevices: [], wrongCodes: 0, isLocked: false },
}

test("listFactors() lists all but the secrets", async (t) => {
  const factors = sampleFactors({
    ...{ passkeys: [samplePasskey("p1", { lastUsedAt: 7 })], failures: 3 },
    ...{ trusted: [sampleTrusted("d1"), { ...sampleTrusted("d2"), expiresAt: startOfTests }] },
  })
  const { list } = await prepare(t, factors)
  const listed = await list("Carol")
  const { id: _id, ...trusted } = sampleTrusted("d1")
  assert.deepEqual(listed, {
    ...{ ...nothing, methods: ["otp", "recovery", "passkey"] },
    totp: { createdAt: totp.createdAt, lastUsedAt: totp.lastUsedAt },
    passkeys: [{ name: "Key p1", isSynced: false, createdAt: startOfTests - 400, lastUsedAt: 7 }],
    ...{ recoveryCodesLeft: 10, trustedDevices: [trusted], wrongCodes: 3 },
  })
  assert.doesNotMatch(JSON.stringify(listed), /argon2|sealed|key-p1|credential|hhhh/)
})

test("listFactors() says that a user has no factor, and must have one", async (t) => {
  const unused = sampleFactors({ totp: null })
  for (const factors of [null, unused]) {
    const { list } = await prepare(t, factors, { requirement: { kind: "all" } })
    assert.deepEqual(await list("carol"), { ...nothing, isRequired: true })
  }
})

test("listFactors() says when no code counts any more", async (t) => {
  for (const [failures, isLocked] of [
    [99, false],
    [100, true],
  ] as const) {
    const { list } = await prepare(t, sampleFactors({ failures }))
    const { wrongCodes, isLocked: told } = (await list("carol")) as typeof nothing
    assert.deepEqual([wrongCodes, told], [failures, isLocked])
  }
})

const passkeys = [samplePasskey("p1"), samplePasskey("p2")]
const both = sampleFactors({ passkeys, failures: 3, trusted: [sampleTrusted("d1")] })

const resets: readonly (readonly [
  method: "otp" | "recovery" | "passkey" | null,
  before: Factors,
  left: readonly string[],
])[] = [
  [null, both, []],
  ["otp", both, ["recovery", "passkey"]],
  ["passkey", both, ["otp", "recovery"]],
  ["recovery", both, ["otp", "passkey"]],
  ["otp", sampleFactors(), []],
]

for (const [method, before, left] of resets) {
  test(`resetFactors() removes ${method ?? "all"}, leaves [${left}] and ends sessions`, async (t) => {
    const { service, reset } = await prepare(t, before)
    const { store } = service
    await startSession(service)
    const removed = method ?? "all"
    const { user: view, ...done } = (await reset({ username: "Carol", method })) as ResetFactors
    assert.deepEqual(done, { removed, methods: left, isRequired: false })
    const user = await store.users.find("carol")
    assert.deepEqual(view, viewOf(user ?? assert.fail()))
    assert.deepEqual(user?.factors === null, left.length === 0)
    assert.deepEqual(user?.factors?.trusted ?? [], [])
    assert.equal(user?.tokensNotBefore, startOfTests + 1)
    assert.deepEqual(await store.sessions.list("carol"), [])
    assert.deepEqual(takeEvents(service), [
      ...[`mfa.reset carol ${removed}`, "session.ended carol mfa_changed"],
    ])
  })
}

test("resetFactors() says whether another factor has to be set up", async (t) => {
  const requirement = { kind: "role", role: "reader" } as const
  const { reset } = await prepare(t, both, { requirement })
  const { isRequired } = (await reset({ username: "carol", method: null })) as typeof nothing
  assert.equal(isRequired, true)
})

const onlyPasskeys = sampleFactors({ totp: null, recoveryCodes: [], passkeys })
const refused: readonly (readonly [
  method: "otp" | "recovery" | "passkey" | null,
  before: Factors | null,
  message: string,
])[] = [
  [null, null, "The user 'carol' has no second factor"],
  [null, sampleFactors({ totp: null }), "The user 'carol' has no second factor"],
  ["otp", onlyPasskeys, "The user 'carol' has no authenticator app"],
  ["recovery", onlyPasskeys, "The user 'carol' has no recovery codes"],
  ["passkey", sampleFactors(), "The user 'carol' has no passkey"],
]

for (const [method, before, message] of refused) {
  test(`resetFactors() refuses to remove ${method ?? "all"}: ${message}`, async (t) => {
    const { service, reset } = await prepare(t, before)
    await startSession(service)
    await assert.rejects(reset({ username: "carol", method }), refusedAs("not_found", message))
    assert.deepEqual((await service.store.users.find("carol"))?.factors, before)
    assert.equal((await service.store.sessions.list("carol")).length, 1)
    assert.deepEqual(takeEvents(service), [])
  })
}

test("listFactors() and resetFactors() refuse unknown users", async (t) => {
  const { service, list, reset } = await prepare(t, both)
  const unknown = refusedAs("not_found", "There is no user 'dora'")
  await assert.rejects(list("dora"), unknown)
  await assert.rejects(reset({ username: "dora", method: null }), unknown)
  await assert.rejects(list("a b"), { code: "invalid_request" })
  interruptBefore(service.store, "resetUser", () =>
    service.store.users.delete("carol", {
      ...{ at: startOfTests, steadyAt: startOfTests, accessTtlSeconds: 900, graceSeconds: 30 },
    }),
  )
  const late = reset({ username: "carol", method: null })
  await assert.rejects(late, refusedAs("not_found", "There is no user 'carol'"))
})

/** Starts a session of carol. */
async function startSession({ store }: TestService): Promise<void> {
  const { passwordHash = "" } = (await store.users.find("carol")) ?? {}
  const session = sampleSession("s1", { username: "carol" })
  const started = await store.sessions.start(
    session,
    startOptions({ ifPasswordHash: passwordHash }),
  )
  assert.notEqual(started, null)
}
