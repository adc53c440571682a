// The commands whose answer is as long as the store. Behind the answer as commands.ts has it, the
// control socket sends pieces of bytes.
//
//   {"command":"backup"}
//   {"ok":true,"value":{"postern":"0.1.0","madeAt":1795447800,"counts":{"users":2,…}}}
//   {"format":"postern-backup",…

import type { JsonObject } from "../domain/strict_json.ts"
import type { LongAnswers } from "../service/long_answers.ts"
import type { CommandParts } from "./admin_command.ts"
import { type Answer, refusalOf } from "./commands.ts"

/** A command with a long answer, as JSON. */
export interface LongCommand {
  readonly command: keyof typeof longCommands
  readonly username?: string
}

/** An answer, and the pieces behind it; null behind a refusal. */
export type LongAnswer =
  | {
      readonly answer: Extract<Answer, { readonly ok: true }>
      readonly pieces: AsyncIterable<Uint8Array>
    }
  | { readonly answer: Extract<Answer, { readonly ok: false }>; readonly pieces: null }

const longCommands = {
  backup: ({ backup }: LongAnswers) => backup(),
  "session.list": ({ listSessions }: LongAnswers, { username }: JsonObject) =>
    listSessions(typeof username === "string" ? username : null),
  "user.export": ({ exportUsers }: LongAnswers) => exportUsers(),
} as const

/** Whether a command has a long answer. */
export function isLongCommand(command: JsonObject): command is JsonObject & LongCommand {
  const { command: name } = command
  return typeof name === "string" && Object.hasOwn(longCommands, name)
}

/** Runs a command with a long answer. A failure gives an answer, too. */
export async function executeLong(
  command: LongCommand,
  { longAnswers, log }: Pick<CommandParts, "longAnswers" | "log">,
): Promise<LongAnswer> {
  const { command: name } = command
  try {
    const { value, pieces } = await longCommands[name](await longAnswers(), { ...command })
    return { answer: { ok: true, value }, pieces }
  } catch (error) {
    return { answer: refusalOf(error, { name, log }), pieces: null }
  }
}
