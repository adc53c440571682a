// Runs the operator's commands and prints their results. The arguments of each command are in
// admin/commands.ts, what it prints in admin_reports.ts.

import { once } from "node:events"
import type { AdminCommand, InputName } from "../admin/admin_command.ts"
import type { Command, CommandName } from "../admin/commands.ts"
import { canonicalUsername, quotedName, usernameRule } from "../domain/username.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { reports } from "./admin_reports.ts"
import type { Call } from "./command_row.ts"
import { type Hints, requireDeployment, runControlCommand } from "./control.ts"
import { calledAs } from "./failure_report.ts"
import { askPassword } from "./password_prompt.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

const userHints: Hints = {
  not_found: "`postern user list` shows the users.",
  username_taken: "Choose another name. `postern user list` shows the users.",
  invalid_request: "Nothing was changed.",
  password_blocked: "Nothing was changed.",
}
const keyHints: Hints = {
  not_found: "`postern key list` shows the keys.",
  invalid_request: "Nothing was changed. `postern key list` shows the keys.",
}

const sessionHints: Hints = { not_found: "`postern session list` shows the sessions." }
const tokenHints: Hints = {
  not_found: "`postern token list` shows the service tokens.",
  username_taken:
    "Choose another name, or revoke that one first. `postern token list` shows the service tokens.",
  invalid_request: "Nothing was changed.",
}
const hintsOf: Readonly<Record<string, Hints>> = {
  ...{ key: keyHints, session: sessionHints, token: tokenHints },
}

/** Runs a command and prints its result. */
export async function runAdmin(
  [name, { takes, choices = {}, asks }]: readonly [CommandName, AdminCommand],
  call: Call,
  terminal: Terminal,
): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const typed = takes.filter((input) => input !== "password")
  const inputs = typed.map((input, at) => [input, readInput(input, call.values[at] ?? "")] as const)
  const chosen = Object.keys(choices).flatMap((choice) => {
    const given = call.options.get(choice)
    // The value of a flag is empty.
    return given === undefined ? [] : [[choice, given || true] as const]
  })
  let command: Command = { command: name, ...Object.fromEntries([...inputs, ...chosen]) }
  const { username, kid = "" } = command
  if (takes.includes("password")) {
    await requireDeployment(config)
    command = { ...command, password: await askPassword(username ?? "", terminal) }
  }
  if (asks !== undefined && !call.options.has("yes")) {
    await requireDeployment(config)
    await confirm(asks, terminal)
  }
  const [group = ""] = name.split(".")
  const hints = hintsOf[group] ?? userHints
  const { value, note } = await runControlCommand(command, { config, terminal, hints })
  const { text, json, reads } = reports[name]
  const about = username === undefined ? kid : quotedName(username)
  if (call.isJson && json !== undefined) terminal.print(json(value))
  else terminal.print(calledAs(terminal.program, text(value, about) + (reads ? "" : note)))
  return exitCodes.done
}

function readInput(input: InputName, typed: string): unknown {
  if (input === "username") return requireUsername(typed)
  return input === "value" ? jsonOrText(typed) : typed
}

// Checked before the password is asked for.
function requireUsername(typed: string): string {
  const username = canonicalUsername(typed)
  if (username !== null) return username
  throw new OperatorError("That can't be a username", {
    hint: `It needs ${usernameRule}.`,
    exitCode: exitCodes.refused,
  })
}

/**
 * Asks at the terminal whether to go on.
 * @throws OperatorError unless the answer is yes, or when nobody can be asked
 */
async function confirm(question: string, { input, printError }: Terminal): Promise<void> {
  if (!("isTTY" in input) || !input.isTTY) {
    throw new OperatorError("Nobody can be asked here, since the input is not a terminal", {
      hint: "Nothing was changed. Add --yes to go on without a question.",
      exitCode: exitCodes.usage,
    })
  }
  printError(`${question} [y/N] `)
  const answered = once(input, "data").then(([line]) => String(line))
  const ended = once(input, "end").then(() => "")
  input.resume()
  const answer = await Promise.race([answered, ended])
  input.pause()
  if (/^y(es)?\s*$/i.test(answer)) return
  throw new OperatorError("Nothing was changed", {
    hint: "Answer y to go on.",
    exitCode: exitCodes.refused,
  })
}

/** `true`, `7`, `["a"]` and `"7"` as JSON says; anything else is text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
