// `postern store …` over data directories, in the process of the test.

import assert from "node:assert/strict"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { createFakeKeyboard, createFakeTerminal, pipedInput } from "../support/fake_terminal.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"
/** Those of the test service. */
const users = [
  ["alice", "wonderland"],
  ["bob", "builder"],
] as const

interface Run {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function run(
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
  input = "",
): Promise<Run> {
  const terminal = createFakeTerminal({ ...environment }, pipedInput(input))
  const exitCode = await runCommandLine(["store", ...words], terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

/** A directory with the user carol. */
async function directoryOfCarol(t: TestContext): Promise<string> {
  const directory = await setUp(join(temporaryDirectory(t), "data"))
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory }, pipedInput(password))
  assert.equal(await runCommandLine(["user", "add", "carol"], terminal), 0)
  return directory
}

test("postern store status shows a data directory, free, held, left and not there", async (t) => {
  const directory = await directoryOfCarol(t)
  const settings = { POSTERN_DATA_DIR: directory }
  const { exitCode, stdout, stderr } = await run(settings, ["status"])
  assert.deepEqual([exitCode, stderr], [0, ""])
  const lines = [
    "engine   data directory",
    `place    ${directory}`,
    "version  1",
    "bytes    \\d+ bytes",
    "files    store.json \\d+ bytes, journal.0.jsonl \\d+ bytes, .*keys.json \\d+ bytes",
    "lock     free",
    "service  none answers commands\n",
  ]
  assert.match(stdout, new RegExp(`^${lines.join("\n")}$`))

  const lockOf = async () => JSON.parse((await run(settings, ["status", "--json"])).stdout)["lock"]
  const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
  assert.equal(await lockOf(), "held")
  await store.close()
  assert.equal(await lockOf(), "free")
  writeFileSync(join(directory, "lock.json"), "{}")
  assert.equal(await lockOf(), "unclear")

  const nowhere = { POSTERN_DATA_DIR: join(directory, "none") }
  const none = await run(nowhere, ["status", "--json"])
  const nothing = { version: null, bytes: 0, files: [], lock: "free", service: false }
  assert.deepEqual(JSON.parse(none.stdout), {
    ...{ engine: "directory", place: nowhere.POSTERN_DATA_DIR, ...nothing },
  })
  assert.match((await run(nowhere, ["status"])).stdout, /\nversion {2}nothing is set up\n/)
})

test("postern store status shows whether a service answers", async (t) => {
  const directory = await openControlDirectory(t, {})
  const { stdout } = await run({ POSTERN_DATA_DIR: directory }, ["status"])
  assert.match(stdout, /\nservice {2}answers commands\n$/)
})

test("postern store migrate of a data directory has nothing to do", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  assert.deepEqual(await run({ POSTERN_DATA_DIR: directory }, ["migrate"]), {
    exitCode: 0,
    stdout: `'${directory}' is a data directory: it needs no migration.\n`,
    stderr: "",
  })
})

const revived =
  "Passwords, roles and signing keys are the backup's. docs/backup.md says what else a restore undoes.\n"

test("postern store revive ends all sessions, in the running service, and is audited", async (t) => {
  const service = await createTestService(t)
  const { accounts, keys, serviceTokens, store, log } = service
  const directory = await openControlDirectory(t, { accounts, keys, serviceTokens })
  for (const [username, known] of users) await service.logIn(username, known)
  const before = [keys.refreshKey(), keys.cookieKey()]
  log.takeAudit()
  const settings = { POSTERN_DATA_DIR: directory }
  assert.deepEqual(await run(settings, ["revive", "--yes"]), {
    exitCode: 0,
    stdout: `Ended 2 sessions of 2 users. Everybody has to log in again.\n${revived}`,
    stderr: "",
  })
  for (const [username] of users) assert.deepEqual(await store.sessions.list(username), [])
  const after = [keys.refreshKey(), keys.cookieKey()]
  for (const [at, key] of before.entries()) assert.notDeepEqual(key, after[at])
  assert.deepEqual(
    log.takeAudit().map(({ event, key, count }) => [event, key, count]),
    [
      ["key.retired", "refresh", undefined],
      ["key.retired", "cookies", undefined],
      ["store.revived", undefined, 2],
    ],
  )
})

