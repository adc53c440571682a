// `postern user …` while no service runs: which directory it changes, and that it makes none.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join, relative } from "node:path"
import { test } from "node:test"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { runTyped } from "../support/typed.ts"

const password = "korrekt-pferd-batterie"

test("postern user says where it wrote, while no service runs", async (t) => {
  const directory = await setUp(join(temporaryDirectory(t), "data"))
  const rows = [
    ["add carol", "Added user 'carol'.\n"],
    ["role add carol admin", "User 'carol' now has roles [\"admin\"] and claims {}.\n"],
    ["logout carol", "Ended all sessions of 'carol'.\n"],
  ]
  for (const [words = "", report] of rows) {
    const input = pipedInput(password)
    // By a relative path, too.
    const environment = { POSTERN_DATA_DIR: relative(process.cwd(), directory) }
    const terminal = createFakeTerminal(environment, input)
    await runTyped(["user", ...words.split(" ")], terminal)
    const place = `Written to '${directory}', since no service runs there.\n`
    assert.equal(terminal.stdout(), `${report}${place}`)
  }
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory })
  await runTyped(["user", "list"], terminal)
  assert.doesNotMatch(terminal.stdout(), /Written/)
})

test("postern user makes nothing where nothing is set up, and asks for no password", async (t) => {
  const parent = temporaryDirectory(t)
  for (const name of ["", "missing", "missing/below"]) {
    const directory = join(parent, name)
    for (const words of ["add carol", "list", "delete carol"]) {
      const input = pipedInput(password)
      const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory }, input)
      await assert.rejects(runTyped(["user", ...words.split(" ")], terminal), {
        name: "CommandFailure",
        message: `Nothing is set up in '${directory}'`,
        exitCode: 69,
      })
      assert.equal((input as NodeJS.ReadStream).readableDidRead, false)
    }
  }
  assert.deepEqual(readdirSync(parent), [])
})

test("postern user asks for no password when the settings are mistaken", async () => {
  const input = pipedInput(password)
  const terminal = createFakeTerminal({ POSTERN_PROT: "80" }, input)
  await assert.rejects(runTyped(["user", "add", "carol"], terminal), {
    name: "CommandFailure",
    hint: "Nothing was done. Correct the settings and try again.",
    exitCode: 78,
  })
  assert.equal((input as NodeJS.ReadStream).readableDidRead, false)
})
