// Runs the operator's commands and prints their results. The arguments of each command are in
// admin/commands.ts.

import {
  adminCommands,
  type Command,
  type CommandName,
  type InputName,
  isLinkCommand,
} from "../admin/commands.ts"
import { isoTime } from "../clock.ts"
import { canonicalUsername, quotedName, usernameRule } from "../domain/username.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import type { ListedUser, UserSummary } from "../service/accounts.ts"
import type { MadeLink } from "../service/browser/links.ts"
import type { KeySummary } from "../service/keys.ts"
import type { RevivedStore } from "../service/revive_store.ts"
import { printable } from "../telemetry/log.ts"
import { grouped, inColumns } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { confirm } from "./confirm.ts"
import { type Hints, requireDeployment, runControlCommand } from "./control.ts"
import { calledAs } from "./failure_report.ts"
import { askPassword } from "./password_prompt.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

/** The text for a command that succeeded. `name` is the quoted username or the key's name. */
const reports: Readonly<
  Record<
    Exclude<CommandName, "user.list" | "key.list" | "user.invite" | "user.reset">,
    (value: unknown, name: string) => string
  >
> = {
  "user.add": (_value, user) => `Added user ${user}.\n`,
  "user.password": (_value, user) => `Set the password of ${user} and ended their sessions.\n`,
  "user.disable": (_value, user) => `Disabled user ${user} and ended their sessions.\n`,
  "user.enable": (_value, user) => `Enabled user ${user}.\n`,
  "user.logout": (_value, user) => `Ended all sessions of ${user}.\n`,
  "user.unlock": (_value, user) => `Unlocked user ${user}.\n`,
  "user.delete": (_value, user) => `Deleted user ${user}. The name stays reserved.\n`,
  "user.release": (_value, user) => `The name ${user} can be used again.\n`,
  "user.role.add": rightsOf,
  "user.role.remove": rightsOf,
  "user.claim.set": rightsOf,
  "user.claim.remove": rightsOf,
  "key.rotate": (value) => {
    const { kid, signsFrom } = value as KeySummary
    return `Published key '${kid}'. It signs tokens from ${isoTime(signsFrom ?? 0)} on.\n`
  },
  "key.retire": (_value, kid) =>
    `Retired key '${kid}'. Tokens that it signed are refused from now on.\n`,
  "store.revive": (value) => {
    const { users, sessions } = value as RevivedStore
    const [ended, who] = [counted(sessions, "session"), counted(users, "user")]
    return (
      `Ended ${ended} of ${who}. Everybody has to log in again.\n` +
      "Passwords, roles and signing keys are the backup's. docs/backup.md says what else a restore undoes.\n"
    )
  },
}

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

/** Runs a command and prints its result. */
export async function runAdmin(
  name: CommandName,
  call: Call,
  terminal: Terminal,
): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const takes = adminCommands.find(([one]) => one === name)?.[1].takes ?? []
  const typed = takes.filter((input) => input !== "password")
  const inputs = typed.map((input, at) => [input, readInput(input, call.values[at] ?? "")] as const)
  let command: Command = { command: name, ...Object.fromEntries(inputs) }
  const { username, kid = "" } = command
  if (takes.includes("password")) {
    await requireDeployment(config)
    command = { ...command, password: await askPassword(username ?? "", terminal) }
  }
  const asks = adminCommands.find(([one]) => one === name)?.[1].asks
  if (asks !== undefined && !call.options.has("yes")) {
    await requireDeployment(config)
    await confirm(asks, terminal)
  }
  const hints = name.startsWith("key.") ? keyHints : userHints
  const done = await runControlCommand(command, { config, terminal, hints })
  if (name === "user.list" || name === "key.list") {
    const list = name === "user.list" ? usersOf(done.value, terminal) : keysOf(done.value)
    terminal.print(call.isJson ? inJson(list.records) : list.table)
  } else if (isLinkCommand(name)) {
    const link = done.value as MadeLink
    terminal.print(call.isJson ? linkInJson(link) : linkReport(link) + done.note)
  } else {
    const about = username === undefined ? kid : quotedName(username)
    terminal.print(reports[name](done.value, about) + done.note)
  }
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

/** `true`, `7`, `["a"]` and `"7"` as JSON says; anything else is text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function rightsOf(value: unknown, user: string): string {
  const { roles, claims } = value as UserSummary
  const claimsText = printable(JSON.stringify(claims))
  return `User ${user} now has roles ${JSON.stringify(roles)} and claims ${claimsText}.\n`
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`
}

/** A list for programs and for people. */
interface List {
  readonly records: readonly object[]
  readonly table: string
}

function usersOf(value: unknown, { program }: Terminal): List {
  const records = (value as readonly ListedUser[]).map(
    ({ username, disabled, isLocked, isInvited, createdAt, roles, claims }) => ({
      username,
      state: disabled ? "disabled" : isLocked ? "locked" : isInvited ? "invited" : "enabled",
      created_at: createdAt,
      roles,
      claims,
    }),
  )
  if (records.length === 0) {
    const none = "There are no users. `postern user add NAME` adds one.\n"
    return { records, table: calledAs(program, none) }
  }
  const rows = records.map(({ username, state, created_at, roles, claims }) => [
    ...[username, state, isoTime(created_at), roles.join(" ") || "-"],
    Object.keys(claims).length === 0 ? "-" : JSON.stringify(claims),
  ])
  const head = ["USERNAME", "STATE", "CREATED", "ROLES", "CLAIMS"]
  return { records, table: inColumns([head, ...rows]) }
}

function linkInJson({ username, kind, url, expiresAt }: MadeLink): string {
  return `${JSON.stringify({ username, kind, url, expires_at: expiresAt })}\n`
}

function linkReport({ username, kind, url, expiresAt }: MadeLink): string {
  const what = kind === "invite" ? "Invited user" : "Made a link for user"
  const good = `The link works once, until ${isoTime(expiresAt)}, unless you make another one:`
  return `${what} ${quotedName(username)}. ${good}\n${url}\n`
}

function keysOf(value: unknown): List {
  const keys = value as readonly KeySummary[]
  const rows = keys.map(({ kid, alg, state, signsFrom, keptUntil }) => [
    ...[kid ?? "(shared secret)", alg, state],
    ...[signsFrom, keptUntil].map((instant) => (instant === null ? "-" : isoTime(instant))),
  ])
  const head = ["KID", "ALGORITHM", "STATE", "SIGNS FROM", "KEPT UNTIL"]
  const records = keys.map(({ kid, alg, state, signsFrom, keptUntil }) => ({
    ...{ kid, alg, state, signs_from: signsFrom, kept_until: keptUntil },
  }))
  return { records, table: inColumns([head, ...rows]) }
}

/** One JSON array, a record a line. Instants are epoch seconds, as in the HTTP API. */
function inJson(records: readonly object[]): string {
  return `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`
}
