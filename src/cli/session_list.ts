// postern session list [NAME]: prints sessions as they come from the store, so that a million of
// them needs no more memory than a thousand.

import type { LongCommand } from "../admin/long_commands.ts"
import { isoTime } from "../clock.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import type { OperatorSession } from "../service/long_answers.ts"
import { linesOf } from "../system/lines.ts"
import { inColumns } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { runLongCommand } from "./control.ts"
import { loadSettings } from "./settings_options.ts"
import { printAtPace, type Terminal } from "./terminal.ts"

const head = ["USERNAME", "SESSION", "STARTED", "LAST USED", "ENDS", "LOGIN", "ADDRESS", "CLIENT"]

/** Prints the sessions of a user, or of all. */
export async function runSessionList(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const [username] = call.values
  const command: LongCommand = {
    command: "session.list",
    ...(username === undefined ? {} : { username }),
  }
  const hints = { not_found: "`postern user list` shows the users." }
  await runLongCommand(command, { config, terminal, hints }, async (_value, pieces) => {
    let count = 0
    for await (const lines of linesOf(pieces)) {
      const sessions = lines.map((line) => JSON.parse(line) as OperatorSession)
      const text = call.isJson ? inJson(sessions, count) : inText(sessions, count)
      if (!(await printAtPace(text, terminal))) return
      count += sessions.length
    }
    if (call.isJson) terminal.print(count === 0 ? "[\n\n]\n" : "\n]\n")
    else if (count === 0) terminal.print("Nobody is logged in.\n")
  })
  return exitCodes.done
}

/** One JSON array, a record a line. `before` sessions were printed already. */
function inJson(sessions: readonly OperatorSession[], before: number): string {
  const records = sessions.map((session) =>
    JSON.stringify({
      ...{ sid: session.sid, username: session.username, started_at: session.startedAt },
      ...{ last_used_at: session.lastUsedAt, idle_expires_at: session.idleExpiresAt },
      ...{ expires_at: session.expiresAt, amr: session.amr, address: session.address },
      user_agent: session.userAgent,
    }),
  )
  return `${before === 0 ? "[\n" : ",\n"}${records.join(",\n")}`
}

function inText(sessions: readonly OperatorSession[], before: number): string {
  const rows = sessions.map(({ username, sid, startedAt, lastUsedAt, ...session }) => [
    ...[username, sid, isoTime(startedAt), isoTime(lastUsedAt), isoTime(session.idleExpiresAt)],
    ...[session.amr.join("+"), session.address, session.userAgent],
  ])
  return inColumns(before === 0 ? [head, ...rows] : rows)
}
