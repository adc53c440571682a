// `postern user …` in the process of the test: over a store of its own, and over a control socket.

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import { claimRule, roleRule } from "../../src/service/user_rights.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { setUp, withoutPlace } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"
import { CommandFailure, runTyped } from "../support/typed.ts"

const password = "korrekt-pferd-batterie"

/** Runs a command and gives what it printed. */
async function run(directory: string, words: string, input = ""): Promise<string> {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory }, pipedInput(input))
  await runTyped(["user", ...words.split(" ")], terminal)
  assert.equal(terminal.stderr(), "")
  return withoutPlace(terminal.stdout(), directory)
}

function failure(message: string | RegExp, hint: string, exitCode: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CommandFailure)
    if (typeof message === "string") assert.equal(error.message, message)
    else assert.match(error.message, message)
    assert.deepEqual([error.hint, error.exitCode], [hint, exitCode])
    return true
  }
}

/** Words that are no command, and what is quoted of them. */
const unknown: readonly (readonly [words: string, quoted: string, meant: string])[] = [
  ["promote alice", "user promote", ""],
  ["toString alice", "user toString", ""],
  ["__proto__ alice", "user __proto__", ""],
  ["lst", "user lst", "Did you mean `postern user list`? "],
  ["pasword alice", "user pasword", "Did you mean `postern user password`? "],
]

for (const [words, quoted, meant] of unknown) {
  test(`postern user ${words} is refused, and no word is quoted that may be a password`, async (t) => {
    const hint = `${meant}\`postern help user\` lists the commands.`
    const expected = failure(`'postern ${quoted}' is not a command`, hint, 2)
    await assert.rejects(run(temporaryDirectory(t), words), expected)
  })
}

for (const [words, group] of [
  ["role", "user role"],
  ["role alice", "user role"],
  ["role list alice", "user role"],
  ["claim alice", "user claim"],
] as const) {
  test(`postern user ${words} is refused as no complete command`, async (t) => {
    const hint = `\`postern help ${group}\` lists the commands.`
    const expected = failure(`'postern ${group}' is not a complete command`, hint, 2)
    await assert.rejects(run(temporaryDirectory(t), words), expected)
  })
}

/** Commands with words too few, too many or empty, and their usage. */
const mistaken: readonly (readonly [name: string, takes: string, words: readonly string[]])[] = [
  ["user add", " NAME", ["", " ", " alice hunter2"]],
  ["user list", "", [" all"]],
  ["user delete", " NAME", [""]],
  ["user disable", " NAME", [" alice now"]],
  ["user unlock", " NAME", [""]],
  ["user release", " NAME", ["", " alice bob"]],
  ["user role add", " NAME ROLE", ["", " alice", " alice "]],
  ["user role remove", " NAME ROLE", [" alice admin editor"]],
  ["user claim set", " NAME CLAIM VALUE", [" alice plan", " alice plan free now"]],
  ["user claim remove", " NAME CLAIM", [" alice"]],
]

for (const [name, takes, rows] of mistaken) {
  for (const words of rows) {
    test(`postern ${JSON.stringify(`${name}${words}`)} is refused with its usage`, async (t) => {
      const hint = `Usage: postern ${name}${takes}. \`postern help ${name}\` says more.`
      const running = run(temporaryDirectory(t), `${name}${words}`.replace("user ", ""))
      await assert.rejects(running, failure(`${name}: wrong arguments`, hint, 2))
    })
  }
}

