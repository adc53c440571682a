// A row of the operator's commands (commands.ts): what a command takes, asks, prints and works
// with.

import type { FactorMethod } from "../domain/factors.ts"
import type { Accounts } from "../service/accounts.ts"
import type { Act } from "../service/act.ts"
import type { Keys } from "../service/keys.ts"
import type { LongAnswers } from "../service/long_answers.ts"
import type { ServiceTokens } from "../service/service_tokens.ts"
import type { Log } from "../telemetry/log.ts"

/** What a command takes, by name. `value` is any JSON, the others are text. */
interface CommandTakes {
  readonly username: string
  /** The name of a service token. */
  readonly name: string
  readonly password: string
  readonly role: string
  readonly claim: string
  readonly value: unknown
  readonly kid: string
  readonly sid: string
}

/** What may be added to a command. */
interface CommandChoices {
  readonly mfa?: boolean
  readonly method?: FactorMethod
  /** Roles with commas between them. */
  readonly role?: string
  /** A time such as `90d`. */
  readonly expires?: string
  readonly fresh?: boolean
  readonly aal2?: boolean
  readonly admin?: boolean
}

/** The inputs of a command, by name. */
export type CommandInput = CommandTakes & CommandChoices

/** The name of what a command takes. */
export type InputName = keyof CommandTakes

/** The name of what may be added. */
export type ChoiceName = keyof CommandChoices

/** What commands work with. */
export interface CommandParts {
  readonly accounts: Accounts
  readonly keys: Keys
  /** Null when the browser wing is off. */
  readonly links: LinkCommands | null
  readonly factorCommands: FactorCommands
  readonly serviceTokens: Pick<ServiceTokens, "create" | "list" | "revoke" | "revokeAll">
  /** Loads the commands whose answer is as long as the store. */
  readonly longAnswers: () => Promise<LongAnswers>
  readonly log: Log
}

/** Makes links for users. */
export interface LinkCommands {
  invite(username: string, act?: Act): Promise<object>
  reset(username: string, options: { readonly removesFactors: boolean }, act?: Act): Promise<object>
}

/** Shows and removes the second factors of users. */
export interface FactorCommands {
  list(username: string): Promise<object>
  reset(
    user: { readonly username: string; readonly method: FactorMethod | null },
    act?: Act,
  ): Promise<object>
}

/** A row of the table. */
export interface AdminCommand {
  /** The inputs of the command, in the order of the command line. */
  readonly takes: readonly InputName[]
  /** One sentence for people. */
  readonly help: string
  /** What may be added to it: options of the command line. */
  readonly choices?: Readonly<Partial<Record<ChoiceName, string>>>
  /** What `--json` prints. */
  readonly prints?: "list" | "object"
  /** What is asked before it is done. */
  readonly asks?: string
  readonly run: (parts: CommandParts, input: CommandInput, act: Act) => Promise<unknown>
}
