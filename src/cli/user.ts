// postern user …: the users, through the running service or, while none runs, in the store itself.

import { isoTime, systemClock } from "../clock.ts"
import { loadConfig } from "../config.ts"
import { type Answer, type Command, type CommandName, execute } from "../control/commands.ts"
import { askService } from "../control/socket.ts"
import { readOperatorFile } from "../disk.ts"
import { type ErrorCode, type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { createLog } from "../log.ts"
import type { UserSummary } from "../service/accounts.ts"
import { canonicalUsername, usernameRule } from "../username.ts"
import { askPassword } from "./password_prompt.ts"
import type { Terminal } from "./terminal.ts"

interface Action {
  readonly command: CommandName
  readonly takesName: boolean
  readonly takesPassword: boolean
  /** What is printed when it is done. */
  readonly report: (value: unknown, name: string) => string
}

const actions: Readonly<Record<string, Action>> = {
  add: {
    command: "user.add",
    takesName: true,
    takesPassword: true,
    report: (_value, name) => `Added user '${name}'.\n`,
  },
  list: {
    command: "user.list",
    takesName: false,
    takesPassword: false,
    report: (value) => table(value as readonly UserSummary[]),
  },
  password: {
    command: "user.password",
    takesName: true,
    takesPassword: true,
    report: (_value, name) => `Set the password of '${name}'. Tokens from before are refused.\n`,
  },
  disable: {
    command: "user.disable",
    takesName: true,
    takesPassword: false,
    report: (_value, name) => `Disabled user '${name}'. Tokens of theirs are refused.\n`,
  },
  enable: {
    command: "user.enable",
    takesName: true,
    takesPassword: false,
    report: (_value, name) => `Enabled user '${name}'.\n`,
  },
  delete: {
    command: "user.delete",
    takesName: true,
    takesPassword: false,
    report: (_value, name) => `Deleted user '${name}'. The name stays reserved.\n`,
  },
}

const hints: Partial<Record<ErrorCode, string>> = {
  not_found: "`postern user list` shows the users.",
  username_taken: "Choose another name. `postern user list` shows the users.",
  invalid_request: "Nothing was changed.",
  temporarily_unavailable:
    "Nothing was changed. Too many logins, or a full disk? The log says more.",
}

/** Runs `postern user …`. */
export async function runUser(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [verb = "", name = "", ...more] = words
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined
  if (action === undefined || more.length > 0 || (name !== "") !== action.takesName) {
    // Only the verb: what follows may be a password that does not belong there.
    throw new OperatorError(`'${`postern user ${verb}`.trim()}' is not used like that`, {
      hint: "postern user add|password|disable|enable|delete NAME, or postern user list",
      exitCode: exitCodes.usage,
    })
  }
  const config = loadConfig(terminal.environment, readOperatorFile)
  const username = action.takesName ? requireName(name) : undefined
  const command: Command = {
    command: action.command,
    ...(username === undefined ? {} : { username }),
    ...(action.takesPassword ? { password: await askPassword(username ?? "", terminal) } : {}),
  }
  const answer = (await askService(config.dataDirectory, command)) ?? (await runAlone())
  if (!answer.ok) {
    throw new OperatorError(answer.msg, {
      hint: hints[answer.code] ?? "The log of the service says more.",
      exitCode:
        answer.code === "temporarily_unavailable" ? exitCodes.unavailable : exitCodes.refused,
    })
  }
  terminal.print(action.report(answer.value, username ?? ""))
  return exitCodes.done

  async function runAlone(): Promise<Answer> {
    const log = createLog({
      level: "warn",
      clock: systemClock,
      forPeople: true,
      write: terminal.complain,
    })
    const { openAccounts } = await import("../open_accounts.ts")
    const { accounts, store } = await openAccounts(config, log)
    try {
      return await execute({ ...command }, accounts, log)
    } finally {
      await store.close()
    }
  }
}

// Before a password is asked for, which would be typed twice for nothing.
function requireName(typed: string): string {
  const username = canonicalUsername(typed)
  if (username !== null) return username
  throw new OperatorError("That can't be a username", {
    hint: `It needs ${usernameRule}.`,
    exitCode: exitCodes.refused,
  })
}

function table(users: readonly UserSummary[]): string {
  if (users.length === 0) return "There are no users. Add one: postern user add NAME\n"
  const lines = users.map(({ username, disabled, createdAt, roles }) => [
    username,
    disabled ? "disabled" : "enabled",
    isoTime(createdAt),
    roles.join(" ") || "-",
  ])
  const all = [["USERNAME", "STATE", "CREATED", "ROLES"], ...lines]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...all.map((line) => line[column]?.length ?? 0)),
  )
  const format = (line: string[]) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")
  return `${all.map(format).join("\n")}\n`
}