for (const running of [false, true]) {
  const state = running ? "while the service runs" : "while no service runs"
  test(`postern user: add, list, password, disable, enable, unlock, delete, release, ${state}`, async (t) => {
    const directory = running
      ? await openControlDirectory(t, { accounts: (await createTestService(t)).accounts })
      : await setUp(join(temporaryDirectory(t), "data"))
    if (!running) {
      const none = "There are no users. `postern user add NAME` adds one.\n"
      assert.equal(await run(directory, "list"), none)
    } else {
      for (const name of ["alice", "bob"]) await run(directory, `delete ${name}`)
    }
    assert.equal(await run(directory, "add Carol", `${password}\n`), "Added user 'carol'.\n")
    assert.equal(
      await run(directory, "disable carol"),
      "Disabled user 'carol' and ended their sessions.\n",
    )
    const table =
      /^USERNAME {2}STATE {5}MFA {2}CREATED {15}ROLES {2}CLAIMS\ncarol {5}disabled {2}- {4}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}- {6}-\n$/
    assert.match(await run(directory, "list"), table)
    assert.equal(await run(directory, "enable carol"), "Enabled user 'carol'.\n")
    assert.match(await run(directory, "list"), /\ncarol {5}enabled /)
    assert.equal(
      await run(directory, "password carol", `${password}!\n`),
      "Set the password of 'carol' and ended their sessions.\n",
    )
    assert.equal(await run(directory, "logout carol"), "Ended all sessions of 'carol'.\n")
    assert.equal(await run(directory, "unlock carol"), "Unlocked user 'carol'.\n")
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
    for (const words of ["enable carol", "unlock carol"]) {
      await assert.rejects(
        run(directory, words),
        failure("There is no user 'carol'", "`postern user list` shows the users.", 1),
      )
    }
    assert.equal(await run(directory, "release Carol"), "The name 'carol' can be used again.\n")
    assert.equal(await run(directory, "add carol", `${password}\n`), "Added user 'carol'.\n")
    await assert.rejects(
      run(directory, "release carol"),
      failure("The name 'carol' is not reserved", "`postern user list` shows the users.", 1),
    )
    await assert.rejects(
      run(directory, "add dora", "short\n"),
      failure("A password needs at least 15 characters", "Nothing was changed.", 1),
    )
  })
}

test("postern user takes an e-mail address with blanks around it as a name, and quotes it", async (t) => {
  const { accounts } = await createTestService(t)
  const directory = await openControlDirectory(t, { accounts })
  const settings = { POSTERN_DATA_DIR: directory }
  const user = `"o'brien@example.org"`
  const rows = [
    [["add", " O'Brien@Example.org\u00a0"], `Added user ${user}.\n`],
    [
      ["password", "o'brien@example.org "],
      `Set the password of ${user} and ended their sessions.\n`,
    ],
    [["disable", "\to'brien@example.org"], `Disabled user ${user} and ended their sessions.\n`],
    [["enable", "o'brien@example.org\n"], `Enabled user ${user}.\n`],
    [
      ["role", "add", "o'brien@example.org ", "admin"],
      `User ${user} now has roles ["admin"] and claims {}.\n`,
    ],
    [["logout", "O'BRIEN@example.org "], `Ended all sessions of ${user}.\n`],
    [["unlock", " o'brien@example.org"], `Unlocked user ${user}.\n`],
    [["delete", " o'brien@example.org"], `Deleted user ${user}. The name stays reserved.\n`],
    [["release", " o'brien@example.org "], `The name ${user} can be used again.\n`],
  ] as const
  for (const [words, printed] of rows) {
    const terminal = createFakeTerminal(settings, pipedInput(`${password} \n`))
    await runTyped(["user", ...words], terminal)
    assert.deepEqual([terminal.stdout(), terminal.stderr()], [printed, ""])
  }
})

test("postern user list moves no line but its own for the longest name", async (t) => {
  const { accounts } = await createTestService(t)
  const longest = "x".repeat(254)
  await accounts.create({ username: longest, password })
  const lines = (await run(await openControlDirectory(t, { accounts }), "list")).split("\n")
  assert.match(lines[1] ?? "", /^alice {61}enabled {2}/)
  assert.ok(lines[3]?.startsWith(`${longest}  enabled  `))
})

test("postern user list shows roles and claims, in columns as wide as they need be", async (t) => {
  const { accounts } = await createTestService(t)
  for (const role of ["auditor", "admin"]) await accounts.addRole("alice", role)
  await accounts.setClaim("bob", "tenant", 7)
  await accounts.disable("bob")
  assert.equal(
    await run(await openControlDirectory(t, { accounts }), "list"),
    `USERNAME  STATE     MFA  CREATED               ROLES          CLAIMS
alice     enabled   -    2026-11-23T15:30:00Z  admin auditor  -
bob       disabled  -    2026-11-23T15:30:00Z  -              {"tenant":7}
`,
  )
})

