// Two services that reach their database through PgBouncer in transaction mode, where no connection
// keeps a setting, a prepared statement or even its server.

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { type Connection, insist, openConnection } from "../races/connection.ts"
import { looking, refreshing } from "../races/shared_session.ts"
import { call } from "../support/http_client.ts"
import { blocksOf, readPage } from "../support/page.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { noPooler, startPooler } from "../support/pooler.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip: noServer, host } = await postgresForTests()
const skip = noServer || noPooler
const password = "heftklammer-und-mehr"
const logouts = 20
const crowd = 40

test("two services agree through PgBouncer in transaction mode", { skip }, async (t) => {
  // As docs/postgres.md has it.
  const alterations = blocksOf(readPage("docs/postgres.md"), "sql").find((block) =>
    block.includes("lock_timeout"),
  )
  const admin = await openPlainDatabase(host)
  for (const one of (alterations ?? "").split(";").filter((text) => text.trim() !== "")) {
    await admin.query(one)
  }
  await admin.close()
  const pooler = await startPooler(t, host)
  const settings = () => ({
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@127.0.0.1:${pooler.port}/postgres?pgbouncer=true`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
    POSTERN_SEED_USERS: `ada:${password}`,
  })
  const ofOne = settings()
  const one = await startPostern(t, ofOne)
  const other = await startPostern(t, settings())
  const logIn = async () => {
    const json = { username: "ada", password }
    const { status, body } = await call(one.url, "POST", "/login", { json })
    assert.equal(status, 200)
    return { access: String(body["access_token"]), refresh: String(body["refresh_token"]) }
  }
  const connections = [one, other].map(({ port }) => openConnection(port))
  const [toOne, toOther] = connections
  assert.ok(toOne !== undefined && toOther !== undefined)

  for (let round = 0; round < logouts; round += 1) {
    const { access } = await logIn()
    assert.equal((await insist(toOther, looking(access))).status, 200)
    const ends: Connection = round % 2 === 0 ? toOne : toOther
    const asks: Connection = round % 2 === 0 ? toOther : toOne
    const { status } = await insist(ends, { method: "POST", path: "/logout", token: access })
    assert.equal(status, 204)
    assert.equal((await insist(asks, looking(access))).status, 401, `round ${round}`)
  }

  const { access, refresh } = await logIn()
  const tabs = Array.from({ length: crowd }, (_, index) =>
    openConnection((index % 2 === 0 ? one : other).port),
  )
  const answers = await Promise.all(tabs.map((tab) => insist(tab, refreshing(refresh))))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(new Set(answers.map(({ body }) => body["refresh_token"])).size, 1)

  assert.equal((await runPostern(["key", "rotate"], ofOne)).exitCode, 0)
  const keySet = { method: "GET", path: "/.well-known/jwks.json" } as const
  const published = (await insist(toOther, keySet)).body["keys"] as readonly unknown[]
  assert.equal(published.length, 2)

  await pooler.restart()
  await wait(100)
  for (const connection of connections) {
    assert.equal((await insist(connection, looking(access))).status, 200)
  }
  for (const service of [one, other]) {
    assert.equal(await service.stop(), 0)
    assert.doesNotMatch(service.output(), /request\.failed|process\.crashed/)
  }
  for (const one of [...connections, ...tabs]) one.close()
})
