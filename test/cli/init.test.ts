// `postern init`, and that no other command but serve and demo makes anything.

import assert from "node:assert/strict"
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const files = ["journal.0.jsonl", "journal.1.jsonl", "keys.json", "store.json"]

async function run(directory: string, line: string, input = "") {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory }, pipedInput(input))
  const exitCode = await runCommandLine(line.split(" "), terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test("postern init makes a deployment, once", async (t) => {
  const directory = join(temporaryDirectory(t), "a", "data")
  assert.deepEqual(await run(directory, "init"), {
    exitCode: 0,
    stdout: `Set up '${directory}'. \`postern user add NAME\` adds a user.\n`,
    stderr: "",
  })
  assert.equal(lstatSync(directory).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(directory).sort(), files)
  const before = files.map((name) => readFileSync(join(directory, name)))
  const already = {
    exitCode: 0,
    stdout: `'${directory}' is set up already.\n`,
    stderr: "",
  }
  assert.deepEqual(await run(directory, "init"), already)
  const now = files.map((name) => readFileSync(join(directory, name)))
  assert.deepEqual(now, before)
  await run(directory, "user add carol", "korrekt-pferd-batterie")
  assert.match((await run(directory, "user list")).stdout, /\ncarol /)
  assert.deepEqual(await run(directory, "init"), already)
  assert.match((await run(directory, "user list")).stdout, /\ncarol /)
})

test("postern init of a running service's directory says that it is there", async (t) => {
  const directory = await openControlDirectory(t, {})
  assert.deepEqual(await run(directory, "init"), {
    exitCode: 0,
    stdout: `'${directory}' is set up already.\n`,
    stderr: "",
  })
  assert.deepEqual(readdirSync(directory), ["control.sock"])
})

test("postern init finishes a first start that was cut short", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  await run(directory, "init")
  for (const name of ["keys.json", "store.json"]) rmSync(join(directory, name))
  assert.equal((await run(directory, "user list")).exitCode, 69)
  assert.deepEqual(readdirSync(directory).sort(), files.slice(0, 2))
  assert.equal((await run(directory, "init")).exitCode, 0)
  assert.deepEqual(readdirSync(directory).sort(), files)
})

test("every command refuses a directory with a part of a deployment", async (t) => {
  for (const lost of [
    ["store.json", "journal.0.jsonl", "journal.1.jsonl"],
    ["store.json"],
    ["journal.0.jsonl"],
    ["journal.1.jsonl", "keys.json"],
    ["journal.0.jsonl", "journal.1.jsonl"],
  ]) {
    const directory = join(temporaryDirectory(t), "data")
    await run(directory, "init")
    await run(directory, "user add carol", "korrekt-pferd-batterie")
    for (const name of lost) rmSync(join(directory, name))
    const left = readdirSync(directory)
    for (const line of ["init", "user list", "key list"]) {
      const { exitCode, stderr } = await run(directory, line)
      assert.equal(exitCode, 65, `${line} without ${lost}: ${stderr}`)
      assert.match(stderr, /^postern: The store can't be read: .* is missing, but there is /)
      assert.match(stderr, /Nothing was changed\. Move the data directory away, and bring a backup/)
      assert.deepEqual(readdirSync(directory), left)
    }
  }
})

test("postern changes files and modes only by serve, demo and init", async (t) => {
  const directory = temporaryDirectory(t)
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, "letter.txt"), "dear")
  const lines = [
    ...["add", "password", "disable", "enable", "logout", "unlock", "delete", "release"].map(
      (verb) => `user ${verb} carol`,
    ),
    ...["user list", "user role add carol admin", "user role remove carol admin"],
    ...["user claim set carol a 1", "user claim remove carol a"],
    ...["key list", "key rotate", "key retire refresh"],
  ]
  for (const line of lines) {
    assert.deepEqual(await run(directory, line, "korrekt-pferd-batterie"), {
      exitCode: 69,
      stdout: "",
      stderr:
        `postern: Nothing is set up in '${directory}'\n` +
        "hint: `postern serve` or `postern init` sets it up. POSTERN_DATA_DIR says where it is.\n",
    })
  }
  assert.deepEqual(readdirSync(directory), ["letter.txt"])
  assert.equal(lstatSync(directory).mode & 0o777, 0o755)
})

test("postern warns of keys that are missing beside a store with users", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  await run(directory, "init")
  await run(directory, "user add carol", "korrekt-pferd-batterie")
  rmSync(join(directory, "keys.json"))
  const { exitCode, stdout, stderr } = await run(directory, "init")
  assert.equal(exitCode, 0)
  assert.equal(stdout, `'${directory}' is set up already.\n`)
  assert.match(
    stderr,
    /keys\.missing .*keys\.json' is missing beside a store that is in use: new keys/,
  )
})
