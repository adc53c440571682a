// postern key …: the keys that sign tokens, through the running service or, while none runs, in
// keys.json itself.

import type { Command } from "../admin/commands.ts"
import { isoTime } from "../clock.ts"
import { loadConfig } from "../config/load.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import type { KeySummary } from "../service/keys.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import { inColumns } from "./columns.ts"
import { runControlCommand, writtenTo } from "./control.ts"
import type { Terminal } from "./terminal.ts"

const hints = {
  not_found: "`postern key list` shows the keys.",
  invalid_request: "Nothing was changed. `postern key list` shows the keys.",
}

/** Runs `postern key …`. */
export async function runKey(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [verb = "", kid, ...more] = words
  const isUsedRight = verb === "retire" ? kid !== undefined : kid === undefined
  if (!["list", "rotate", "retire"].includes(verb) || !isUsedRight || more.length > 0) {
    throw new OperatorError(`'${`postern key ${verb}`.trim()}' is not used like that`, {
      hint: "postern key list, postern key rotate, or postern key retire KID",
      exitCode: exitCodes.usage,
    })
  }
  const config = loadConfig(terminal.environment, readOperatorFile)
  const command = { command: `key.${verb}`, ...(kid === undefined ? {} : { kid }) } as Command
  const { value, directory } = await runControlCommand(command, { config, terminal, hints })
  terminal.print(report(verb, value, kid ?? "") + (verb === "list" ? "" : writtenTo(directory)))
  return exitCodes.done
}

function report(verb: string, value: unknown, kid: string): string {
  if (verb === "list") return table(value as readonly KeySummary[])
  if (verb === "rotate") {
    const { kid: added, signsFrom } = value as KeySummary
    return `Published the key '${added}'. It signs from ${isoTime(signsFrom ?? 0)} on.\n`
  }
  return `Retired '${kid}'. What it signed or made is refused from now on.\n`
}

function table(keys: readonly KeySummary[]): string {
  const rows = keys.map(({ kid, alg, state, signsFrom, keptUntil }) => [
    kid ?? "(shared secret)",
    alg,
    state,
    signsFrom === null ? "-" : isoTime(signsFrom),
    keptUntil === null ? "-" : isoTime(keptUntil),
  ])
  return inColumns([["KID", "ALGORITHM", "STATE", "SIGNS FROM", "KEPT UNTIL"], ...rows])
}
