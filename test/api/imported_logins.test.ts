// Users who came from another system with its hash: they log in, and have a new one afterwards.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readForeignHash } from "../../src/password/legacy/foreign_texts.ts"
import { sampleUser } from "../store/sample_user.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { madeHashes } from "../vectors/legacy_hashes.ts"

/** The first hash of a program is of the password "wonderland". */
const texts = Object.entries(madeHashes).map(([by, [first]]) => [by, first?.[1] ?? ""] as const)

async function addUser({ store }: TestService, text: string): Promise<string> {
  const reading = readForeignHash(text)
  assert.ok("hash" in reading)
  await store.users.create(sampleUser("carol", { passwordHash: reading.hash }))
  return reading.hash
}

for (const [by, text] of texts) {
  test(`POST /login takes a password that ${by} hashed, and replaces the hash`, async (t) => {
    const service = await createTestService(t)
    const before = await addUser(service, text)
    service.log.takeNames()
    const wrong = await service.call("POST", "/login", {
      json: { username: "carol", password: "builder" },
    })
    assert.deepEqual(
      [wrong.status, JSON.parse(wrong.body)],
      [401, { error: "invalid_credentials", msg: "Bad username or password" }],
    )
    assert.equal((await service.store.users.find("carol"))?.passwordHash, before)
    await service.logIn("carol", "wonderland")
    const after = (await service.store.users.find("carol"))?.passwordHash ?? ""
    assert.match(after, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/)
    assert.match(await service.logIn("carol", "wonderland"), /^ey/)
    assert.equal((await service.store.users.find("carol"))?.passwordHash, after)
    const names = ["login.failed", "login.succeeded", "login.succeeded"]
    assert.deepEqual(service.log.takeNames(), names)
  })
}
