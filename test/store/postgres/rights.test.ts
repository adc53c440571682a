// The rights that docs/postgres.md gives to the role of the service are enough for all that the
// store does, and the owner of the schema need be no superuser.

import assert from "node:assert/strict"
import { test } from "node:test"
import { copyFromDatabase } from "../../../src/store/postgres/copied_database.ts"
import { readDatabaseStatus } from "../../../src/store/postgres/database_status.ts"
import { openDatabaseStore } from "../../../src/store/postgres/open_database_store.ts"
import { blocksOf, readPage } from "../../support/page.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { sampleServiceToken } from "../sample_service_token.ts"
import { presented, sampleSession, start, startOptions, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { locationOfTests, openedDatabase } from "./opened_database.ts"
import { secret } from "./postgres_engine.ts"

const { skip, host } = await postgresForTests()
const alice = sampleUser("alice")
const [makesRoles = "", grants = ""] = blocksOf(readPage("docs/postgres.md"), "sql")

function openAs(user: string, mayMake: boolean) {
  return openDatabaseStore({
    location: locationOfTests({ host, user, database: "postern" }),
    ...{ ca: null, stalenessSeconds: 0, warn: () => {}, mayMake },
    ...{ place: "the tests' database", issuer: "https://tests.example", secret },
  })
}

async function runAs(user: string, statements: string): Promise<void> {
  // The cluster of the tests has a superuser of the name that the page gives to the service.
  const own = statements.replaceAll(/\bpostern(?=;| login)/g, "postern_service")
  const admin = await openedDatabase({ after: () => {} } as never, {
    ...{ host, user, database: user === "postern" ? "postgres" : "postern" },
  })
  for (const one of own.split(";").filter((text) => text.trim() !== "")) {
    await admin.database.query(one)
  }
  await admin.database.close()
}

test("the rights of docs/postgres.md are enough for a service", { skip }, async (t) => {
  await runAs("postern", makesRoles)
  const made = await openAs("postern_owner", true)
  assert.equal(made?.isNew, true)
  await made?.store.close()
  await runAs("postern_owner", grants)

  const opened = await openAs("postern_service", false)
  assert.ok(opened !== null)
  const { users, sessions, failures, serviceTokens, keys, close } = opened.store
  t.after(close)
  const place = {
    location: locationOfTests({ host, user: "postern_service", database: "postern" }),
  }
  assert.equal(await users.create(alice), "created")
  await sessions.start(sampleSession("s1"), startOptions())
  assert.equal((await sessions.rotate("s1", presented(0))).outcome, "rotated")
  assert.equal((await sessions.find("s1"))?.user.username, "alice")
  await failures.count("alice", "stranger")
  await failures.clear("alice")
  assert.equal(await serviceTokens.create(sampleServiceToken("ci")), "created")
  await serviceTokens.noteUse("hash-of-ci", { at: start, address: "::1" })
  assert.equal((await serviceTokens.findByHash("hash-of-ci"))?.lastUsedAt, start)
  assert.equal(await serviceTokens.revokeAll(), 1)
  await keys.replace(Buffer.from("{}"), { ifVersion: null })
  await sessions.revokeToken({ jti: "j1", expiresAt: 1, isListed: true })
  const passwordHash = sampleHash("B")
  assert.ok((await users.reset("alice", { passwordHash }, { window: windowAt() })) !== "unknown")
  await sessions.start(sampleSession("s2"), { ...startOptions(), ifPasswordHash: passwordHash })
  assert.equal(await sessions.purge(Number.MAX_SAFE_INTEGER), 1)
  assert.ok((await users.delete("alice", windowAt())) !== null)
  assert.equal(await users.release("alice"), true)
  assert.deepEqual(await users.reviveAll(windowAt()), { users: 0, sessions: 0 })
  const { role, content } = await readDatabaseStatus({ ...place, ca: null, warn: () => {} })
  assert.deepEqual([role, content?.users], ["postern_service", { rows: 0, isExact: true }])

  await close()
  const own = { place: "tests' database", issuer: "https://tests.example", secret }
  const source = copyFromDatabase({ ...place, ...own, ca: null, warn: () => {} })
  const { reservedNames } = await source.read((found) => found.count())
  assert.equal(reservedNames, 1)
})
