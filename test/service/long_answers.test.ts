import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "../../src/errors.ts"
import { createLongAnswers } from "../../src/service/long_answers.ts"
import type { Store } from "../../src/store/store.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

test("backup() over a database says that pg_dump is the way, and is not audited", async (t) => {
  const { store, clock, audit, log } = await createTestService(t)
  log.takeAudit()
  const database = { ...store, backup: async () => null } as unknown as Store
  await assert.rejects(createLongAnswers({ store: database, clock, audit }).backup(), (error) => {
    assert.ok(error instanceof AuthError)
    assert.match(error.message, /which pg_dump backs up$/)
    return error.code === "invalid_request"
  })
  assert.deepEqual(log.takeAudit(), [])
})

test("backup() says what is in it before it is read", async (t) => {
  const { longAnswers, clock, log } = await createTestService(t)
  log.takeAudit()
  const { value } = await (await longAnswers()).backup()
  const { counts, ...origin } = value as { counts: { users: number }; postern: string }
  assert.deepEqual(origin, { postern: "0.1.0", madeAt: clock.now(), hasKeys: true })
  assert.equal(counts.users, 2)
  assert.deepEqual(log.takeAudit(), [{ event: "store.backed_up" }])
})

test("exportUsers() gives a line for each user, and says who has second factors", async (t) => {
  const service = await createTestService(t)
  await setUpApp(service, { username: "alice", password: "wonderland" })
  const { value, pieces } = await (await service.longAnswers()).exportUsers()
  let text = ""
  for await (const piece of pieces) text += Buffer.from(piece).toString()
  const lines = text.trimEnd().split("\n")
  const users = lines.map((line) => JSON.parse(line))
  assert.equal(value, null)
  assert.deepEqual(
    users.map(({ user, hasFactors }) => [user.name, hasFactors]),
    [
      ["alice", true],
      ["bob", false],
    ],
  )
  assert.match(users[1].user.password_hash, /^\$argon2id\$/)
  assert.deepEqual(Object.keys(users[1]), ["user", "hasFactors"])
  assert.doesNotMatch(text, /sealedSecret|recoveryCodes/)
})
