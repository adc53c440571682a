// Refresh tokens of a running service: forged ones without end, and good ones after an older copy
// of the data was restored.

import assert from "node:assert/strict"
import { cpSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const seeds = "alice:wonderland"

test("postern serve counts forged refresh tokens, and logs their number at its end", async (t) => {
  const directory = temporaryDirectory(t)
  const auditFile = join(directory, "audit.jsonl")
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(directory, "data"),
    POSTERN_SEED_USERS: seeds,
    POSTERN_AUDIT_FILE: auditFile,
  })
  const json = { refresh_token: `ptr_${"A".repeat(56)}` }
  for (let count = 0; count < 150; count += 1) {
    assert.equal((await call(service.url, "POST", "/refresh", { json })).status, 401)
  }
  assert.equal(await service.stop("SIGTERM"), 0)
  for (const text of [service.output(), readFileSync(auditFile, "utf8")]) {
    const refused = text
      .split("\n")
      .filter((line) => line.includes('"event":"refresh.refused"'))
      .map((line) => JSON.parse(line) as { count?: number; client: string; reason: string })
    // The housekeeping may have written a sum in between.
    const counts = refused.map(({ count = 1 }) => count)
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      150,
    )
    assert.ok(counts.length < 150)
    for (const { client, reason } of refused) {
      assert.deepEqual([client, reason], ["127.0.0.1", "invalid"])
    }
  }
})

test("postern serve goes on with a session after an older copy was restored", async (t) => {
  const directory = temporaryDirectory(t)
  const data = join(directory, "data")
  const settings = { POSTERN_DATA_DIR: data, POSTERN_SEED_USERS: seeds }
  const first = await startPostern(t, settings)
  const login = (await postLogin(first.url, "alice", "wonderland")).body
  await first.stop("SIGTERM")
  cpSync(data, join(directory, "copy"), { recursive: true })

  const refresh = (url: string, token: unknown) =>
    call(url, "POST", "/refresh", { json: { refresh_token: token } })
  const second = await startPostern(t, settings)
  const given = [login["refresh_token"]]
  for (let count = 0; count < 5; count += 1) {
    given.push((await refresh(second.url, given.at(-1))).body["refresh_token"])
  }
  const later = (await postLogin(second.url, "alice", "wonderland")).body
  await second.stop("SIGTERM")
  rmSync(data, { recursive: true })
  cpSync(join(directory, "copy"), data, { recursive: true })

  const third = await startPostern(t, settings)
  const next = await refresh(third.url, given.at(-1))
  assert.equal(next.status, 200)
  assert.equal((await getProtected(third.url, next.body["access_token"])).status, 200)
  assert.match(third.output(), /"event":"session\.set_back","user":"alice"/)
  // Of a session that the copy does not have.
  assert.equal((await refresh(third.url, later["refresh_token"])).status, 401)
  assert.equal((await refresh(third.url, given[3])).status, 401)
  assert.equal((await getProtected(third.url, next.body["access_token"])).status, 401)
  await third.stop("SIGTERM")
})