test("postern user list shows who is locked, unless disabled, and unlock lets them in again", async (t) => {
  const { accounts, store } = await createTestService(t)
  for (const username of ["alice", "bob"]) {
    for (let count = 0; count < 70; count += 1) await store.failures.count(username, "stranger")
  }
  await accounts.disable("bob")
  const directory = await openControlDirectory(t, { accounts })
  assert.match(await run(directory, "list"), /\nalice {5}locked .*\nbob {7}disabled /)
  assert.equal(await run(directory, "unlock Alice"), "Unlocked user 'alice'.\n")
  assert.match(await run(directory, "list"), /\nalice {5}enabled .*\nbob {7}disabled /)
})

test("postern user role and claim commands print the roles and claims", async (t) => {
  const { accounts } = await createTestService(t)
  const directory = await openControlDirectory(t, { accounts })
  const rows = [
    ["role add Alice editor", '["editor"]', "{}"],
    ["role add alice admin", '["admin","editor"]', "{}"],
    ["role remove alice editor", '["admin"]', "{}"],
    ["claim set Alice tenant 7", '["admin"]', '{"tenant":7}'],
    ["claim set alice plan free", '["admin"]', '{"tenant":7,"plan":"free"}'],
    ['claim set alice tenant "7"', '["admin"]', '{"tenant":"7","plan":"free"}'],
    [
      'claim set alice tenant {"id":[7,null]}',
      '["admin"]',
      '{"tenant":{"id":[7,null]},"plan":"free"}',
    ],
    ["claim remove alice tenant", '["admin"]', '{"plan":"free"}'],
  ] as const
  for (const [words, roles, claims] of rows) {
    const printed = `User 'alice' now has roles ${roles} and claims ${claims}.\n`
    assert.equal(await run(directory, words), printed)
  }
})

test("postern user says why a role or a claim is refused", async (t) => {
  const { accounts } = await createTestService(t)
  const directory = await openControlDirectory(t, { accounts })
  const rows = [
    ["role add alice a,b", `That can't be a role: it needs ${roleRule}`, "Nothing was changed."],
    [
      "claim set alice sub bob",
      `That can't be a claim: it needs ${claimRule}`,
      "Nothing was changed.",
    ],
    [
      "role remove alice admin",
      "The user 'alice' has no such role",
      "`postern user list` shows the users.",
    ],
  ] as const
  for (const [words, message, hint] of rows) {
    await assert.rejects(run(directory, words), failure(message, hint, 1))
  }
})

test("postern user refuses what can't be a name, and asks for no password then", async (t) => {
  const hint =
    "It needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
    "not - first, and not only dots."
  for (const words of ["add al/ice", "logout -- -alice", "role add - admin"]) {
    const running = run(temporaryDirectory(t), words)
    await assert.rejects(running, failure("That can't be a username", hint, 1))
  }
})

const answers: readonly (readonly [error: Error, ...expected: Parameters<typeof failure>])[] = [
  [
    new Unavailable("The change could not be stored"),
    "The change could not be stored",
    "Nothing was changed. Too many logins, a full disk, a data directory that was replaced? The log says more.",
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
    const accounts = { disable } as Partial<Accounts> as Accounts
    const directory = await openControlDirectory(t, { accounts })
    await assert.rejects(run(directory, "disable alice"), failure(...expected))
  })
}

test("postern user gives the store back when it is done, and when it fails", async (t) => {
  const directory = await setUp(join(temporaryDirectory(t), "data"))
  await assert.rejects(
    run(directory, "enable carol"),
    failure("There is no user 'carol'", "`postern user list` shows the users.", 1),
  )
  assert.equal(await run(directory, "add carol", password), "Added user 'carol'.\n")
  assert.match(await run(directory, "list"), /\ncarol /)
})
