// What serving does before it serves; the rest is test/e2e's. In a process of its own, since it
// listens to the process's signals.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testSecret } from "../support/test_keys.ts"

const program = `
  import { runCommandLine } from "./src/cli/command_line.ts"
  const environment = JSON.parse(process.env.ENVIRONMENT_OF_TEST)
  const outputs = { print() {}, printError() {}, unreadBytes: () => 0, settle: async () => null }
  const looks = { isColored: false, showsProgress: false }
  const terminal = { environment, program: "postern", ...looks, ...outputs }
  const exitCode = await runCommandLine(["serve"], terminal)
  console.log(JSON.stringify({ exitCode, left: Object.keys(environment) }))
`

test("runServe() removes secrets from the environment, also when the start fails", (t) => {
  // No data directory, so that the start ends as soon as the settings are read.
  const file = join(temporaryDirectory(t), "file")
  writeFileSync(file, "")
  const environment = {
    POSTERN_DATA_DIR: file,
    POSTERN_PORT: "0",
    JWT_SECRET_KEY: testSecret,
    POSTERN_SEED_USERS: "alice:wonderland",
  }
  const words = ["--import", "tsx", "--input-type=module", "--eval", program]
  const env = { ...process.env, ENVIRONMENT_OF_TEST: JSON.stringify(environment) }
  const cwd = new URL("../..", import.meta.url)
  const printed = execFileSync(process.execPath, words, { cwd, env, encoding: "utf8" })
  assert.deepEqual(JSON.parse(printed), {
    exitCode: 65,
    left: ["POSTERN_DATA_DIR", "POSTERN_PORT"],
  })
})
