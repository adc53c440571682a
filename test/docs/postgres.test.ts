// docs/postgres.md: its way to move a data directory to PostgreSQL and back.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { withoutSchema } from "../store/copied_places.ts"
import { postLogin } from "../support/http_client.ts"
import { isAsShown, readPage, type Step, stepsOf } from "../support/page.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const root = fileURLToPath(new URL("../..", import.meta.url))
const password = "korrekt-pferd-batterie"
const warning = /^.* warn {2}store\.settings message="fsync is off: .*\n/gm

/** The steps below the heading, but those that start a service. */
function stepsBelow(heading: string): readonly Step[] {
  const { name, text } = readPage("docs/postgres.md")
  const section = text.slice(text.indexOf(`\n## ${heading}\n`))
  const steps = stepsOf({ name, text: section.slice(0, section.indexOf("\n## ", 2)) })
  return steps.filter(({ command }) => !command.endsWith("npm start"))
}

/** The commands in the place of the page's: our program, and the tests' database. */
function asTyped(command: string): string {
  const main = `'${process.execPath}' --import tsx '${join(root, "src/main.ts")}'`
  return command
    .replaceAll("npm run --silent postern --", main)
    .replaceAll("$USER@%2Fvar%2Frun%2Fpostgresql/postern", "$USER@$HOST_OF_TESTS/postgres")
}

test("docs/postgres.md: Move moves a data directory to PostgreSQL, and back", {
  skip,
}, async (t) => {
  await withoutSchema(host)
  const cwd = temporaryDirectory(t)
  symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"))
  const data = await setUp(join(cwd, "data"))
  await runPostern(["user", "add", "carol"], { POSTERN_DATA_DIR: data }, password)
  const steps = stepsBelow("Move")
  assert.ok(steps.length >= 7)
  const end = "end-of-step"
  const script = steps.map(({ command }) => `${asTyped(command)}\necho ${end}\n`).join("")
  const env = {
    ...{ PATH: process.env["PATH"], USER: "postern" },
    HOST_OF_TESTS: encodeURIComponent(host),
  }
  const ran = spawnSync("sh", ["-e", "-c", script], { cwd, env, encoding: "utf8" })
  assert.equal(ran.status, 0, ran.stderr)
  assert.equal(ran.stderr.replaceAll(warning, ""), "")
  const printed = ran.stdout.split(`${end}\n`)
  for (const [at, { command, shown }] of steps.entries()) {
    assert.ok(isAsShown(printed[at] ?? "", shown), `${command}\n${printed[at]}`)
  }
  assert.ok(readdirSync(join(cwd, "data.new")).includes("store.json"))

  const files = {
    POSTERN_STORE_FILE: join(cwd, "store.txt"),
    POSTERN_STORE_SECRET_FILE: join(cwd, "secret.txt"),
  }
  const own = { POSTERN_DATA_DIR: join(cwd, "own") }
  for (const settings of [{ ...files, ...own }, { POSTERN_DATA_DIR: join(cwd, "data.new") }]) {
    const service = await startPostern(t, { ...settings, POSTERN_ISSUER: "http://localhost:8080" })
    assert.equal((await postLogin(service.url, "carol", password)).status, 200)
    assert.equal(await service.stop(), 0)
  }
})
