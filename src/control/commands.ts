// What the command line can ask of the users' store, one row each. A command is plain JSON, so that
// it runs the same way inside a running service (socket.ts) and, while none runs, in the command's
// own process.
//
//   {"command":"user.add","username":"carol","password":"…"}
//   {"ok":true,"value":{"username":"carol","roles":[],…}}
//   {"ok":false,"code":"username_taken","msg":"There is a user 'carol' already"}

import { AuthError, type ErrorCode, Unavailable } from "../errors.ts"
import { errorText, type Log } from "../log.ts"
import type { Accounts } from "../service/accounts.ts"
import type { JsonObject } from "../strict_json.ts"

/** A command as it travels. */
export interface Command {
  readonly command: CommandName
  readonly username?: string
  readonly password?: string
}

/** What comes back. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly msg: string }

/** The name of a command. */
export type CommandName = keyof typeof commands

const commands = {
  "user.add": (accounts: Accounts, command: JsonObject) => accounts.add(credentials(command)),
  "user.list": (accounts: Accounts) => accounts.list(),
  "user.password": (accounts: Accounts, command: JsonObject) =>
    accounts.setPassword(credentials(command)),
  "user.disable": (accounts: Accounts, command: JsonObject) =>
    accounts.disable(member(command, "username")),
  "user.enable": (accounts: Accounts, command: JsonObject) =>
    accounts.enable(member(command, "username")),
  "user.delete": (accounts: Accounts, command: JsonObject) =>
    accounts.remove(member(command, "username")),
} as const

/** Runs a command; whatever goes wrong is an answer, too. What was done is logged, never a password. */
export async function execute(command: JsonObject, accounts: Accounts, log: Log): Promise<Answer> {
  const name = command["command"]
  try {
    if (!isCommandName(name)) throw new AuthError("invalid_request", "There is no such command")
    const value = await commands[name](accounts, command)
    log.info(`control.${name}`, { username: textOrUndefined(command["username"]) })
    return { ok: true, value: value ?? null }
  } catch (error) {
    if (error instanceof AuthError) return { ok: false, code: error.code, msg: error.message }
    log.error("control.failed", { command: textOrUndefined(name), error: errorText(error) })
    if (error instanceof Unavailable) {
      return { ok: false, code: "temporarily_unavailable", msg: error.message }
    }
    return { ok: false, code: "server_error", msg: "Something went wrong; the log says what" }
  }
}

function isCommandName(name: unknown): name is CommandName {
  return typeof name === "string" && Object.hasOwn(commands, name)
}

function credentials(command: JsonObject): { username: string; password: string } {
  return { username: member(command, "username"), password: member(command, "password") }
}

function member(command: JsonObject, name: string): string {
  const value = command[name]
  if (typeof value === "string") return value
  throw new AuthError("invalid_request", `The command needs '${name}'`)
}

function textOrUndefined(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}
