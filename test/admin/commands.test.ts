import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { CommandParts } from "../../src/admin/admin_command.ts"
import { execute } from "../../src/admin/commands.ts"
import type { JsonObject } from "../../src/domain/strict_json.ts"
import { AuthError, Unavailable } from "../../src/errors.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import type { ResetFactors } from "../../src/service/factors/operator_factors.ts"
import type { UserView } from "../../src/service/user_view.ts"
import { handle, recoveryCodes, samplePasskey } from "../store/sample_factors.ts"
import { type CollectedLog, createCollectedLog } from "../support/collected_log.ts"
import { noParts } from "../support/control_directory.ts"
import { factorCommandsOf } from "../support/factor_commands.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"
const created = {
  ...{ roles: [], claims: {}, disabled: false },
  ...{ createdAt: 1_795_447_800, tokensNotBefore: 0 },
}
const carol = { username: "carol", ...created, link: null, hasTotp: false, passkeys: 0 }

/** Runs commands in a service, and gives what was audited meanwhile. */
async function createCommands(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createTestService(t, options)
  service.log.takeAudit()
  const { log } = service
  const factorCommands = factorCommandsOf(service, options)
  const parts = { ...service, factorCommands, log: log.log }
  const run = (command: JsonObject) => execute(command, parts)
  return { ...service, run }
}

test("execute() runs each user command and audits it, without the password", async (t) => {
  const { run, log } = await createCommands(t)
  const command = (name: string, members: JsonObject = {}) =>
    run({ command: name, username: "Carol", ...members })
  const ok = (value: unknown) => ({ ok: true, value })
  const changed = async (name: string, members: JsonObject = {}) => {
    const answer = await command(name, members)
    const { version, ...view } = (answer as { readonly value: UserView }).value
    assert.match(version, /^[\w-]{22}$/)
    return view
  }
  const tokensNotBefore = 1_795_447_801
  const withRole = { ...carol, tokensNotBefore, roles: ["editor"] }

  const reset = { ...carol, tokensNotBefore }
  assert.deepEqual(await changed("user.add", { password }), carol)
  assert.deepEqual(await changed("user.disable"), { ...reset, disabled: true })
  assert.deepEqual(await changed("user.enable"), reset)
  assert.deepEqual(await changed("user.logout"), reset)
  assert.deepEqual(await changed("user.password", { password: `${password}!` }), reset)
  assert.deepEqual(await changed("user.role.add", { role: "editor" }), withRole)
  assert.deepEqual(await changed("user.claim.set", { claim: "tenant", value: { id: 7 } }), {
    ...withRole,
    claims: { tenant: { id: 7 } },
  })
  assert.deepEqual(await changed("user.claim.remove", { claim: "tenant" }), withRole)
  assert.deepEqual(await changed("user.role.remove", { role: "editor" }), reset)
  assert.deepEqual(await changed("user.unlock"), reset)
  assert.deepEqual(await command("user.delete"), ok(null))
  assert.deepEqual(await command("user.release"), ok(null))
  assert.deepEqual(
    await run({ command: "user.list" }),
    ok(
      ["alice", "bob"].map((username) => ({
        username,
        ...created,
        isLocked: false,
        isInvited: false,
        factorState: "none",
      })),
    ),
  )

  assert.doesNotMatch(log.lines.join(""), /korrekt|argon2/)
  assert.deepEqual(
    log.takeAudit().map(({ event, user, reason }) => [event, user, reason]),
    [
      ["user.added", "carol", undefined],
      ["user.changed", "carol", "disabled"],
      ["user.changed", "carol", "enabled"],
      ["user.changed", "carol", "logged_out"],
      ["user.changed", "carol", "password_set"],
      ["user.changed", "carol", "role_added"],
      ["user.changed", "carol", "claim_set"],
      ["user.changed", "carol", "claim_removed"],
      ["user.changed", "carol", "role_removed"],
      ["user.unlocked", "carol", "operator"],
      ["user.deleted", "carol", undefined],
      ["user.released", "carol", undefined],
    ],
  )
})

