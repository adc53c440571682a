// `postern store …` and `postern user …` over a database in PostgreSQL, in the process of the test.

import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { migrations } from "../../src/store/postgres/migrations.ts"
import { withoutSchema } from "../store/copied_places.ts"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { openPlainDatabase } from "../support/plain_database.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const password = "korrekt-pferd-batterie"
const hidden = "s3cret-of-the-url"
const url = `postgres://postern:${hidden}@${encodeURIComponent(host)}/postgres`
const place = `database 'postgres' at the socket in '${host}'`
const secret = { POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=" }
const store = { ...secret, POSTERN_STORE: url }
const warning = /^.* warn {2}store\.settings message="fsync is off: .*\n/gm

/** Runs a command; what it prints never has the password of the URL. */
async function run(
  t: TestContext,
  line: readonly string[],
  { settings = store, input = "" }: { settings?: Record<string, string>; input?: string } = {},
) {
  const own = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "own") }
  const terminal = createFakeTerminal({ ...own, ...settings }, pipedInput(input))
  const exitCode = await runCommandLine(line, terminal)
  const [stdout, stderr] = [terminal.stdout(), terminal.stderr()]
  assert.ok(!`${stdout}${stderr}`.includes(hidden), line.join(" "))
  return { exitCode, stdout, stderr: stderr.replaceAll(warning, "") }
}

test("postern store migrate makes the schema, without a secret, once", { skip }, async (t) => {
  await withoutSchema(host)
  const settings = { POSTERN_STORE: url }
  const missing = await run(t, ["store", "status"], { settings })
  assert.equal(missing.exitCode, 0, missing.stderr)
  const mends = "`postern store migrate` adds it"
  assert.match(missing.stdout, new RegExp(`\nschema {5,}missing: 1 \\(users, .*\\)\\. ${mends}\n`))
  assert.deepEqual(await run(t, ["store", "migrate"], { settings }), {
    exitCode: 0,
    stdout:
      migrations.map(({ number, name }) => `Applied migration ${number}: ${name}.\n`).join("") +
      `The schema of the ${place} is up to date now.\n` +
      "If another role runs the service, give it its rights again: docs/postgres.md has them.\n",
    stderr: "",
  })
  assert.deepEqual(await run(t, ["store", "migrate"], { settings }), {
    exitCode: 0,
    stdout: `The schema of the ${place} is up to date.\n`,
    stderr: "",
  })
})

test("postern store status shows a database, for people and as JSON", { skip }, async (t) => {
  await withoutSchema(host)
  await run(t, ["user", "add", "carol"], { input: password })
  await run(t, ["init"])
  await run(t, ["user", "add", "carol"], { input: password })
  const { exitCode, stdout, stderr } = await run(t, ["store", "status"])
  assert.deepEqual([exitCode, stderr], [0, ""])
  const lines = [
    "engine +PostgreSQL \\d+\\.\\d+.*",
    `place +${place}`,
    "role +postern",
    `schema +migration ${migrations.at(-1)?.number}, up to date`,
    "users +1",
    "sessions +0",
    "bytes +\\d+ KiB",
    "change log rows +\\d+",
    "services +0 connections from 0 addresses",
    "horizon +not held back",
    "synchronous commit +on",
    "fsync +off",
    "max prepared transactions +0\n",
  ]
  assert.match(stdout, new RegExp(`^${lines.join("\n")}$`))
  const json = JSON.parse((await run(t, ["store", "status", "--json"])).stdout)
  assert.deepEqual(
    [json.engine, json.place, json.users],
    [...["postgresql", place, { rows: 1, is_exact: true }]],
  )
})

test("postern store status names the transaction that holds the horizon", { skip }, async (t) => {
  await withoutSchema(host)
  await run(t, ["init"])
  const [writer, other] = [await openPlainDatabase(host), await openPlainDatabase(host)]
  t.after(() => Promise.all([writer.close(), other.close()]))
  await other.query("set application_name = 'postern'")
  await writer.transaction(async (query) => {
    const [row] = await query<{ pid: number }>(
      "select pg_backend_pid() as pid, pg_current_xact_id()::text as xid",
    )
    await other.query("select pg_current_xact_id()")
    await wait(1000)
    const { stdout } = await run(t, ["store", "status"])
    const who = `connection ${row?.pid}, role postern, database postgres`
    assert.match(
      stdout,
      new RegExp(`\\nhorizon +held for [12] s and \\d+ transactions by ${who}\\n`),
    )
    const { horizon } = JSON.parse((await run(t, ["store", "status", "--json"])).stdout)
    assert.deepEqual([horizon.kind, horizon.name], ["connection", String(row?.pid)])
    assert.match(stdout, /\nservices +1 connections from 1 addresses\n/)
  })
})

test("postern store copy prints what it copied, both ways, without the password", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  const from = await setUp(join(temporaryDirectory(t), "data"))
  const own = { POSTERN_DATA_DIR: from }
  await run(t, ["user", "add", "carol"], { settings: own, input: password })
  const copy = (words: readonly string[]) =>
    run(t, ["store", "copy", ...words], { settings: secret })
  const counts =
    "  1 user\n  0 reserved names\n  0 sessions\n  0 ended sessions\n  0 revoked tokens\n" +
    "  0 accounts with failed logins\n  0 lists of recent logins\n  0 service tokens\n  the keys\n"
  const seen = (option: string) =>
    `Other users of this machine can see the password in ${option}: use ${option}-file PATH.\n`
  assert.deepEqual(await copy(["--from", from, "--to", url, "--dry-run"]), {
    exitCode: 0,
    stdout: `Would copy '${from}' to the ${place}:\n${counts}Nothing was written.\n`,
    stderr: seen("--to"),
  })
  const file = join(temporaryDirectory(t), "url.txt")
  writeFileSync(file, `${url}\n`)
  const there = await copy(["--from", from, "--to-file", file])
  const sum = /SHA-256 ([0-9a-f]{64})\.\n/.exec(there.stdout)?.[1]
  const end = (place: string) =>
    `What was read back is the same: SHA-256 ${sum}.\n` +
    `Start no service on ${place} any more: neither store learns what the other one changes.\n`
  assert.deepEqual(there, {
    exitCode: 0,
    stdout: `Copied '${from}' to the ${place}:\n${counts}${end(`'${from}'`)}`,
    stderr: "",
  })
  const to = join(temporaryDirectory(t), "back")
  assert.deepEqual(await copy(["--from", url, "--to", to]), {
    exitCode: 0,
    stdout: `Copied the ${place} to '${to}':\n${counts}${end(`the ${place}`)}`,
    stderr: seen("--from"),
  })
  const again = await copy(["--from-file", file, "--to", to])
  assert.equal(again.exitCode, 75)
  assert.match(again.stderr, /^postern: '.*' is in use: it holds 'journal\.0\.jsonl', /)
})

test("postern user over a database prints its audit lines and the place", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  await run(t, ["init"])
  const added = await run(t, ["user", "add", "carol"], { input: password })
  assert.equal(
    added.stdout,
    `Added user 'carol'.\nWritten to the ${place}. Its services go by it from now on.\n`,
  )
  assert.match(added.stderr, /^\d\d:\d\d:\d\d audit user\.added user=carol\n$/)
  const settings = { ...store, POSTERN_STORE: url.replace(/\/postgres$/, "-none/postgres") }
  const lost = await run(t, ["user", "list"], { settings })
  assert.equal(lost.exitCode, 69)
  assert.match(lost.stderr, /\npostern: The database 'postgres' at the .* does not answer\nhint: N/)
})
