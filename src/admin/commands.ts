// The operator's commands, one row each. The command line, its help and the control socket
// (socket.ts) use this table. A command is plain JSON: it runs inside the running service or, while
// no service runs, in the command line's own process.
//
//   {"command":"user.add","username":"carol","password":"…"}
//   {"ok":true,"value":{"username":"carol","roles":[],…}}
//   {"ok":false,"code":"username_taken","msg":"There is a user 'carol' already"}

import { type FactorMethod, factorMethods } from "../domain/factors.ts"
import { lifeBounds } from "../domain/service_token.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import { AuthError, type ErrorCode, Unavailable } from "../errors.ts"
import { type Act, byOperator } from "../service/act.ts"
import { reviveStore } from "../service/revive_store.ts"
import { errorText, type Log } from "../telemetry/log.ts"
import type {
  AdminCommand,
  ChoiceName,
  CommandInput,
  CommandParts,
  InputName,
  LinkCommands,
} from "./admin_command.ts"

/** A command as JSON. */
export interface Command extends Partial<CommandInput> {
  readonly command: CommandName
}

/** The answer to a command. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly msg: string }

/** The name of a command. */
export type CommandName = keyof typeof commands

const commands = {
  "store.revive": {
    takes: [],
    help: "End all sessions and service tokens, after a backup was restored.",
    asks: "This ends all sessions, and revokes all service tokens. Everybody has to log in again. Go on?",
    run: reviveStore,
  },
  "user.list": {
    takes: [],
    help: "List the users.",
    prints: "list",
    run: ({ accounts }) => accounts.list(),
  },
  "user.add": {
    takes: ["username", "password"],
    help: "Add a user. Asks for the password, or reads it from a pipe.",
    run: ({ accounts }, { username, password }, act) =>
      accounts.create({ username, password }, act),
  },
  "user.password": {
    takes: ["username", "password"],
    help: "Set a user's password and end their sessions. Asks for it, or reads a pipe.",
    run: ({ accounts }, { username, password }, act) =>
      accounts.setPassword({ username, password }, act),
  },
  "user.invite": {
    takes: ["username"],
    help: "Add a user by a link for setting a password, good for 24 hours.",
    prints: "object",
    run: ({ links }, { username }, act) => requireLinks(links).invite(username, act),
  },
  "user.reset": {
    takes: ["username"],
    help: "Make a link for setting a new password, good for an hour.",
    choices: { mfa: "Let the link remove the user's second factors, too." },
    prints: "object",
    run: ({ links }, { username, mfa: removesFactors = false }, act) =>
      requireLinks(links).reset(username, { removesFactors }, act),
  },
  "user.disable": {
    takes: ["username"],
    help: "Block a user from logging in, and end their sessions.",
    run: ({ accounts }, { username }, act) => accounts.disable(username, act),
  },
  "user.enable": {
    takes: ["username"],
    help: "Let a disabled user log in again.",
    run: ({ accounts }, { username }, act) => accounts.enable(username, act),
  },
  "user.logout": {
    takes: ["username"],
    help: "End all sessions of a user.",
    run: ({ accounts }, { username }, act) => accounts.logOut(username, act),
  },
  "user.unlock": {
    takes: ["username"],
    help: "Unlock a user: clear their failed logins and wrong codes.",
    run: ({ accounts }, { username }, act) => accounts.unlock(username, act),
  },
  "user.delete": {
    takes: ["username"],
    help: "Delete a user. The name stays reserved until `user release`.",
    run: ({ accounts }, { username }, act) => accounts.delete(username, act),
  },
  "user.release": {
    takes: ["username"],
    help: "Free the name of a deleted user, so that it can be used again.",
    run: ({ accounts }, { username }, act) => accounts.release(username, act),
  },
  "user.mfa.list": {
    takes: ["username"],
    help: "List a user's second factors.",
    prints: "object",
    run: ({ factorCommands }, { username }) => factorCommands.list(username),
  },
  "user.mfa.reset": {
    takes: ["username"],
    help: "Remove a user's second factors, and end their sessions.",
    choices: { method: "Remove only that method: otp, recovery or passkey." },
    asks: "This removes second factors and ends the user's sessions. Go on?",
    run: ({ factorCommands }, { username, method = null }, act) =>
      factorCommands.reset({ username, method }, act),
  },
  "user.role.add": {
    takes: ["username", "role"],
    help: "Give a user a role.",
    run: ({ accounts }, { username, role }, act) => accounts.addRole(username, role, act),
  },
  "user.role.remove": {
    takes: ["username", "role"],
    help: "Take a role from a user.",
    run: ({ accounts }, { username, role }, act) => accounts.removeRole(username, role, act),
  },
  "user.claim.set": {
    takes: ["username", "claim", "value"],
    help: "Set a claim in a user's tokens. VALUE is JSON, or else text.",
    run: ({ accounts }, { username, claim, value }, act) =>
      accounts.setClaim(username, claim, value, act),
  },
  "user.claim.remove": {
    takes: ["username", "claim"],
    help: "Remove a claim from a user's tokens.",
    run: ({ accounts }, { username, claim }, act) => accounts.removeClaim(username, claim, act),
  },
  "session.end": {
    takes: ["sid"],
    help: "End a session of a user.",
    run: ({ accounts }, { sid }, act) => accounts.endSession(sid, act),
  },
  "token.create": {
    takes: ["name"],
    help: "Make a service token, which lets a machine in. It is shown once.",
    choices: {
      role: "Its roles: several with commas.",
      expires: `When it expires: ${lifeBounds.least} to ${lifeBounds.most}; default: ${lifeBounds.usual}`,
      fresh: "Let it count as a fresh login.",
      aal2: "Let it count as a login with a second factor.",
      admin: "Give it the role admin.",
    },
    prints: "object",
    run: ({ serviceTokens }, { role: roles = "", ...asked }, act) =>
      serviceTokens.create({ ...asked, roles }, act),
  },
  "token.list": {
    takes: [],
    help: "List the service tokens, and when each was last used.",
    prints: "list",
    run: ({ serviceTokens }) => serviceTokens.list(),
  },
  "token.revoke": {
    takes: ["name"],
    help: "Revoke a service token. It is refused from the next request on.",
    run: ({ serviceTokens }, { name }, act) => serviceTokens.revoke(name, act),
  },
  "key.list": {
    takes: [],
    help: "List the keys that sign tokens.",
    prints: "list",
    run: async ({ keys }) => keys.list(),
  },
  "key.rotate": {
    takes: [],
    help: "Publish a new key. It signs once verifiers have had time to fetch it.",
    run: ({ keys }, _input, act) => keys.rotate(act),
  },
  "key.retire": {
    takes: ["kid"],
    help: "Refuse a key and all that it signed. KID may be `refresh` or `cookies`.",
    run: ({ keys }, { kid }, act) => keys.retire(kid, act),
  },
} as const satisfies Record<string, AdminCommand>

