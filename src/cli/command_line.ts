// Chooses the command of a command line, runs it, and gives its exit code when what it printed is
// written. Commands are loaded when they are chosen, so that each starts with little.

import manifest from "../../package.json" with { type: "json" }
import { type Setting, settingRows } from "../config/settings.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { complainOf } from "./complaint.ts"
import type { Terminal } from "./terminal.ts"

interface Command {
  /** What may follow the command's name, and what that does. */
  readonly usages: readonly (readonly [takes: string, help: string])[]
  readonly run: (terminal: Terminal, words: readonly string[]) => Promise<ExitCode>
  /** It prints a log: what is lost of it is no failure, and no end waits long for its reader. */
  readonly serves?: true
}

/** For the last lines of a service's log, within the ten seconds after which Docker kills. */
const lastLinesMillisMax = 900

const commands: Readonly<Record<string, Command>> = {
  serve: {
    serves: true,
    usages: [["", "Run the service until SIGTERM or SIGINT."]],
    run: async (terminal) => (await import("./serve.ts")).runServe(terminal),
  },
  demo: {
    serves: true,
    usages: [
      ["", "The same with the users alice and bob, in a directory that is removed afterwards."],
    ],
    run: async (terminal) => (await import("./serve.ts")).runDemo(terminal),
  },
  init: {
    usages: [["", "Set up the data directory before the first start, to add users to it."]],
    run: async (terminal) => (await import("./init.ts")).runInit(terminal),
  },
  user: {
    usages: [
      [
        "add|password|disable|enable|logout|unlock|delete|release NAME, or list",
        "Manage users, whether the service runs or not. Passwords are asked for, or piped in.",
      ],
      ["role add|remove NAME ROLE", "Change the roles that a user's tokens have."],
      ["claim set NAME CLAIM VALUE", "Give a user's tokens a claim of your own, JSON or text."],
      ["claim remove NAME CLAIM", "Take it away again."],
    ],
    run: async (terminal, words) => (await import("./user.ts")).runUser(words, terminal),
  },
  key: {
    usages: [
      [
        "list|rotate, or retire KID",
        "Manage the keys that sign tokens, whether the service runs or not.",
      ],
    ],
    run: async (terminal, words) => (await import("./key.ts")).runKey(words, terminal),
  },
  healthcheck: {
    usages: [["", "Exit 0 if the service on this machine is ready."]],
    run: async (terminal) => (await import("./healthcheck.ts")).runHealthcheck(terminal),
  },
}

/** Runs a command line and gives the exit code. Throws nothing. */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const [name = "--help", ...rest] = words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const exitCode = await run(command, [name, ...rest], terminal)
  const serves = command?.serves ?? false
  const lost = await terminal.settle(serves ? lastLinesMillisMax : null)
  if (lost === null || serves || exitCode !== exitCodes.done) return exitCode
  const failure = new OperatorError(`The output can't be written (${lost})`, {
    hint: "The command did its work, but what it printed is not whole.",
    exitCode: exitCodes.refused,
  })
  complainOf(failure, terminal)
  await terminal.settle(null)
  return failure.exitCode
}

async function run(
  command: Command | undefined,
  words: readonly [string, ...string[]],
  terminal: Terminal,
): Promise<ExitCode> {
  const [name, ...rest] = words
  try {
    if (rest.includes("--help") || ["--help", "-h", "help"].includes(name)) {
      terminal.print(helpText())
      return exitCodes.done
    }
    if (name === "--version" || name === "-v") {
      terminal.print(`postern ${manifest.version}\n`)
      return exitCodes.done
    }
    if (command === undefined || (takesNothing(command) && rest.length > 0)) {
      throw new OperatorError(`'postern ${words.join(" ")}' is not a command`, {
        hint: "`postern --help` lists the commands.",
        exitCode: exitCodes.usage,
      })
    }
    return await command.run(terminal, rest)
  } catch (error) {
    return complainOf(error, terminal)
  }
}

function takesNothing({ usages }: Command): boolean {
  return usages.every(([takes]) => takes === "")
}

function helpText(): string {
  const usage = Object.entries(commands).flatMap(([name, { usages }]) =>
    usages.map(([takes, help]) => `  ${`postern ${name} ${takes}`.trimEnd()}\n      ${help}\n`),
  )
  const lines = settingRows.map(([, setting]) => settingText(setting))
  return `Postern ${manifest.version}: a standalone JWT login service.

Commands
${usage.join("")}
Settings, from the environment
${lines.join("")}
Exit codes: 0 done, 1 refused or failed, 2 not a command, 65 damaged data, 69 unavailable,
75 data directory in use, 78 mistaken settings.
`
}

function settingText({ name, help, fallback, shownDefault, secret }: Setting): string {
  const standard = shownDefault ?? fallback
  const notes = [
    ...(standard === null ? [] : [`default: ${standard}`]),
    ...(secret ? [`or ${name}_FILE`] : []),
  ]
  return `  ${name}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}\n      ${help}\n`
}