test("execute() runs each key command and audits it", async (t) => {
  const { run, keys, log } = await createCommands(t, { generated: true })
  const [first] = keys.list()
  const kid = first?.kid ?? ""
  assert.deepEqual(await run({ command: "key.list" }), { ok: true, value: keys.list() })
  const rotated = await run({ command: "key.rotate" })
  assert.deepEqual(rotated, { ok: true, value: keys.list()[1] })
  assert.deepEqual(await run({ command: "key.retire", kid }), { ok: true, value: null })
  assert.deepEqual(await run({ command: "key.retire", kid: "refresh" }), { ok: true, value: null })
  assert.deepEqual(log.takeAudit(), [
    { event: "key.rotated", key: keys.list()[0]?.kid },
    { event: "key.retired", key: kid },
    { event: "key.retired", key: "refresh" },
  ])
})

test("execute() shows and removes second factors, and makes links that remove them", async (t) => {
  const { run, store, log } = await createCommands(t, { browser: [] })
  const enrol = () =>
    store.users.change("alice", {
      factors: {
        ...{ addPasskey: samplePasskey("p1"), handle, recoveryCodes: recoveryCodes() },
        ...{ ticket: null, at: 1 },
      },
    })
  const list = async () => {
    const answer = await run({ command: "user.mfa.list", username: "Alice" })
    assert.ok(answer.ok)
    return (answer.value as { readonly methods: readonly string[] }).methods
  }
  await enrol()
  assert.deepEqual(await list(), ["recovery", "passkey"])
  const reset = { command: "user.mfa.reset", username: "Alice" }
  const remove = async (members: JsonObject) => {
    const answer = await run({ ...reset, ...members })
    const { user: _, ...done } = (answer as { readonly value: ResetFactors }).value
    return done
  }
  const left = { removed: "recovery", methods: ["passkey"], isRequired: false }
  assert.deepEqual(await remove({ method: "recovery" }), left)
  assert.deepEqual(await remove({}), { ...left, removed: "all", methods: [] })
  const link = { command: "user.reset", username: "alice" }
  for (const [choice, removesFactors] of [
    [{}, false],
    [{ mfa: false }, false],
    [{ mfa: true }, true],
  ] as const) {
    assert.equal((await run({ ...link, ...choice })).ok, true)
    assert.equal((await store.users.find("alice"))?.link?.removesFactors, removesFactors)
  }
  assert.deepEqual(
    log.takeAudit().map(({ event, user, reason }) => [event, user, reason]),
    [
      ["mfa.reset", "alice", "recovery"],
      ["mfa.reset", "alice", "all"],
      ["link.made", "alice", "reset"],
      ["link.made", "alice", "reset"],
      ["link.made", "alice", "reset_mfa"],
    ],
  )
})

const noSuchCommand = "There is no such command"