/** The commands in the order in which help shows them. */
export const adminCommands = Object.entries(commands) as readonly [CommandName, AdminCommand][]

/** Runs a command. A failure gives an answer, too. The audit trail records what was done. */
export async function execute(command: JsonObject, parts: CommandParts): Promise<Answer> {
  const { log } = parts
  const name = command["command"]
  try {
    if (name === "user.import") {
      const { importUsers } = await import("./user_import.ts")
      return { ok: true, value: await importUsers(command, parts.accounts) }
    }
    return { ok: true, value: await perform(command, parts, byOperator) }
  } catch (error) {
    return refusalOf(error, { name, log })
  }
}

/**
 * Runs a command of the table, as an act, and gives its value.
 * @throws AuthError, Unavailable
 */
export async function perform(
  command: JsonObject,
  parts: CommandParts,
  act: Act,
): Promise<unknown> {
  const { command: name } = command
  if (!isCommandName(name)) throw new AuthError("invalid_request", "There is no such command")
  const { takes, choices = {}, run }: AdminCommand = commands[name]
  for (const input of takes) requireInput(command, input)
  for (const choice of Object.keys(choices)) requireChoice(command, choice as ChoiceName)
  return (await run(parts, command as JsonObject & CommandInput, act)) ?? null
}

/** The answer to a command that failed. */
export function refusalOf(
  error: unknown,
  { name, log }: { readonly name: unknown; readonly log: Log },
): Extract<Answer, { readonly ok: false }> {
  if (error instanceof AuthError) return { ok: false, code: error.code, msg: error.message }
  log.error("control.failed", { command: String(name), error: errorText(error) })
  if (error instanceof Unavailable) {
    return { ok: false, code: "temporarily_unavailable", msg: error.message }
  }
  return { ok: false, code: "server_error", msg: "Something went wrong; the log says what" }
}

function requireLinks(links: CommandParts["links"]): LinkCommands {
  if (links !== null) return links
  throw new AuthError(
    "invalid_request",
    "Links lead to the pages, which are off: set POSTERN_PAGES=on",
  )
}

function isCommandName(name: unknown): name is CommandName {
  return typeof name === "string" && Object.hasOwn(commands, name)
}

function requireInput(command: JsonObject, name: InputName): void {
  if (name === "value" || typeof command[name] === "string") return
  throw new AuthError("invalid_request", `The command needs '${name}'`)
}

function requireChoice(command: JsonObject, name: ChoiceName): void {
  const value = command[name]
  const fault = value === undefined ? null : choiceFault(name, value)
  if (fault !== null) throw new AuthError("invalid_request", fault)
}

function choiceFault(name: ChoiceName, value: unknown): string | null {
  if (name === "method") {
    const isMethod = factorMethods.includes(value as FactorMethod)
    return isMethod ? null : `A method is one of ${factorMethods.join(", ")}`
  }
  if (name === "role" || name === "expires") {
    return typeof value === "string" ? null : `'${name}' must be text`
  }
  return typeof value === "boolean" ? null : `'${name}' must be true or false`
}
