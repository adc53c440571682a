// A disk that is full under PostgreSQL: what writes gets 503, what reads goes on while PostgreSQL
// does, and when there is room again everything works, and nothing that was answered is lost.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { call } from "../support/http_client.ts"
import { startPostern } from "../support/postern_process.ts"
import { noPostgres, startPostgres } from "../support/postgres_server.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const skip = noPostgres || noSmallDisk
const password = "heftklammer-und-mehr"
const kibibytes = 96 * 1024
const loginsMax = 280

/** Where the log of PostgreSQL is: with the tables, or on a disk that has room. */
const places: readonly (readonly [what: string, logHasRoom: boolean])[] = [
  ["the tables", true],
  ["the tables and the log", false],
]

for (const [what, logHasRoom] of places) {
  test(`a full disk under ${what} of PostgreSQL loses nothing that was answered`, {
    skip,
  }, async (t) => {
    const disk = mountSmallDisk(t, kibibytes)
    const server = await startPostgres({
      disk: disk.path,
      ...(logHasRoom ? { logDirectory: temporaryDirectory(t) } : {}),
    })
    const service = await startPostern(t, settingsOf(t, server.host))
    const [kept, ...more] = await logInUntilRefused(service.url, 1)
    assert.ok(kept !== undefined)
    const ended = (await logInUntilRefused(service.url, 1))[0] ?? assert.fail()
    const look = async (token: string) =>
      (await call(service.url, "GET", "/protected", { token })).status
    assert.equal(await look(kept), 200)

    disk.fill()
    const others = [...more, ...(await logInUntilRefused(service.url, loginsMax))]
    assert.ok(others.length < loginsMax, "the disk was never full")
    for (let round = 0; round < 5; round += 1) {
      const status = await look(kept)
      assert.ok(status === 200 || (status === 503 && !logHasRoom), `${status}`)
    }
    const { status: ending } = await call(service.url, "POST", "/logout", { token: ended })
    assert.ok([204, 503].includes(ending), `${ending}`)

    disk.clear()
    // PostgreSQL ends itself when it can't write its log; then whoever runs it starts it again.
    if (!logHasRoom) await server.restart()
    const until = performance.now() + 15_000
    while ((await look(kept)) !== 200) {
      assert.ok(performance.now() < until, "The service did not come back")
      await wait(50)
    }
    for (const token of others) assert.equal(await look(token), 200, "a login that was answered")
    if (ending === 204) assert.equal(await look(ended), 401)
    assert.equal((await logInUntilRefused(service.url, 1)).length, 1)
    assert.equal(await service.stop(), 0)
    assert.doesNotMatch(service.output(), /request\.failed|process\.crashed/)
    await server.stop()
  })
}

function settingsOf(t: TestContext, host: string) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
    POSTERN_SEED_USERS: `ada:${password}`,
    POSTERN_SESSIONS_PER_USER: "300",
  }
}

/** Logs in until that is answered 503, so many times at most, and gives the access tokens. */
async function logInUntilRefused(url: string, most: number): Promise<readonly string[]> {
  const tokens: string[] = []
  while (tokens.length < most) {
    const json = { username: "ada", password }
    const { status, headers, body } = await call(url, "POST", "/login", { json })
    if (status === 503) {
      assert.match(headers.get("retry-after") ?? "", /^\d+$/)
      break
    }
    assert.equal(status, 200, JSON.stringify(body))
    tokens.push(String(body["access_token"]))
  }
  return tokens
}
