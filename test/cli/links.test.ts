// `postern user invite` and `postern user reset`: what they print, and when they refuse.

import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { runTyped } from "../support/typed.ts"

const issuer = "https://login.example.org"

async function prepare(t: TestContext, settings: Readonly<Record<string, string>>) {
  const directory = await setUp(join(temporaryDirectory(t), "data"))
  const run = async (words: string) => {
    const environment = { POSTERN_DATA_DIR: directory, ...settings }
    const terminal = createFakeTerminal(environment)
    await runTyped(["user", ...words.split(" ")], terminal)
    return terminal.stdout()
  }
  return { directory, run }
}

test("postern user invite and reset print a link, and until when it works", async (t) => {
  const { directory, run } = await prepare(t, { POSTERN_PAGES: "on", POSTERN_ISSUER: issuer })
  const written = `Written to '${directory}', since no service runs there.\n`
  const rows = [
    ["invite carol", "Invited user 'carol'.", "invite"],
    ["reset carol", "Made a link for user 'carol'.", "reset"],
  ]
  for (const [words = "", start = "", kind = ""] of rows) {
    const printed = await run(words)
    assert.ok(printed.startsWith(`${start} The link works once, until 20`), printed)
    assert.match(printed, /Z, unless you make another one:\n/)
    const link = new RegExp(`\\n${issuer}/${kind}\\?t=pti_[\\w-]{54}\\.Y2Fyb2w\\n`)
    assert.match(printed, link)
    assert.ok(printed.endsWith(written))
  }
})

test("postern user invite --json prints one JSON object and nothing else", async (t) => {
  const { run } = await prepare(t, { POSTERN_PAGES: "on", POSTERN_ISSUER: issuer })
  const printed = JSON.parse(await run("invite carol --json"))
  assert.deepEqual(Object.keys(printed), ["username", "kind", "url", "expires_at"])
  assert.deepEqual([printed.username, printed.kind], ["carol", "invite"])
  assert.ok(Number.isSafeInteger(printed.expires_at))
  const [user] = JSON.parse(await run("list --json"))
  assert.deepEqual([user.username, user.state], ["carol", "invited"])
})

test("postern user reset --mfa makes a link that removes second factors", async (t) => {
  const { directory, run } = await prepare(t, { POSTERN_PAGES: "on", POSTERN_ISSUER: issuer })
  await run("invite carol")
  for (const [words, removesFactors] of [
    ["reset carol --mfa", true],
    ["reset carol", false],
    ["reset carol --mfa --json", true],
  ] as const) {
    assert.match(await run(words), /\/reset\?t=pti_/)
    const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
    assert.equal((await store.users.find("carol"))?.link?.removesFactors, removesFactors)
    await store.close()
  }
})

test("postern user invite and reset refuse while the pages are off", async (t) => {
  const { run } = await prepare(t, {})
  for (const words of ["invite carol", "reset carol"]) {
    await assert.rejects(run(words), {
      name: "CommandFailure",
      message: "Links lead to the pages, which are off: set POSTERN_PAGES=on",
      exitCode: 1,
    })
  }
  assert.equal(await run("list --json"), "[\n\n]\n")
})
