// A dump of the database is restored while two services run: what ended since the dump lives again,
// until `postern store revive` ends it, in both services, and for good.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const password = "korrekt-pferd-batterie"

function replica(t: TestContext) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
  }
}

function runTool(tool: string, words: readonly string[]): void {
  const at = ["--host", host, "--username", "postern", "--dbname", "postgres"]
  const { status, stderr } = spawnSync(tool, [...at, ...words], { encoding: "utf8" })
  assert.equal(status, 0, stderr)
}

/** Waits until a service has found its database again. */
async function untilReady(url: string): Promise<void> {
  while ((await call(url, "GET", "/readyz")).status !== 200) await wait(50)
}

test("postern store revive ends what a restored dump gave back", { skip }, async (t) => {
  const [ofOne, ofOther] = [replica(t), replica(t)]
  const [one, other] = [await startPostern(t, ofOne), await startPostern(t, ofOther)]
  const urls = [one.url, other.url]
  const added = await runPostern(["user", "add", "alice"], ofOne, password)
  assert.equal(added.exitCode, 0, added.stderr)
  const { body: tokens } = await postLogin(one.url, "alice", password)
  const machine = await runPostern(["token", "create", "ci", "--json"], ofOne)
  const { token: serviceToken } = JSON.parse(machine.stdout)
  const dump = join(temporaryDirectory(t), "postern.dump")
  runTool("pg_dump", ["--format=custom", "--schema=postern", `--file=${dump}`])
  assert.ok(!readFileSync(dump).includes(password))

  assert.equal(
    (await call(other.url, "POST", "/logout", { token: tokens["access_token"] })).status,
    204,
  )
  for (const url of urls) {
    assert.equal((await getProtected(url, tokens["access_token"])).status, 401)
  }
  assert.equal((await getProtected(other.url, serviceToken)).status, 200)
  assert.equal((await runPostern(["token", "revoke", "ci"], ofOne)).exitCode, 0)
  for (const url of urls) assert.equal((await getProtected(url, serviceToken)).status, 401)
  // Keys since the dump: a replica that knows them must not take the restored ones for them.
  for (const settings of [ofOne, ofOther]) {
    assert.equal((await runPostern(["key", "retire", "refresh"], settings)).exitCode, 0)
  }

  const plain = await openPlainDatabase(host)
  await plain.query("set client_min_messages = error")
  await plain.query("drop schema postern cascade")
  await plain.close()
  runTool("pg_restore", [dump])
  for (const url of urls) {
    await untilReady(url)
    assert.equal((await getProtected(url, tokens["access_token"])).status, 200, "it lives again")
    assert.equal((await getProtected(url, serviceToken)).status, 200, "it lives again")
  }

  const revived = await runPostern(["store", "revive", "--yes"], ofOne)
  assert.equal(revived.exitCode, 0, revived.stderr)
  assert.match(revived.stdout, /^Ended 1 session of 1 user\. Everybody has to log in again\.\n/)
  assert.match(
    revived.stdout,
    /\nRevoked 1 service token\. `postern token create` makes others\.\n/,
  )
  assert.match(one.output(), /"level":"audit","event":"store\.revived","count":1\}/)
  for (const url of urls) {
    assert.equal((await getProtected(url, tokens["access_token"])).status, 401)
    assert.equal((await getProtected(url, serviceToken)).status, 401)
    const json = { refresh_token: tokens["refresh_token"] }
    assert.equal((await call(url, "POST", "/refresh", { json })).status, 401)
  }
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const { body: fresh } = await postLogin(from.url, "alice", password)
    assert.equal((await getProtected(to.url, fresh["access_token"])).status, 200)
    const json = { refresh_token: fresh["refresh_token"] }
    assert.equal((await call(to.url, "POST", "/refresh", { json })).status, 200)
  }
})
