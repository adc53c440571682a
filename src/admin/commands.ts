// What the command line can ask of users and keys, one row each. A command is plain JSON, so that
// it runs the same way inside a running service (socket.ts) and, while none runs, in the command's
// own process.
//
//   {"command":"user.add","username":"carol","password":"…"}
//   {"ok":true,"value":{"username":"carol","roles":[],…}}
//   {"ok":false,"code":"username_taken","msg":"There is a user 'carol' already"}

import type { JsonObject } from "../domain/strict_json.ts"
import { AuthError, type ErrorCode, Unavailable } from "../errors.ts"
import type { Accounts } from "../service/accounts.ts"
import type { Keys } from "../service/keys.ts"
import { errorText, type Log } from "../telemetry/log.ts"

/** A command as it travels. */
export interface Command {
  readonly command: CommandName
  readonly username?: string
  readonly password?: string
  readonly role?: string
  readonly claim?: string
  readonly value?: unknown
  readonly kid?: string
}

/** What comes back. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly msg: string }

/** The name of a command. */
export type CommandName = keyof typeof commands

/** What commands work with. */
export interface CommandParts {
  readonly accounts: Accounts
  readonly keys: Keys
  readonly log: Log
}

type Run = (parts: CommandParts, command: JsonObject) => Promise<unknown>

const commands = {
  "user.add": ({ accounts }, command) => accounts.add(credentials(command)),
  "user.list": ({ accounts }) => accounts.list(),
  "user.password": ({ accounts }, command) => accounts.setPassword(credentials(command)),
  "user.disable": ({ accounts }, command) => accounts.disable(text(command, "username")),
  "user.enable": ({ accounts }, command) => accounts.enable(text(command, "username")),
  "user.logout": ({ accounts }, command) => accounts.logOut(text(command, "username")),
  "user.unlock": ({ accounts }, command) => accounts.unlock(text(command, "username")),
  "user.release": ({ accounts }, command) => accounts.release(text(command, "username")),
  "user.delete": ({ accounts }, command) => accounts.remove(text(command, "username")),
  "user.role.add": ({ accounts }, command) =>
    accounts.addRole(text(command, "username"), text(command, "role")),
  "user.role.remove": ({ accounts }, command) =>
    accounts.removeRole(text(command, "username"), text(command, "role")),
  "user.claim.set": ({ accounts }, command) =>
    accounts.setClaim(text(command, "username"), text(command, "claim"), command["value"]),
  "user.claim.remove": ({ accounts }, command) =>
    accounts.removeClaim(text(command, "username"), text(command, "claim")),
  "key.list": async ({ keys }) => keys.list(),
  "key.rotate": ({ keys }) => keys.rotate(),
  "key.retire": ({ keys }, command) => keys.retire(text(command, "kid")),
} as const satisfies Record<string, Run>

/** Runs a command; whatever goes wrong is an answer, too. What it did is in the audit trail. */
export async function execute(command: JsonObject, parts: CommandParts): Promise<Answer> {
  const { log } = parts
  const name = command["command"]
  try {
    if (!isCommandName(name)) throw new AuthError("invalid_request", "There is no such command")
    const value = await (commands[name] as Run)(parts, command)
    return { ok: true, value: value ?? null }
  } catch (error) {
    if (error instanceof AuthError) return { ok: false, code: error.code, msg: error.message }
    log.error("control.failed", { command: String(name), error: errorText(error) })
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
  return { username: text(command, "username"), password: text(command, "password") }
}

function text(command: JsonObject, name: string): string {
  const value = command[name]
  if (typeof value === "string") return value
  throw new AuthError("invalid_request", `The command needs '${name}'`)
}
