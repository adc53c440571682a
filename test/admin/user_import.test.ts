// The command of an import, as the control socket gets it.

import assert from "node:assert/strict"
import { test } from "node:test"
import { execute } from "../../src/admin/commands.ts"
import type { JsonObject } from "../../src/domain/strict_json.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const hash = `$2b$04$${".".repeat(53)}`
const carol = { name: "carol", password_hash: hash }

async function answer({ log, ...service }: TestService, command: JsonObject) {
  const factorCommands = { list: async () => ({}), reset: async () => ({}) }
  return execute(command, { ...service, factorCommands, log: log.log })
}

test("user.import creates users, and audits how many", async (t) => {
  const service = await createTestService(t)
  service.log.takeAudit()
  const users = [carol, { ...carol, name: "dora" }, { ...carol, name: "alice" }]
  const outcomes = ["created", "created", "taken"]
  const command = { command: "user.import", users, isTrial: true }
  assert.deepEqual(await answer(service, command), { ok: true, value: outcomes })
  assert.deepEqual(service.log.takeAudit(), [])
  const real = { ...command, isTrial: false }
  assert.deepEqual(await answer(service, real), { ok: true, value: outcomes })
  assert.deepEqual(service.log.takeAudit(), [{ event: "user.imported", count: 2 }])
  assert.deepEqual(await answer(service, real), { ok: true, value: ["same", "same", "taken"] })
  assert.deepEqual(service.log.takeAudit(), [])
})

/** Commands that are refused. */
const mistakes: readonly (readonly [command: JsonObject, msg: string])[] = [
  [{ users: [carol] }, "The command needs 'users' and 'isTrial'"],
  [{ users: carol, isTrial: true }, "The command needs 'users' and 'isTrial'"],
  [{ users: ["carol"], isTrial: true }, "The command needs 'users' and 'isTrial'"],
  [{ users: [carol], isTrial: 1 }, "The command needs 'users' and 'isTrial'"],
  [
    { users: [carol, { ...carol, name: "CAROL" }], isTrial: false },
    "Two of the users have one name",
  ],
  [
    { users: [{ ...carol, password_hash: "hunter2" }], isTrial: false },
    "'password_hash' is no hash that the store takes",
  ],
]

for (const [command, msg] of mistakes) {
  test(`user.import refuses ${JSON.stringify(command).slice(0, 60)}: ${msg}`, async (t) => {
    const service = await createTestService(t)
    service.log.takeAudit()
    const refused = { ok: false, code: "invalid_request", msg }
    assert.deepEqual(await answer(service, { command: "user.import", ...command }), refused)
    assert.equal(await service.store.users.count(), 2)
    assert.deepEqual(service.log.takeAudit(), [])
  })
}