test("postern store revive asks before it does anything", async (t) => {
  const directory = await directoryOfCarol(t)
  const settings = { POSTERN_DATA_DIR: directory }
  const question =
    "This ends all sessions, and revokes all service tokens. Everybody has to log in again. " +
    "Go on? [y/N] "
  const answered = async (answer: string) => {
    const keyboard = createFakeKeyboard()
    const terminal = createFakeTerminal({ ...settings }, keyboard.input)
    const running = runCommandLine(["store", "revive"], terminal)
    while (terminal.stderr() === "") await new Promise((resolve) => setTimeout(resolve, 5))
    if (answer === "") keyboard.input.push(null)
    else await keyboard.type(answer)
    return { exitCode: await running, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const nothing = "postern: Nothing was changed\nhint: Answer y to go on.\n"
  for (const answer of ["n\n", "\n", "yesterday\n", ""]) {
    const refused = { exitCode: 1, stdout: "", stderr: question + nothing }
    assert.deepEqual(await answered(answer), refused)
  }
  const here = `Written to '${directory}', since no service runs there.\n`
  assert.deepEqual(await answered("y\n"), {
    exitCode: 0,
    stdout: `Ended 0 sessions of 1 user. Everybody has to log in again.\n${revived}${here}`,
    stderr: question,
  })
  assert.deepEqual(await run(settings, ["revive"], "y\n"), {
    exitCode: 2,
    stdout: "",
    stderr:
      "postern: Nobody can be asked here, since the input is not a terminal\n" +
      "hint: Nothing was changed. Add --yes to go on without a question.\n",
  })
})

const usage =
  "Usage: postern store copy --from PLACE --to PLACE. `postern help store copy` says more."

/** Places of a copy that are missing or mistaken, and the messages. */
const mistaken: readonly (readonly [words: string, exitCode: number, stderr: RegExp])[] = [
  [
    "",
    2,
    new RegExp(`^postern: store copy: either --from or --from-file is needed\nhint: ${usage}`),
  ],
  ["--from data", 2, /^postern: store copy: either --to or --to-file is needed\n/],
  ["--from data --from-file x --to y", 2, /^postern: store copy: either --from or --from-file/],
  ["--from data --to other", 2, /^postern: store copy: both places are directories\nhint: Copy /],
  ["--from data --to mysql://a", 78, /\n {2}--to: Postern has no store for 'mysql:' URLs\n/],
  ["--from data --to postgres://u@h/", 78, /\n {2}--to: The URL has no database\n/],
  ["--from data --to postgres://u@h/d", 78, /\n {2}POSTERN_STORE_SECRET: A store in PostgreSQL/],
  [
    "--from data --to-file /nowhere",
    78,
    /\n {2}--to-file: The file '\/nowhere' that POSTERN_STORE/,
  ],
  ["--form data", 2, /^postern: store copy: there is no option --form. Did you mean --from\?\n/],
  ["--from data --to", 2, /^postern: store copy: an option lacks its value, or takes none\n/],
  ["now", 2, /^postern: store copy: wrong arguments\n/],
]

for (const [words, exitCode, stderr] of mistaken) {
  test(`postern store copy ${words} says what is wrong`, async (t) => {
    const directory = temporaryDirectory(t)
    const line = words.split(" ").filter((word) => word !== "")
    const typed = line.map((word) => (word === "data" ? directory : word))
    const result = await run({}, ["copy", ...typed])
    assert.deepEqual([result.exitCode, result.stdout], [exitCode, ""])
    assert.match(result.stderr, stderr)
    assert.deepEqual(readdirSync(directory), [])
  })
}

test("postern store copy of a directory on which a service runs is refused", async (t) => {
  const directory = await openControlDirectory(t, {})
  const words = ["copy", "--from", directory, "--to", "postgres://u@127.0.0.1:1/d"]
  const secret = { POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=" }
  assert.deepEqual(await run(secret, words), {
    exitCode: 75,
    stdout: "",
    stderr:
      `postern: A service is using the data directory '${directory}'\n` +
      "hint: Nothing was changed. Stop it first.\n",
  })
})

test("postern store statsu suggests postern store status", async () => {
  const { exitCode, stderr } = await run({}, ["statsu"])
  assert.equal(exitCode, 2)
  assert.match(stderr, /Did you mean `postern store status`\? `postern help store` lists/)
})
