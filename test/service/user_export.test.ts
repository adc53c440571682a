// All users as an export gets them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

test("exportUsers() gives a line for each user, and says who has second factors", async (t) => {
  const service = await createTestService(t)
  await setUpApp(service, { username: "alice", password: "wonderland" })
  const { value, pieces } = await service.longAnswers.exportUsers()
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
