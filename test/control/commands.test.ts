import assert from "node:assert/strict"
import { test } from "node:test"
import { execute } from "../../src/control/commands.ts"
import { AuthError, Unavailable } from "../../src/errors.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createTestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"
const created = { roles: [], disabled: false, createdAt: 1_795_447_800, tokensNotBefore: 0 }
const carol = { username: "carol", ...created }

test("execute() runs each command, and logs what was done without the password", async (t) => {
  const { accounts, log } = await createTestService(t)
  const run = (command: string, members = {}) => execute({ command, ...members }, accounts, log.log)
  const ok = (value: unknown) => ({ ok: true, value })
  const later = 1_795_447_801

  assert.deepEqual(await run("user.add", { username: "Carol", password }), ok(carol))
  assert.deepEqual(
    await run("user.disable", { username: "carol" }),
    ok({ ...carol, disabled: true, tokensNotBefore: later }),
  )
  assert.deepEqual(
    await run("user.enable", { username: "carol" }),
    ok({ ...carol, tokensNotBefore: later }),
  )
  assert.deepEqual(
    await run("user.password", { username: "carol", password: `${password}!` }),
    ok({ ...carol, tokensNotBefore: later + 1 }),
  )
  assert.deepEqual(await run("user.delete", { username: "carol" }), ok(null))
  assert.deepEqual(
    await run("user.list"),
    ok(["alice", "bob"].map((username) => ({ username, ...created }))),
  )

  assert.deepEqual(
    log.events.map(({ event, level, username }) => [event, level, username]),
    [
      ["control.user.add", "info", "Carol"],
      ["control.user.disable", "info", "carol"],
      ["control.user.enable", "info", "carol"],
      ["control.user.password", "info", "carol"],
      ["control.user.delete", "info", "carol"],
      ["control.user.list", "info", undefined],
    ],
  )
  assert.doesNotMatch(log.lines.join(""), /korrekt|argon2/)
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
    { command: "user.add", username: "alice", password },
    "username_taken",
    "There is a user 'alice' already",
  ],
  [{ command: "user.delete", username: "carol" }, "not_found", "There is no user 'carol'"],
]

test("execute() answers what is refused, changes nothing and logs nothing", async (t) => {
  const { accounts, log } = await createTestService(t)
  const before = await accounts.list()
  for (const [command, code, msg] of refused) {
    const answer = await execute({ ...command }, accounts, log.log)
    assert.deepEqual(answer, { ok: false, code, msg }, JSON.stringify(command))
  }
  assert.deepEqual(await accounts.list(), before)
  assert.deepEqual(log.events, [])
})

test("execute() takes members of the command only, not of what all objects have", async (t) => {
  const { accounts, log } = await createTestService(t)
  const command = JSON.parse('{"command":"user.add","__proto__":{"username":"x","password":"y"}}')
  const msg = "The command needs 'username'"
  assert.deepEqual(await execute(command, accounts, log.log), {
    ok: false,
    code: "invalid_request",
    msg,
  })
})

const failures: readonly (readonly [error: unknown, code: string, msg: string])[] = [
  [
    new Unavailable("The change could not be stored", { cause: new Error("ENOSPC") }),
    "temporarily_unavailable",
    "The change could not be stored",
  ],
  [new TypeError("a bug with details"), "server_error", "Something went wrong; the log says what"],
]

for (const [error, code, msg] of failures) {
  test(`execute() answers ${code} and logs the cause`, async () => {
    const log = createCollectedLog()
    const list = () => Promise.reject(error)
    const accounts = { list } as Partial<Accounts> as Accounts
    const answer = await execute({ command: "user.list" }, accounts, log.log)
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
  const accounts = { list } as Partial<Accounts> as Accounts
  assert.deepEqual(await execute({ command: "user.list" }, accounts, log.log), {
    ok: false,
    code: "not_found",
    msg: "There is none",
  })
})
