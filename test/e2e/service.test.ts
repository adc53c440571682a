// The service in a process of its own: how it starts, how it ends, and what is left then.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { askService } from "../../src/admin/socket.ts"
import { getProtected, postLogin } from "../support/http_client.ts"
import { type RunningPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"

const seeds = "alice:wonderland,bob:builder"
const cliPage = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8")
const revoked = { status: 401, msg: "Token has been revoked" }

/** The names of the events that it logged; every line must be one. */
function events(service: RunningPostern): string[] {
  const lines = service.output().split("\n")
  assert.equal(lines.pop(), "", "the last line is whole")
  return lines.map((line) => {
    const event = JSON.parse(line) as Record<string, string>
    assert.match(event["time"] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    return event["event"] ?? ""
  })
}

test("postern serve ends at SIGTERM after it answered the logins under way", async (t) => {
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: seeds,
    JWT_SECRET_KEY: testSecret,
    // Some logins take a while then, and two at a time.
    POSTERN_HASH_MEMORY: "65536",
  })
  const logins = Array.from({ length: 8 }, () => postLogin(service.url, "alice", "wonderland"))
  const first = await Promise.race(logins)
  assert.deepEqual(await getProtected(service.url, first.body["access_token"]), {
    status: 200,
    body: { logged_in_as: "alice" },
  })
  const ended = service.stop("SIGTERM")
  const answers = await Promise.all(logins)
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(8).fill(200),
  )
  assert.equal(await ended, 0)
  const names = events(service)
  const draining = names.indexOf("service.draining")
  assert.ok(names.lastIndexOf("login.succeeded") > draining, "some were under way")
  const seeded = ["user.seeded", "user.seeded", "users.seeded"]
  assert.deepEqual(names.slice(0, 4), [...seeded, "service.ready"])
  assert.equal(names.at(-1), "service.stopped")
  await assert.rejects(postLogin(service.url, "alice", "wonderland"), { message: "fetch failed" })

  const tokens = answers.map(({ body }) => String(body["access_token"]))
  for (const secret of ["wonderland", "builder", testSecret, "argon2", ...tokens]) {
    assert.ok(!service.output().includes(secret), "a secret was printed")
  }
})

test("postern serve keeps users and tokens over SIGINT and kill -9", async (t) => {
  const settings = {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    // A free port is another one at the next start.
    POSTERN_ISSUER: "https://login.example.org",
    POSTERN_SEED_USERS: seeds,
  }
  const first = await startPostern(t, settings)
  const alice = (await postLogin(first.url, "alice", "wonderland")).body["access_token"]
  const bob = (await postLogin(first.url, "bob", "builder")).body["access_token"]
  assert.equal(await first.stop("SIGINT"), 0)
  assert.deepEqual(events(first).slice(-2), ["service.draining", "service.stopped"])

  const second = await startPostern(t, settings)
  assert.equal((await getProtected(second.url, alice)).status, 200)
  const acknowledged = await addUntilKilled(second, settings.POSTERN_DATA_DIR)
  assert.ok(acknowledged.length >= 5)
  assert.equal(second.process.signalCode, "SIGKILL")

  const third = await startPostern(t, settings)
  assert.equal(events(third)[0], "users.not_seeded")
  for (const { username, password } of acknowledged) {
    assert.equal((await postLogin(third.url, username, password)).status, 200, username)
  }
  assert.equal((await getProtected(third.url, alice)).status, 200)
  const { status, body } = await getProtected(third.url, bob)
  assert.deepEqual({ status, msg: body["msg"] }, revoked)
})

/** Disables bob and adds users. Kills the service after the fifth, while others are under way. */
async function addUntilKilled(service: RunningPostern, directory: string) {
  const disabled = await askService(directory, { command: "user.disable", username: "bob" })
  assert.equal(disabled?.ok, true)
  const acknowledged: { username: string; password: string }[] = []
  const adding = Array.from({ length: 40 }, async (_, index) => {
    const user = { username: `user${index}`, password: `korrekt-pferd-${index}!` }
    const answer = await askService(directory, { command: "user.add", ...user })
    if (answer?.ok) acknowledged.push(user)
    if (acknowledged.length === 5) service.process.kill("SIGKILL")
  })
  await Promise.allSettled(adding)
  await service.stop()
  return acknowledged
}

test("postern serve ends at an uncaught error, and logs it", async (t) => {
  const bug = "process.on('SIGUSR2',()=>{throw(new(TypeError)('nobody-caught-this'))})"
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    JWT_PRIVATE_KEY: testKeyPem,
    NODE_OPTIONS: `--import=data:text/javascript,${bug}`,
  })
  assert.equal(await service.stop("SIGUSR2"), 1)
  assert.deepEqual(events(service), ["users.none", "service.ready", "process.crashed"])
  assert.match(service.output(), /"error":"TypeError: nobody-caught-this\\n {4}at /)
})

for (const [host, shown] of [
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "127.0.0.1"],
  ["localhost", "localhost"],
] as const) {
  test(`postern demo at ${host} shows its users, and a curl line that works`, async (t) => {
    const settings = { TMPDIR: temporaryDirectory(t), POSTERN_HOST: host }
    const { port, output, stop } = await startPostern(t, settings, ["demo"])
    const greeting = /Postern's demo is at [\s\S]*removes its data\.\n/
    for (const start = Date.now(); !greeting.test(output()); await wait(20)) {
      assert.ok(Date.now() - start < 5000, output())
    }
    // The greeting is what docs/cli.md shows, but for the address.
    const [greeted = ""] = greeting.exec(output()) ?? []
    const asInPage = greeted.replaceAll(`//${shown}:${port}`, "//127.0.0.1:8080")
    assert.ok(cliPage.includes(`\`\`\`text\n${asInPage}\`\`\``), asInPage)
    const line = /^ {2}curl '(\S+)' -H '([\w-]+): ([\w/]+)' -d '(\{.*\})'$/m.exec(output()) ?? []
    const [, url = "", name = "", value = "", body = ""] = line
    assert.equal(url, `http://${shown}:${port}/login`)
    const answer = await fetch(url, { method: "POST", headers: { [name]: value }, body })
    assert.equal(answer.status, 200)
    assert.equal(await stop(), 0)
  })
}

test("postern demo serves alice and bob, and leaves nothing behind", async (t) => {
  const temporary = temporaryDirectory(t)
  const service = await startPostern(t, { TMPDIR: temporary }, ["demo"])
  const { status, body } = await postLogin(service.url, "bob", "builder")
  assert.equal(status, 200)
  assert.deepEqual((await getProtected(service.url, body["access_token"])).body, {
    logged_in_as: "bob",
  })
  assert.equal(readdirSync(temporary).filter((name) => name.startsWith("postern-demo-")).length, 1)
  assert.equal(await service.stop("SIGINT"), 0)
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith("postern-")),
    [],
  )
})