/** Commands that are refused, as what, and why. */
const refused: readonly (readonly [command: object, code: string, msg: string])[] = [
  [{}, "invalid_request", noSuchCommand],
  [{ command: "user.promote" }, "invalid_request", noSuchCommand],
  [{ command: "toString" }, "invalid_request", noSuchCommand],
  [{ command: "__proto__" }, "invalid_request", noSuchCommand],
  [{ command: ["user.list"] }, "invalid_request", noSuchCommand],
  [{ command: 7 }, "invalid_request", noSuchCommand],
  ...[true, "", "OTP", "all", null, ["otp"]].map(
    (method) =>
      [
        { command: "user.mfa.reset", username: "alice", method },
        "invalid_request",
        "A method is one of otp, recovery, passkey",
      ] as const,
  ),
  ...["true", 1, null].map(
    (mfa) =>
      [
        { command: "user.reset", username: "alice", mfa },
        "invalid_request",
        "'mfa' must be true or false",
      ] as const,
  ),
  [{ command: "user.mfa.list" }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.add" }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.add", username: "carol" }, "invalid_request", "The command needs 'password'"],
  [
    { command: "user.password", username: "alice", password: null },
    "invalid_request",
    "The command needs 'password'",
  ],
  [{ command: "user.delete", username: 7 }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.disable", username: {} }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.enable" }, "invalid_request", "The command needs 'username'"],
  [
    { command: "user.add", username: "carol", password: "short" },
    "invalid_request",
    "A password needs at least 15 characters",
  ],
  [
    { command: "user.add", username: "carol", password: "carolcarolcarol" },
    "password_blocked",
    "A password can't be made of the username or the service's name",
  ],
  [
    { command: "user.add", username: "alice", password },
    "username_taken",
    "There is a user 'alice' already",
  ],
  [{ command: "user.delete", username: "carol" }, "not_found", "There is no user 'carol'"],
  [{ command: "user.unlock" }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.unlock", username: "carol" }, "not_found", "There is no user 'carol'"],
  [{ command: "user.release", username: 7 }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.release", username: "alice" }, "not_found", "The name 'alice' is not reserved"],
  [{ command: "user.logout" }, "invalid_request", "The command needs 'username'"],
  [{ command: "user.role.add", username: "alice" }, "invalid_request", "The command needs 'role'"],
  [
    { command: "user.role.remove", username: "alice", role: "admin" },
    "not_found",
    "The user 'alice' has no such role",
  ],
  [
    { command: "user.claim.set", username: "alice", claim: ["plan"], value: 7 },
    "invalid_request",
    "The command needs 'claim'",
  ],
  [
    { command: "user.claim.set", username: "alice", claim: "plan" },
    "invalid_request",
    "A claim needs a value that JSON can hold",
  ],
  [
    { command: "user.claim.remove", username: "alice", claim: "plan" },
    "not_found",
    "The user 'alice' has no such claim",
  ],
  [{ command: "key.retire" }, "invalid_request", "The command needs 'kid'"],
  [{ command: "key.retire", kid: "none" }, "not_found", "There is no key 'none'"],
]

test("execute() answers what is refused, changes nothing and logs nothing", async (t) => {
  const { accounts, run, log } = await createCommands(t, { generated: true })
  const before = await accounts.list()
  for (const [command, code, msg] of refused) {
    assert.deepEqual(await run({ ...command }), { ok: false, code, msg }, JSON.stringify(command))
  }
  assert.deepEqual(await accounts.list(), before)
  assert.deepEqual(log.events, [])
})

test("execute() reads the command's own members only, no inherited ones", async (t) => {
  const { run } = await createCommands(t)
  const command = JSON.parse('{"command":"user.add","__proto__":{"username":"x","password":"y"}}')
  const msg = "The command needs 'username'"
  assert.deepEqual(await run(command), { ok: false, code: "invalid_request", msg })
})

const failures: readonly (readonly [error: unknown, code: string, msg: string])[] = [
  [
    new Unavailable("The change could not be stored", { cause: new Error("ENOSPC") }),
    "temporarily_unavailable",
    "The change could not be stored",
  ],
  [new TypeError("a bug with details"), "server_error", "Something went wrong; the log says what"],
]

function listing(list: Accounts["list"], { log }: CollectedLog): CommandParts {
  return { ...noParts, accounts: { list } as Partial<Accounts> as Accounts, log }
}

for (const [error, code, msg] of failures) {
  test(`execute() answers ${code} and logs the cause`, async () => {
    const log = createCollectedLog()
    const list = () => Promise.reject(error)
    const answer = await execute({ command: "user.list" }, listing(list, log))
    assert.deepEqual(answer, { ok: false, code, msg })
    const [event] = log.events
    assert.deepEqual([event?.["event"], event?.["command"]], ["control.failed", "user.list"])
    assert.match(String(event?.["error"]), /ENOSPC|a bug with details/)
    assert.equal(log.events.length, 1)
  })
}

test("execute() lets a refusal of a use case through with its code", async () => {
  const log = createCollectedLog()
  const list = () => Promise.reject(new AuthError("not_found", "There is none"))
  assert.deepEqual(await execute({ command: "user.list" }, listing(list, log)), {
    ok: false,
    code: "not_found",
    msg: "There is none",
  })
})
