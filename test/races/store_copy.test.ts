// A service moves from a data directory to PostgreSQL and back, with many users and sessions:
// nobody is logged out, no logout is undone, and theft is still noticed. After a copy that was
// killed, or lost its database, the target is empty, and the next copy works.
//
// With RACE_ROUNDS: 100,000 users and 100,000 sessions.

import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { copyToDirectory } from "../../src/store/json/copied_store.ts"
import { machineDisk as disk } from "../../src/system/disk.ts"
import { withoutSchema } from "../store/copied_places.ts"
import { sampleContent } from "../store/sample_content.ts"
import { call, getProtected, postLogin } from "../support/http_client.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { runPostern, spawnPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { crowdOf, roundsOf } from "./tally.ts"

const { skip, server, host } = await postgresForTests()
const count = crowdOf({ few: 300, many: 100_000 })
/** Enough for a copy that takes a while. */
const records = crowdOf({ few: 5000, many: 20_000 })
const password = "korrekt-pferd-batterie"
const url = `postgres://postern@${encodeURIComponent(host)}/postgres`
const secret = { POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=" }
const settings = { POSTERN_ISSUER: "http://localhost:8080", POSTERN_REFRESH_GRACE: "0" }
/** How long a copy may take before it is killed. */
const killMillisMax = 1500

/** Makes a directory of many records and, by the program itself, its keys and one user. */
async function largeDirectory(t: TestContext, records: number): Promise<string> {
  const directory = join(temporaryDirectory(t), "data")
  const content = {
    ...sampleContent(records, { failedLogins: Math.ceil(records / 10) }),
    keys: null,
  }
  await copyToDirectory({ directory, disk, warn: () => {} }).fill(content, async () => {})
  const place = { ...settings, POSTERN_DATA_DIR: directory }
  const added = await runPostern(["user", "add", "alice"], place, `${password}\n`)
  assert.equal(added.exitCode, 0, added.stderr)
  return directory
}

/** Copies, and gives what `--json` printed. */
async function copy(from: string, to: string): Promise<Record<string, unknown>> {
  const words = ["store", "copy", "--from", from, "--to", to, "--json"]
  const { exitCode, stdout, stderr } = await runPostern(words, { ...settings, ...secret })
  assert.equal(exitCode, 0, stderr)
  return JSON.parse(stdout)
}

async function startOn(t: TestContext, place: Record<string, string>) {
  const isDatabase = "POSTERN_STORE" in place
  const own = isDatabase ? { ...secret, POSTERN_DATA_DIR: join(temporaryDirectory(t), "own") } : {}
  return startPostern(t, { ...settings, ...own, ...place })
}

async function refresh(service: string, token: unknown) {
  return call(service, "POST", "/refresh", { json: { refresh_token: token } })
}

/** Refreshes, and gives the new tokens. */
async function refreshed(service: string, token: unknown) {
  const { status, body } = await refresh(service, token)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test(`${count} users move to PostgreSQL and back, and nobody is logged out`, {
  skip,
}, async (t) => {
  await withoutSchema(host)
  const directory = await largeDirectory(t, count)
  const first = await startOn(t, { POSTERN_DATA_DIR: directory })
  const logIn = async () => (await postLogin(first.url, "alice", password)).body
  const [stolen, kept, ended] = [await logIn(), await logIn(), await logIn()]
  const next = await refreshed(first.url, stolen["refresh_token"])
  await call(first.url, "POST", "/logout", { token: ended["access_token"] })
  assert.equal(await first.stop(), 0)

  const there = await copy(directory, url)
  assert.deepEqual([there["users"], there["sessions"], there["keys"]], [count + 1, count + 2, true])
  const unused = join(temporaryDirectory(t), "unused")
  const back = await copy(url, unused)
  assert.equal(back["checksum"], there["checksum"])

  const second = await startOn(t, { POSTERN_STORE: url })
  for (const { access_token: token } of [stolen, next, kept]) {
    assert.equal((await getProtected(second.url, token)).status, 200)
  }
  assert.equal((await getProtected(second.url, ended["access_token"])).status, 401)
  assert.equal((await refresh(second.url, ended["refresh_token"])).status, 401)
  const keptThere = await refreshed(second.url, kept["refresh_token"])
  const nextThere = await refreshed(second.url, next["refresh_token"])
  // The one before the move was replaced, so a thief has it.
  assert.equal((await refresh(second.url, stolen["refresh_token"])).status, 401)
  assert.equal((await getProtected(second.url, nextThere["access_token"])).status, 401)
  assert.match(second.output(), /"session\.reused"/)
  assert.equal(await second.stop(), 0)

  const other = join(temporaryDirectory(t), "back")
  await copy(url, other)
  const third = await startOn(t, { POSTERN_DATA_DIR: other })
  for (const { access_token: token } of [kept, keptThere]) {
    assert.equal((await getProtected(third.url, token)).status, 200)
  }
  for (const { access_token: token } of [nextThere, ended]) {
    assert.equal((await getProtected(third.url, token)).status, 401)
  }
  const last = await refreshed(third.url, keptThere["refresh_token"])
  assert.equal((await refresh(third.url, kept["refresh_token"])).status, 401)
  assert.equal((await getProtected(third.url, last["access_token"])).status, 401)
  assert.equal((await postLogin(third.url, "alice", password)).status, 200)
  assert.equal(await third.stop(), 0)
})

test("a copy that is killed leaves nothing, and the next one works", { skip }, async (t) => {
  const directory = await largeDirectory(t, records)
  const rounds = roundsOf(1)
  for (let round = 0; round < rounds; round += 1) {
    await withoutSchema(host)
    await kill(["--from", directory, "--to", url], (killMillisMax * (round + 1)) / (rounds + 1))
    const target = join(temporaryDirectory(t), "target")
    // Either the first one was too fast, or there is nothing.
    await copy(directory, url).catch((error) => assert.match(String(error), /has rows in users/))
    await kill(["--from", url, "--to", target], (killMillisMax * (round + 1)) / (rounds + 1))
    if (!isWhole(target)) await copy(url, target)
    assert.ok(isWhole(target))
    rmSync(target, { recursive: true })
  }
})

test("a copy that is interrupted says so, and leaves nothing", { skip }, async (t) => {
  await withoutSchema(host)
  const directory = await largeDirectory(t, records)
  const child = spawnPostern(["store", "copy", "--from", directory, "--to", url], {
    ...settings,
    ...secret,
  })
  let stderr = ""
  child.stderr?.on("data", (chunk) => {
    stderr += chunk
  })
  await untilWriting()
  child.kill("SIGINT")
  const [exitCode] = await once(child, "close")
  assert.equal(exitCode, 1, stderr)
  assert.match(
    stderr,
    /\npostern: Interrupted\nhint: Nothing was copied\. The target is as empty as before\.\n$/,
  )
  await copy(directory, url)
})

test("a copy whose database is killed says so, and the next one works", { skip }, async (t) => {
  const directory = await largeDirectory(t, records)
  await withoutSchema(host)
  const words = ["store", "copy", "--from", directory, "--to", url]
  const copying = runPostern(words, { ...settings, ...secret })
  await untilWriting()
  await server?.restart()
  const { exitCode, stderr } = await copying
  assert.equal(exitCode, 69, stderr)
  assert.match(
    stderr,
    /\npostern: The database 'postgres' at the socket .* does not answer\nhint: A/,
  )
  await copy(directory, url)
})

/** Waits until a copy has begun to write into the database. */
async function untilWriting(): Promise<void> {
  const plain = await openPlainDatabase(host)
  for (let isWriting = false; !isWriting; await wait(10)) {
    const rows = await plain.query(`select 1 from pg_stat_activity
      where application_name = 'postern store' and query like 'insert into postern.users %'`)
    isWriting = rows.length > 0
  }
  await plain.close()
}

async function kill(words: readonly string[], afterMillis: number): Promise<void> {
  const child = spawnPostern(["store", "copy", ...words], { ...settings, ...secret })
  await wait(afterMillis)
  child.kill("SIGKILL")
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
}

function isWhole(directory: string): boolean {
  try {
    return readdirSync(directory).includes("store.json")
  } catch {
    return false
  }
}
