// Two services over one database in PostgreSQL, as processes: what one of them changes, the other
// one respects with the next request.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { startProxy } from "../support/database_proxy.ts"
import { call } from "../support/http_client.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, server, host } = await postgresForTests()
const password = "a password of many words"
const logoutsMax = 50

/** Settings of a replica, with a data directory of its own for its control socket. */
function replica(t: TestContext) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
  }
}

async function logIn(url: string, username: string): Promise<string> {
  const { status, body } = await call(url, "POST", "/login", { json: { username, password } })
  assert.equal(status, 200, JSON.stringify(body))
  return String(body["access_token"])
}

const statusOf = async (url: string, token: string) =>
  (await call(url, "GET", "/protected", { token })).status

test("two services over one database agree with the next request", { skip }, async (t) => {
  const [ofOne, ofOther] = [replica(t), replica(t)]
  const one = await startPostern(t, ofOne)
  const other = await startPostern(t, ofOther)

  // A user who is added without a service, with a third data directory.
  const added = await runPostern(["user", "add", "alice"], replica(t), `${password}\n`)
  assert.equal(added.exitCode, 0, added.stderr)
  for (let round = 0; round < logoutsMax; round += 1) {
    const token = await logIn(one.url, "alice")
    assert.deepEqual([await statusOf(one.url, token), await statusOf(other.url, token)], [200, 200])
    const [ends, asks] = round % 2 === 0 ? [one, other] : [other, one]
    assert.equal((await call(ends.url, "POST", "/logout", { token })).status, 204)
    assert.equal(await statusOf(asks.url, token), 401, `round ${round}`)
  }

  for (let round = 0; round < 10; round += 1) {
    const [makes, revokes] = round % 2 === 0 ? [ofOne, ofOther] : [ofOther, ofOne]
    const { stdout } = await runPostern(["token", "create", "ci", "--json"], makes)
    const { token } = JSON.parse(stdout)
    assert.deepEqual([await statusOf(one.url, token), await statusOf(other.url, token)], [200, 200])
    assert.equal((await runPostern(["token", "revoke", "ci"], revokes)).exitCode, 0)
    assert.deepEqual([await statusOf(one.url, token), await statusOf(other.url, token)], [401, 401])
  }

  const token = await logIn(one.url, "alice")
  assert.equal(await statusOf(other.url, token), 200)
  const disabled = await runPostern(["user", "disable", "alice"], ofOne)
  assert.equal(disabled.exitCode, 0, disabled.stderr)
  assert.equal(await statusOf(other.url, token), 401)
  await runPostern(["user", "enable", "alice"], ofOther)

  // Keys: a rotated key is published by both at once, a retired one counts nowhere.
  const rotated = await runPostern(["key", "rotate"], ofOne)
  assert.equal(rotated.exitCode, 0, rotated.stderr)
  const keysOf = async (url: string) =>
    (await call(url, "GET", "/.well-known/jwks.json")).body["keys"] as readonly unknown[]
  assert.equal((await keysOf(other.url)).length, 2)
  assert.deepEqual(await keysOf(other.url), await keysOf(one.url))
  const signed = await logIn(one.url, "alice")
  assert.equal(await statusOf(other.url, signed), 200)
  const { kid } = JSON.parse(Buffer.from(signed.split(".")[0] ?? "", "base64url").toString())
  assert.equal((await runPostern(["key", "retire", kid], ofOne)).exitCode, 0)
  assert.equal(await statusOf(other.url, signed), 401)
  assert.equal(await statusOf(one.url, await logIn(other.url, "alice")), 200)
})

test("a service whose database is killed answers 503 until it is back", { skip }, async (t) => {
  const settings = replica(t)
  const service = await startPostern(t, settings)
  await runPostern(["user", "add", "bob"], replica(t), `${password}\n`)
  const token = await logIn(service.url, "bob")
  assert.equal(await statusOf(service.url, token), 200)
  const back = server?.restart()
  let isDown = false
  for (let round = 0; round < 400 && !isDown; round += 1) {
    const reply = await call(service.url, "GET", "/protected", { token })
    isDown = reply.status === 503
    if (!isDown) assert.equal(reply.status, 200)
    else assert.match(String(reply.headers.get("retry-after")), /^\d+$/)
  }
  assert.ok(isDown)
  await back
  const until = Date.now() + 20_000
  while ((await statusOf(service.url, token)) !== 200) {
    assert.ok(Date.now() < until, "The service did not come back")
    await wait(50)
  }
  assert.equal((await call(service.url, "GET", "/readyz")).status, 200)
  assert.equal(await service.stop(), 0)
})

test("/readyz finds out by itself that the database is silent, and that it is back", {
  skip,
}, async (t) => {
  const proxy = await startProxy(t, host)
  const address = `postgres://postern@127.0.0.1:${proxy.port}/postgres`
  const service = await startPostern(t, { ...replica(t), POSTERN_STORE: address })
  const status = async (path: string) => (await call(service.url, "GET", path)).status
  assert.equal(await status("/readyz"), 200)
  proxy.silence(true)
  const began = performance.now()
  assert.equal(await status("/readyz"), 503)
  const millis = performance.now() - began
  assert.ok(millis < 1_500, `${millis} ms`)
  assert.equal(await status("/livez"), 200)
  const checked = await runPostern(["healthcheck", "--port", service.url.split(":")[2] ?? ""], {})
  assert.equal(checked.exitCode, 69, checked.stderr)
  proxy.silence(false)
  const until = Date.now() + 20_000
  while ((await status("/readyz")) !== 200) {
    assert.ok(Date.now() < until, "The service did not come back")
    await wait(50)
  }
  assert.equal(await service.stop(), 0)
})

test("of services that start on one data directory one runs, and a killed one leaves it free", {
  skip,
}, async (t) => {
  const settings = { ...replica(t), POSTERN_PORT: "0" }
  const starts = Array.from({ length: 3 }, () => startPostern(t, settings).catch(String))
  const started = await Promise.all(starts)
  const running = started.filter((one) => typeof one !== "string")
  assert.equal(running.length, 1, started.filter((one) => typeof one === "string").join())
  const { exitCode, stderr } = await runPostern(["serve"], settings)
  assert.equal(exitCode, 75)
  const message = `postern: Another process is using the data directory '${settings.POSTERN_DATA_DIR}'`
  const hint = "Stop it first, or set POSTERN_DATA_DIR: each replica needs a directory of its own."
  assert.ok(stderr.includes(`${message}\nhint: ${hint}`), stderr)
  // The one that runs still takes commands, and a killed one can be replaced at once.
  const [service] = running
  const added = await runPostern(["user", "add", "carol"], settings, `${password}\n`)
  assert.equal(added.exitCode, 0, added.stderr)
  await service?.stop("SIGKILL")
  const began = performance.now()
  const next = await startPostern(t, settings)
  assert.ok(performance.now() - began < 5_000, "A start that watches the lock takes 6 s")
  await logIn(next.url, "carol")
  assert.equal(await next.stop(), 0)
})
