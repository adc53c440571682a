// README.md against what is there: its session, its user and its verifier are run, its defaults are
// the settings'. Its length is held, too: nobody finishes a long one.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { runCommandLine } from "../src/cli/command_line.ts"
import { settingRows } from "../src/config/settings.ts"
import { createFakeKeyboard, createFakeTerminal } from "./support/fake_terminal.ts"
import { postLogin } from "./support/http_client.ts"
import { blocksOf, isAsShown, readPage, runSteps, stepsOf, tableOf } from "./support/page.ts"
import { bundlePostern, startPostern } from "./support/postern_process.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"

const wordsMax = 1000
/** What fits into the width at which code hosts show a page. */
const codeLineLengthMax = 100
const readme = readPage("README.md")

test("README is short, and its code needs no scrolling", () => {
  const words = readme.text.split(/\s+/).filter((word) => word !== "").length
  assert.ok(words <= wordsMax, `${words} words`)
  const code = [...readme.text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text)
  const long = code.join("").split("\n")
  assert.deepEqual(
    long.filter((line) => line.length > codeLineLengthMax),
    [],
  )
})

test("README's commands answer as it says", async (t) => {
  const directory = temporaryDirectory(t)
  const settings = { POSTERN_DATA_DIR: join(directory, "data") }
  const program = bundlePostern(t)
  const seeded = { ...settings, POSTERN_SEED_USERS: "alice:wonderland,bob:builder" }
  const { port } = await startPostern(t, seeded, ["serve"], program)
  const steps = stepsOf(readme)
  assert.ok(steps.length >= 8)
  const host = `localhost:${port}`
  const password = "korrekt-pferd-batterie"
  const printed = await runSteps(steps, { directory, host, program, settings, password })
  for (const [index, { command, shown }] of steps.entries()) {
    assert.ok(isAsShown(printed[index] ?? "", shown), `${command}\n${printed[index]}`)
  }
})

test("README shows the prompts for a new user", async (t) => {
  const settings = { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  assert.equal(await runCommandLine(["init"], createFakeTerminal(settings)), 0)
  const keyboard = createFakeKeyboard()
  const terminal = createFakeTerminal(settings, keyboard.input)
  const run = runCommandLine(["user", "add", "carol"], terminal)
  for (const question of ["New password", "Once more"]) {
    while (!terminal.stdout().includes(question) && !terminal.stderr().includes(question)) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await keyboard.type("korrekt-pferd-batterie\r")
  }
  assert.equal(await run, 0, terminal.stderr())
  const shown = stepsOf(readme).find(({ command }) => command.includes("user add"))?.shown ?? ""
  const asked = `${terminal.stderr()}${terminal.stdout()}`
  for (const line of shown.trim().split("\n")) assert.ok(asked.includes(line), line)
})

test("README's verifier takes six lines, and takes a token", async (t) => {
  const settings = { POSTERN_DATA_DIR: temporaryDirectory(t), POSTERN_SEED_USERS: "alice:wonder" }
  const { port, url } = await startPostern(t, settings, ["serve"], bundlePostern(t))
  const token = String((await postLogin(url, "alice", "wonder")).body["access_token"])
  const lines = (blocksOf(readme, "ts")[0] ?? "").trim().split("\n")
  assert.equal(lines.length, 6)
  const directory = temporaryDirectory(t)
  const modules = fileURLToPath(new URL("../node_modules", import.meta.url))
  symlinkSync(modules, join(directory, "node_modules"))
  const script = join(directory, "verify.mjs")
  const code = lines.join("\n").replace("localhost:8080", `localhost:${port}`)
  writeFileSync(script, `const token = process.argv[2]\n${code}\n`)
  const verify = (text: string) =>
    execFileSync(process.execPath, [script, text], { encoding: "utf8", stdio: "pipe" })
  assert.equal(verify(token), "alice []\n")
  assert.throws(() => verify(`${token.slice(0, -8)}AAAAAAAA`), /signature verification failed/)
})

test("README's defaults are the settings'", () => {
  const rows = tableOf(readme, "What")
  assert.ok(rows.length > 5)
  for (const [, shown, name] of rows) {
    const setting = settingRows.find(([, row]) => `\`${row.name}\`` === name)?.[1]
    assert.equal(shown, `\`${setting?.shownDefault ?? setting?.fallback}\``, name)
  }
})
