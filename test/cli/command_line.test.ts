import assert from "node:assert/strict"
import { test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { commandRows } from "../../src/cli/commands.ts"
import { settingOptions } from "../../src/cli/settings_options.ts"
import { settings } from "../../src/config/settings.ts"
import { exitCodes } from "../../src/errors.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"

async function run(words: readonly string[], environment: Record<string, string> = {}) {
  const terminal = createFakeTerminal(environment)
  const exitCode = await runCommandLine(words, terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

const { stdout: help } = await run(["--help"])

for (const words of [[], ["--help"], ["-h"], ["help"]]) {
  test(`postern ${words.join(" ")} prints the help`, async () => {
    assert.deepEqual(await run(words), { exitCode: 0, stdout: help, stderr: "" })
  })
}

test("postern --help shows each command with its arguments, and the exit codes", () => {
  for (const { name, takes, help: sentence } of commandRows) {
    const usage = [name, ...takes].join(" ")
    assert.match(
      help,
      new RegExp(`^  ${usage.replace(/[[\]]/g, ".")} +${sentence.replace(/[.`]/g, ".")}$`, "m"),
    )
  }
  const codes = [...(/Exit codes: ([^.]*)\./.exec(help)?.[1] ?? "").matchAll(/(\d+) /g)]
  assert.deepEqual(
    codes.map(([, code]) => Number(code)),
    Object.values(exitCodes),
  )
})

test("postern help settings shows every setting as variable and as option", async () => {
  const { exitCode, stdout } = await run(["help", "settings"])
  assert.equal(exitCode, 0)
  const shown = [...stdout.matchAll(/^ {2}--([a-z-]+) (?:VALUE|PATH) {2}\((\w+)/gm)]
  assert.deepEqual(
    shown.map(([, option, name]) => [option, name]),
    settingOptions.map(([option, { name }]) => [option, name]),
  )
  assert.ok(
    stdout.includes("  --port VALUE  (POSTERN_PORT; default: 8080)\n      Port to listen on;"),
  )
  assert.ok(
    stdout.includes("  --jwt-secret-key-file PATH  (JWT_SECRET_KEY, or JWT_SECRET_KEY_FILE)\n"),
  )
})

const helpOfAdd = `Usage: postern user add NAME [OPTIONS]

Add a user. Asks for the password, or reads it from a pipe.
Asks the service that runs with the same data directory. If none runs,
it opens the store itself, in PostgreSQL also while replicas run elsewhere.

Options
  --data-dir VALUE  (POSTERN_DATA_DIR; default: ./data)
      ${settings.dataDirectory.help}
  --store-file PATH  (POSTERN_STORE, or POSTERN_STORE_FILE; default: POSTERN_DATA_DIR)
      ${settings.store.help}
  -h, --help
      Print this help.

\`postern help settings\` lists all settings. Each is an option too.
`

for (const line of ["user add --help", "user add -h", "help user add", "user add alice --help"]) {
  test(`postern ${line} prints the help of that command`, async () => {
    assert.deepEqual(await run(line.split(" ")), { exitCode: 0, stdout: helpOfAdd, stderr: "" })
  })
}

for (const line of ["help key", "key --help", "key -h"]) {
  test(`postern ${line} lists the commands that begin like this`, async () => {
    const { exitCode, stdout } = await run(line.split(" "))
    assert.equal(exitCode, 0)
    assert.match(
      stdout,
      /^Usage: postern key COMMAND\n\n {2}key list .+\n {2}key rotate .+\n {2}key retire KID .+\n$/,
    )
  })
}

test("postern help of each command fits a terminal", async () => {
  const texts = [help, (await run(["help", "settings"])).stdout]
  for (const { name } of commandRows) {
    const { exitCode, stdout } = await run(["help", ...name.split(" ")])
    assert.equal(exitCode, 0, name)
    assert.ok(stdout.startsWith(`Usage: postern ${name}`), name)
    assert.deepEqual(await run([...name.split(" "), "--help"]), { exitCode, stdout, stderr: "" })
    texts.push(stdout)
  }
  const long = texts.flatMap((text) => text.split("\n")).filter((line) => line.length > 110)
  assert.deepEqual(long, [])
})

for (const word of ["--version", "-V", "-v"]) {
  test(`postern ${word} prints the version`, async () => {
    assert.deepEqual(await run([word]), { exitCode: 0, stdout: "postern 0.1.0\n", stderr: "" })
  })
}

const listHint = "`postern help` lists the commands."

/** Words that are no command, what is quoted of them, and the hint. */
const unknown: readonly (readonly [words: readonly string[], quoted: string, hint: string])[] = [
  [["frobnicate"], "frobnicate", listHint],
  [["frobnicate", "hunter2"], "frobnicate", listHint],
  [["--serve"], "--serve", `Did you mean \`postern serve\`? ${listHint}`],
  [["sreve"], "sreve", `Did you mean \`postern serve\`? ${listHint}`],
  [["usr", "list"], "usr", `Did you mean \`postern user\`? ${listHint}`],
  [["helthcheck"], "helthcheck", `Did you mean \`postern healthcheck\`? ${listHint}`],
  [["toString"], "toString", listHint],
  [["__proto__"], "__proto__", listHint],
  [["help", "frobnicate"], "help", listHint],
  [[""], "", listHint],
]

for (const [words, quoted, hint] of unknown) {
  test(`postern ${JSON.stringify(words.join(" "))} is refused as an unknown command`, async () => {
    assert.deepEqual(await run(words), {
      exitCode: 2,
      stdout: "",
      stderr: `postern: 'postern ${quoted}' is not a command\nhint: ${hint}\n`,
    })
  })
}

test("postern user is refused as an incomplete command", async () => {
  assert.deepEqual(await run(["user"]), {
    exitCode: 2,
    stdout: "",
    stderr:
      "postern: 'postern user' is not a complete command\nhint: `postern help user` lists the commands.\n",
  })
})

/** What follows a command and is none of its arguments or options. */
const wrong: readonly (readonly [line: string, name: string, mistake: string])[] = [
  ["serve now", "serve", "wrong arguments"],
  ["demo 8080", "demo", "wrong arguments"],
  ["healthcheck http://localhost", "healthcheck", "wrong arguments"],
  ["serve --prot 9000", "serve", "there is no option --prot. Did you mean --port?"],
  ["serve --frobnicate", "serve", "there is no option --frobnicate"],
  ["serve --port", "serve", "an option lacks its value, or takes none"],
  ["serve --json", "serve", "there is no option --json"],
  ["user list --json=yes", "user list", "an option lacks its value, or takes none"],
  ["user add -hunter2", "user add", "there is no such option; after -- a word may begin with -"],
  ["user add alice --jwt-secret-key x", "user add", "there is no option --jwt-secret-key"],
  ["completion bash --port 1", "completion", "there is no option --port"],
]

for (const [line, name, mistake] of wrong) {
  test(`postern ${line} is refused with the usage of that command`, async () => {
    const row = commandRows.find((one) => one.name === name)
    const usage = [name, ...(row?.takes ?? [])].join(" ")
    assert.deepEqual(await run(line.split(" ")), {
      exitCode: 2,
      stdout: "",
      stderr: `postern: ${name}: ${mistake}\nhint: Usage: postern ${usage}. \`postern help ${name}\` says more.\n`,
    })
  })
}

test("postern serve names mistaken settings", async () => {
  assert.deepEqual(await run(["serve"], { POSTERN_PORT: "eighty", POSTERN_PROT: "80" }), {
    exitCode: 78,
    stdout: "",
    stderr: `postern: There are 2 mistakes in the settings:
  POSTERN_PROT: Unknown setting
    hint: Did you mean POSTERN_PORT? \`postern help settings\` lists the settings
  POSTERN_PORT: 'eighty' is not valid
    hint: A whole number from 0 to 65535
hint: Nothing was done. Correct the settings and try again.
`,
  })
})

test("postern serve takes options before settings, and names them where they are mistaken", async () => {
  const options = ["--port", "eighty", "--log-level=loud"]
  const { exitCode, stderr } = await run(["serve", ...options], { POSTERN_PORT: "80" })
  assert.equal(exitCode, 78)
  assert.match(stderr, /\n {2}--port: 'eighty' is not valid\n/)
  assert.match(stderr, /\n {2}--log-level: 'loud' is not valid/)
  assert.doesNotMatch(stderr, /POSTERN_/)
})

test("postern prefers the option for a secret's file to the secret in the environment", async () => {
  const environment = { JWT_SECRET_KEY: "changeme" }
  const { exitCode, stderr } = await run(
    ["user", "list", "--jwt-secret-key-file", "/nonexistent/key"],
    environment,
  )
  assert.equal(exitCode, 78)
  assert.match(
    stderr,
    /--jwt-secret-key-file: The file '\/nonexistent\/key' that JWT_SECRET_KEY_FILE/,
  )
  assert.deepEqual(environment, { JWT_SECRET_KEY_FILE: "/nonexistent/key" })
})

test("postern names commands in hints as the program is called", async () => {
  for (const program of ["npm run postern --", "node bin/postern.js"]) {
    const terminal = { ...createFakeTerminal(), program }
    assert.equal(await runCommandLine(["sreve"], terminal), 2)
    assert.equal(
      terminal.stderr(),
      `postern: 'postern sreve' is not a command\nhint: Did you mean \`${program} serve\`? \`${program} help\` lists the commands.\n`,
    )
    const mistaken = { ...createFakeTerminal({ POSTERN_PROT: "1" }), program }
    assert.equal(await runCommandLine(["serve"], mistaken), 78)
    assert.ok(mistaken.stderr().includes(`\`${program} help settings\` lists the settings\n`))
    assert.equal(await runCommandLine(["help", "user", "add"], terminal), 0)
    assert.ok(terminal.stdout().startsWith(`Usage: ${program} user add NAME [OPTIONS]\n`))
  }
})

test("postern colours errors on a terminal, and nothing else", async () => {
  const terminal = { ...createFakeTerminal(), isColored: true }
  await runCommandLine(["sreve"], terminal)
  const [red, cyan, usual] = ["\u001b[31m", "\u001b[36m", "\u001b[39m"]
  const message = "'postern sreve' is not a command"
  const hint = "Did you mean `postern serve`? `postern help` lists the commands."
  assert.equal(
    terminal.stderr(),
    `${red}postern:${usual} ${message}\n${cyan}hint:${usual} ${hint}\n`,
  )
  await runCommandLine(["help"], terminal)
  assert.equal(terminal.stdout(), help)
})

test("postern demo names mistaken settings", async () => {
  const { exitCode, stderr } = await run(["demo"], { POSTERN_LOG_LEVEL: "loud" })
  assert.equal(exitCode, 78)
  assert.match(stderr, /POSTERN_LOG_LEVEL: 'loud' is not valid/)
})

test("runCommandLine() reports a bug as a bug, with its stack", async () => {
  const terminal = createFakeTerminal()
  const environment = new Proxy(terminal.environment, {
    get() {
      throw new TypeError("a bug")
    },
  })
  const exitCode = await runCommandLine(["healthcheck"], { ...terminal, environment })
  assert.equal(exitCode, 1)
  assert.match(terminal.stderr(), /^postern: this is a bug: TypeError: a bug\n {4}at /)
})

test("runCommandLine() waits for printed text, but for a service only a moment", async () => {
  const waited: (number | null)[] = []
  const terminal = createFakeTerminal({ POSTERN_PORT: "eighty" })
  const settle = async (millisMax: number | null) => {
    waited.push(millisMax)
    return null
  }
  assert.equal(await runCommandLine(["--version"], { ...terminal, settle }), 0)
  assert.equal(await runCommandLine(["user", "list"], { ...terminal, settle }), 78)
  assert.equal(await runCommandLine(["serve"], { ...terminal, settle }), 78)
  assert.deepEqual(waited, [null, null, 900])
})

test("runCommandLine() fails when what was printed is lost", async () => {
  const lost = { settle: async () => "ENOSPC" }
  const terminal = createFakeTerminal()
  assert.equal(await runCommandLine(["--version"], { ...terminal, ...lost }), 1)
  assert.equal(
    terminal.stderr(),
    "postern: The output can't be written (ENOSPC)\n" +
      "hint: The command did its work, but what it printed is not whole.\n",
  )
  const refused = createFakeTerminal()
  assert.equal(await runCommandLine(["nonsense"], { ...refused, ...lost }), 2)
  assert.doesNotMatch(refused.stderr(), /ENOSPC/)
})

test("runCommandLine() escapes what it quotes", async () => {
  const { exitCode, stderr } = await run(["x\u001b[2J\ny", "z"])
  assert.equal(exitCode, 2)
  assert.ok(stderr.startsWith("postern: 'postern x\\u001b[2J\\u000ay' is not a command\nhint: "))
})
