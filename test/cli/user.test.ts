// `postern user …` in the process of the test: over a store of its own, and over a control socket.

import assert from "node:assert/strict"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { runUser } from "../../src/cli/user.ts"
import { openControl } from "../../src/control/socket.ts"
import { machineDisk } from "../../src/disk.ts"
import { OperatorError, Unavailable } from "../../src/errors.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"

/** Runs a command and gives what it printed. */
async function run(directory: string, words: string, input = ""): Promise<string> {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory }, pipedInput(input))
  const exitCode = await runUser(words.split(" "), terminal)
  assert.deepEqual([exitCode, terminal.stderr()], [0, ""])
  return terminal.stdout()
}

function failure(message: string | RegExp, hint: string, exitCode: number) {
  return (error: unknown) => {
    assert.ok(error instanceof OperatorError)
    if (typeof message === "string") assert.equal(error.message, message)
    else assert.match(error.message, message)
    assert.deepEqual([error.hint, error.exitCode], [hint, exitCode])
    return true
  }
}

const usage = "postern user add|password|disable|enable|delete NAME, or postern user list"
const mistaken = [
  "",
  "add",
  "add ",
  "list all",
  "delete",
  "promote alice",
  "add alice bob",
  "disable alice now",
  "toString alice",
  "__proto__ alice",
]

for (const words of mistaken) {
  test(`postern user ${JSON.stringify(words)} is refused, with no word of it but the verb`, async (t) => {
    const directory = temporaryDirectory(t)
    await assert.rejects(
      run(directory, words),
      failure(`'${`postern user ${words.split(" ")[0]}`.trim()}' is not used like that`, usage, 2),
    )
  })
}

/** A directory whose control socket has these accounts behind it. */
async function openService(t: TestContext, accounts: Accounts) {
  const directory = join(temporaryDirectory(t), "data")
  mkdirSync(directory)
  const log = createCollectedLog()
  const control = await openControl({ directory, accounts, disk: machineDisk, log: log.log })
  t.after(() => control.close())
  return directory
}

for (const running of [false, true]) {
  const state = running ? "while the service runs" : "while no service runs"
  test(`postern user: add, list, password, disable, enable, delete, ${state}`, async (t) => {
    const directory = running
      ? await openService(t, (await createTestService(t)).accounts)
      : join(temporaryDirectory(t), "data")
    if (!running) {
      const none = "There are no users. Add one: postern user add NAME\n"
      assert.equal(await run(directory, "list"), none)
    } else {
      for (const name of ["alice", "bob"]) await run(directory, `delete ${name}`)
    }
    assert.equal(await run(directory, "add Carol", `${password}\n`), "Added user 'carol'.\n")
    assert.equal(
      await run(directory, "disable carol"),
      "Disabled user 'carol'. Tokens of theirs are refused.\n",
    )
    const table =
      /^USERNAME {2}STATE {5}CREATED {15}ROLES\ncarol {5}disabled {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}-\n$/
    assert.match(await run(directory, "list"), table)
    assert.equal(await run(directory, "enable carol"), "Enabled user 'carol'.\n")
    assert.match(await run(directory, "list"), /\ncarol {5}enabled /)
    assert.equal(
      await run(directory, "password carol", `${password}!\n`),
      "Set the password of 'carol'. Tokens from before are refused.\n",
    )
    assert.equal(
      await run(directory, "delete carol"),
      "Deleted user 'carol'. The name stays reserved.\n",
    )
    await assert.rejects(
      run(directory, "add carol", `${password}\n`),
      failure(
        "The name 'carol' was a user's who was deleted, and stays reserved",
        "Choose another name. `postern user list` shows the users.",
        1,
      ),
    )
    await assert.rejects(
      run(directory, "enable carol"),
      failure("There is no user 'carol'", "`postern user list` shows the users.", 1),
    )
    await assert.rejects(
      run(directory, "add dora", "short\n"),
      failure("A password needs at least 15 characters", "Nothing was changed.", 1),
    )
  })
}

test("postern user list shows roles, and columns as wide as they need be", async (t) => {
  const { accounts, store } = await createTestService(t)
  await store.changeUser("alice", { roles: ["admin", "auditor"] })
  await accounts.disable("bob")
  assert.equal(
    await run(await openService(t, accounts), "list"),
    `USERNAME  STATE     CREATED               ROLES
alice     enabled   2026-11-23T15:30:00Z  admin auditor
bob       disabled  2026-11-23T15:30:00Z  -
`,
  )
})

const answers: readonly (readonly [error: Error, ...expected: Parameters<typeof failure>])[] = [
  [
    new Unavailable("The change could not be stored"),
    "The change could not be stored",
    "Nothing was changed. Too many logins, or a full disk? The log says more.",
    69,
  ],
  [
    new TypeError("a bug"),
    "Something went wrong; the log says what",
    "The log of the service says more.",
    1,
  ],
]

for (const [error, ...expected] of answers) {
  test(`postern user exits ${expected[2]} when the service fails: ${expected[0]}`, async (t) => {
    const disable = () => Promise.reject(error)
    const directory = await openService(t, { disable } as Partial<Accounts> as Accounts)
    await assert.rejects(run(directory, "disable alice"), failure(...expected))
  })
}

test("postern user asks for no password when the settings are mistaken", async () => {
  const input = pipedInput(password)
  const terminal = createFakeTerminal({ POSTERN_PROT: "80" }, input)
  await assert.rejects(
    runUser(["add", "carol"], terminal),
    failure(/POSTERN_PROT/, "Nothing was started. Mend them all and start again.", 78),
  )
  assert.equal((input as NodeJS.ReadStream).readableDidRead, false)
})

test("postern user gives the store back when it is done, and when it fails", async (t) => {
  const directory = temporaryDirectory(t)
  await assert.rejects(
    run(directory, "enable carol"),
    failure("There is no user 'carol'", "`postern user list` shows the users.", 1),
  )
  assert.equal(await run(directory, "add carol", password), "Added user 'carol'.\n")
  assert.match(await run(directory, "list"), /\ncarol /)
})
