import assert from "node:assert/strict"
import { test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { settingRows } from "../../src/config/settings.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"

async function run(words: readonly string[], environment: Record<string, string> = {}) {
  const terminal = createFakeTerminal(environment)
  const exitCode = await runCommandLine(words, terminal)
  return { exitCode, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

const { stdout: help } = await run(["--help"])

for (const words of [
  [],
  ["--help"],
  ["-h"],
  ["help"],
  ["serve", "--help"],
  ["user", "add", "--help"],
]) {
  test(`postern ${words.join(" ")} prints the help`, async () => {
    assert.deepEqual(await run(words), { exitCode: 0, stdout: help, stderr: "" })
  })
}

test("postern --help shows the commands, every setting, and the exit codes", () => {
  const parts = help.split(/^(Commands|Settings, from the environment|Exit codes: .*)$/m)
  assert.equal(parts.length, 7)
  const [title, , commands = "", , settings = ""] = parts
  assert.match(String(title), /^Postern \d+\.\d+\.\d+: a standalone JWT login service\.\n\n$/)
  const names = (text: string) => [...text.matchAll(/^ {2}(\S.*)$/gm)].map(([, line]) => line)
  assert.deepEqual(names(commands), [
    "postern serve",
    "postern demo",
    "postern init",
    "postern user add|password|disable|enable|logout|unlock|delete|release NAME, or list",
    "postern user role add|remove NAME ROLE",
    "postern user claim set NAME CLAIM VALUE",
    "postern user claim remove NAME CLAIM",
    "postern key list|rotate, or retire KID",
    "postern healthcheck",
  ])
  assert.deepEqual(
    names(settings).map((line) => line?.split(" ")[0]),
    settingRows.map(([, { name }]) => name),
  )
  assert.ok(settings.includes("  POSTERN_PORT (default: 8080)\n      Port to listen at;"))
  assert.ok(settings.includes("  JWT_SECRET_KEY (or JWT_SECRET_KEY_FILE)\n"))
  assert.ok(
    settings.includes("  JWT_PRIVATE_KEY (default: a generated key; or JWT_PRIVATE_KEY_FILE)\n"),
  )
  assert.ok(help.endsWith("data directory in use, 78 mistaken settings.\n"))
})

test("postern --help fits a terminal", () => {
  const long = help.split("\n").filter((line) => line.length > 110)
  assert.deepEqual(long, [])
})

for (const word of ["--version", "-v"]) {
  test(`postern ${word} prints the version`, async () => {
    assert.deepEqual(await run([word]), { exitCode: 0, stdout: "postern 0.1.0\n", stderr: "" })
  })
}

const unknown = [
  ["frobnicate"],
  ["--serve"],
  ["serve", "now"],
  ["demo", "8080"],
  ["healthcheck", "http://localhost"],
  ["toString"],
  ["__proto__"],
  [""],
]

for (const words of unknown) {
  test(`postern ${JSON.stringify(words.join(" "))} is refused as no command`, async () => {
    assert.deepEqual(await run(words), {
      exitCode: 2,
      stdout: "",
      stderr: `postern: 'postern ${words.join(" ")}' is not a command\nhint: \`postern --help\` lists the commands.\n`,
    })
  })
}

test("postern serve tells mistaken settings", async () => {
  assert.deepEqual(await run(["serve"], { POSTERN_PORT: "eighty", POSTERN_PROT: "80" }), {
    exitCode: 78,
    stdout: "",
    stderr: `postern: There are 2 mistakes in the settings:
  POSTERN_PROT: There is no such setting
    hint: \`postern --help\` lists the settings
  POSTERN_PORT: 'eighty' is not valid
    hint: A whole number from 0 to 65535
hint: Nothing was started. Mend them all and start again.
`,
  })
})

test("postern demo tells mistaken settings", async () => {
  const { exitCode, stderr } = await run(["demo"], { POSTERN_LOG_LEVEL: "loud" })
  assert.equal(exitCode, 78)
  assert.match(stderr, /POSTERN_LOG_LEVEL: 'loud' is not a level/)
})

test("runCommandLine() tells a bug from a mistake", async () => {
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

test("runCommandLine() waits for what was printed, and a service not for long", async () => {
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
  const { exitCode, stderr } = await run(["x\u001b[2J", "y\nz"])
  assert.equal(exitCode, 2)
  assert.ok(stderr.startsWith("postern: 'postern x\\u001b[2J y\\u000az' is not a command\nhint: "))
})
