// The program as one file, as the image has it.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { bundlePostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const builder = fileURLToPath(new URL("../../bin/bundle.js", import.meta.url))

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

test("bundle loads the client of PostgreSQL for its stores alone, and no passkeys to start", async (t) => {
  const settings = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  const directory = temporaryDirectory(t)
  const built = spawnSync(process.execPath, [builder, directory], { encoding: "utf8" })
  assert.equal(built.status, 0, built.stderr)
  const program = [join(directory, "postern.cjs")]
  // Without it and what verifies passkeys, a service over a directory starts.
  rmSync(join(directory, "node_modules"), { recursive: true })

  const { stop } = await startPostern(t, settings, ["serve"], program)
  assert.equal(await stop(), 0)
  const store = {
    POSTERN_STORE: "postgres://somebody@127.0.0.1:1/postern",
    POSTERN_STORE_SECRET: "kZ2vQm8Xr1Yt6Lw9Ns4Hb7Jc3Pd5Fg0AeUiOqTy",
  }
  const { exitCode, stderr } = await runPostern(
    ["user", "list"],
    { ...settings, ...store, POSTERN_DATA_DIR: join(temporaryDirectory(t), "other") },
    "",
    program,
  )
  assert.notEqual(exitCode, 0)
  assert.match(stderr, /Cannot find package 'pg'/)
})
