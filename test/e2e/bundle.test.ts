// The program as one file, as the image has it.

import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { bundlePostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

test("bundle reads the password blocklist when a password is chosen, and not to start", async (t) => {
  const settings = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  const program = bundlePostern(t)
  const add = (password: string) =>
    runPostern(["user", "add", "alice"], settings, password, program)

  assert.equal((await runPostern(["init"], settings, "", program)).exitCode, 0)
  const leaked = await add("Manchester United 2026")
  assert.equal(leaked.exitCode, 1)
  assert.match(leaked.stderr, /common or leaked/)
  assert.match((await add("korrekt-pferd-batterie")).stdout, /^Added user 'alice'\.\n/)

  rmSync(join(dirname(program[0] ?? ""), "blocklist.json"))
  const { stop } = await startPostern(t, settings, ["serve"], program)
  assert.equal(await stop(), 0)
})
