// postern user …: the users, through the running service or, while none runs, in the store itself.

import type { Command, CommandName } from "../admin/commands.ts"
import { isoTime } from "../clock.ts"
import { loadConfig } from "../config/load.ts"
import { canonicalUsername, quotedName, usernameRule } from "../domain/username.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import type { ListedUser, UserSummary } from "../service/accounts.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import { printable } from "../telemetry/log.ts"
import { inColumns } from "./columns.ts"
import { type Hints, requireDeployment, runControlCommand, writtenTo } from "./control.ts"
import { askPassword } from "./password_prompt.ts"
import type { Terminal } from "./terminal.ts"

/** A word that follows the action: which member of the command it is. */
type Word = "username" | "role" | "claim" | "value"

interface Action {
  readonly command: CommandName
  readonly takes: readonly Word[]
  readonly asksPassword?: true
  /** What is printed when it is done; `user` is the name in its quotes. */
  readonly report: (value: unknown, user: string) => string
}

const actions: Readonly<Record<string, Action>> = {
  add: {
    command: "user.add",
    takes: ["username"],
    asksPassword: true,
    report: (_value, user) => `Added user ${user}.\n`,
  },
  list: {
    command: "user.list",
    takes: [],
    report: (value) => table(value as readonly ListedUser[]),
  },
  password: {
    command: "user.password",
    takes: ["username"],
    asksPassword: true,
    report: (_value, user) => `Set the password of ${user}, who is logged out now.\n`,
  },
  disable: {
    command: "user.disable",
    takes: ["username"],
    report: (_value, user) => `Disabled user ${user}, who is logged out now.\n`,
  },
  enable: {
    command: "user.enable",
    takes: ["username"],
    report: (_value, user) => `Enabled user ${user}.\n`,
  },
  logout: {
    command: "user.logout",
    takes: ["username"],
    report: (_value, user) => `Ended all sessions of ${user}.\n`,
  },
  unlock: {
    command: "user.unlock",
    takes: ["username"],
    report: (_value, user) => `Unlocked user ${user}.\n`,
  },
  delete: {
    command: "user.delete",
    takes: ["username"],
    report: (_value, user) => `Deleted user ${user}. The name stays reserved.\n`,
  },
  release: {
    command: "user.release",
    takes: ["username"],
    report: (_value, user) => `The name ${user} may be given again.\n`,
  },
  "role add": {
    command: "user.role.add",
    takes: ["username", "role"],
    report: (value, user) => rights(value as UserSummary, user),
  },
  "role remove": {
    command: "user.role.remove",
    takes: ["username", "role"],
    report: (value, user) => rights(value as UserSummary, user),
  },
  "claim set": {
    command: "user.claim.set",
    takes: ["username", "claim", "value"],
    report: (value, user) => rights(value as UserSummary, user),
  },
  "claim remove": {
    command: "user.claim.remove",
    takes: ["username", "claim"],
    report: (value, user) => rights(value as UserSummary, user),
  },
}

const usage =
  "postern user add|password|disable|enable|logout|unlock|delete|release NAME, " +
  "postern user list, " +
  "postern user role add|remove NAME ROLE, postern user claim set NAME CLAIM VALUE, " +
  "or postern user claim remove NAME CLAIM"

const hints: Hints = {
  not_found: "`postern user list` shows the users.",
  username_taken: "Choose another name. `postern user list` shows the users.",
  invalid_request: "Nothing was changed.",
  password_blocked: "Nothing was changed.",
}

/** Runs `postern user …`. */
export async function runUser(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { verb, action, rest } = chooseAction(words)
  if (action === undefined || rest.length !== action.takes.length || rest.includes("")) {
    // Only the verb: what follows may be a password that does not belong there.
    throw new OperatorError(`'${`postern user ${verb}`.trim()}' is not used like that`, {
      hint: usage,
      exitCode: exitCodes.usage,
    })
  }
  const config = loadConfig(terminal.environment, readOperatorFile)
  const named: Partial<Record<Word, string>> = Object.fromEntries(
    action.takes.map((word, index) => [word, rest[index]]),
  )
  const username = named.username === undefined ? undefined : requireName(named.username)
  const { role, claim, value } = named
  if (action.asksPassword) await requireDeployment(config)
  const command: Command = {
    command: action.command,
    ...(username === undefined ? {} : { username }),
    ...(role === undefined ? {} : { role }),
    ...(claim === undefined ? {} : { claim }),
    ...(value === undefined ? {} : { value: jsonOrText(value) }),
    ...(action.asksPassword ? { password: await askPassword(username ?? "", terminal) } : {}),
  }
  const done = await runControlCommand(command, { config, terminal, hints })
  const report = action.report(done.value, quotedName(username ?? ""))
  terminal.print(action.command === "user.list" ? report : report + writtenTo(done.directory))
  return exitCodes.done
}

/** The action of the first word, or of the first two. */
function chooseAction(words: readonly string[]): {
  readonly verb: string
  readonly action: Action | undefined
  readonly rest: readonly string[]
} {
  const [first = "", second = ""] = words
  const ofTwo = `${first} ${second}`
  const isOfTwo = Object.hasOwn(actions, ofTwo)
  const verb = isOfTwo ? ofTwo : first
  const action = Object.hasOwn(actions, verb) ? actions[verb] : undefined
  return { verb, action, rest: words.slice(isOfTwo ? 2 : 1) }
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

/** `true`, `7`, `["a"]` and `"7"` as JSON says; anything else is text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function rights({ roles, claims }: UserSummary, user: string): string {
  const claimsText = printable(JSON.stringify(claims))
  return `The user ${user} has the roles ${JSON.stringify(roles)} and claims ${claimsText}.\n`
}

function table(users: readonly ListedUser[]): string {
  if (users.length === 0) return "There are no users. Add one: postern user add NAME\n"
  const rows = users.map(({ username, disabled, isLocked, createdAt, roles, claims }) => [
    username,
    disabled ? "disabled" : isLocked ? "locked" : "enabled",
    isoTime(createdAt),
    roles.join(" ") || "-",
    Object.keys(claims).length === 0 ? "-" : JSON.stringify(claims),
  ])
  return inColumns([["USERNAME", "STATE", "CREATED", "ROLES", "CLAIMS"], ...rows])
}
