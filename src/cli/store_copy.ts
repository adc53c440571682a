// postern store copy: copies a whole store to a place in which there is none yet.

import { monotonicMillis } from "../clock.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { type CopyReport, copyStore } from "../store/copy_store.ts"
import { type TableName, tableNames } from "../store/records.ts"
import type { CopyProgress } from "../store/watched_content.ts"
import { grouped } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { readPlace } from "./store_places.ts"
import type { Terminal } from "./terminal.ts"
import { warningsAt } from "./terminal_log.ts"

const millisBetweenProgress = 200

/** One record of each table, and more of them, in words. */
const words: Readonly<Record<TableName, readonly [one: string, more: string]>> = {
  users: ["user", "users"],
  reservedNames: ["reserved name", "reserved names"],
  sessions: ["session", "sessions"],
  endedSessions: ["ended session", "ended sessions"],
  revokedTokens: ["revoked token", "revoked tokens"],
  failedLogins: ["account with failed logins", "accounts with failed logins"],
  loginHistories: ["list of recent logins", "lists of recent logins"],
}

/** Copies, and prints what was copied. */
export async function runCopy(call: Call, terminal: Terminal): Promise<ExitCode> {
  const [from, to] = [
    await readPlace("from", call, terminal),
    await readPlace("to", call, terminal),
  ]
  if (!("location" in from) && !("location" in to)) throw bothDirectories()
  const isDryRun = call.options.has("dry-run")
  const progress = createProgress(terminal)
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
  }
  // A second signal ends the process at once, which leaves nothing behind either.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupt)
  try {
    const report = await copyStore({
      ...{ from, to, isDryRun, isInterrupted: () => isInterrupted },
      warn: warningsAt(terminal),
      onProgress: progress.show,
    })
    progress.end()
    terminal.print(call.isJson ? inJson(report, isDryRun) : inWords(report, isDryRun))
    return exitCodes.done
  } finally {
    progress.end()
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupt)
  }
}

function inJson(report: CopyReport, isDryRun: boolean): string {
  const { from, to, counts, hasKeys, checksum } = report
  const { users, sessions } = counts
  const record = {
    ...{ from, to, dry_run: isDryRun, users, sessions, keys: hasKeys },
    reserved_names: counts.reservedNames,
    ended_sessions: counts.endedSessions,
    revoked_tokens: counts.revokedTokens,
    failed_logins: counts.failedLogins,
    login_histories: counts.loginHistories,
    checksum,
  }
  return `${JSON.stringify(record)}\n`
}

function inWords({ from, to, counts, hasKeys, checksum }: CopyReport, isDryRun: boolean): string {
  const amounts = tableNames.map((table) => {
    const [one, more] = words[table]
    return `  ${grouped(counts[table])} ${counts[table] === 1 ? one : more}\n`
  })
  const done = isDryRun ? "Would copy" : "Copied"
  const end = isDryRun
    ? "Nothing was written.\n"
    : `What was read back is the same: SHA-256 ${checksum}.\nStart no service on ${from} any more: neither store learns what the other one changes.\n`
  return `${done} ${from} to ${to}:\n${amounts.join("")}  ${hasKeys ? "the" : "no"} keys\n${end}`
}

/** Shows on a terminal how far the work is, on one line. */
function createProgress({ showsProgress, printError }: Terminal) {
  let shownAt = Number.NEGATIVE_INFINITY
  let width = 0
  return {
    show({ step, done, all }: CopyProgress): void {
      const now = monotonicMillis()
      if (!showsProgress || now - shownAt < millisBetweenProgress) return
      shownAt = now
      const verb = step === "copy" ? "Copied" : "Compared"
      const text = `${verb} ${grouped(done)} of ${grouped(all)} records`
      printError(`\r${text.padEnd(width)}`)
      width = text.length
    },
    end(): void {
      if (width > 0) printError(`\r${" ".repeat(width)}\r`)
      width = 0
    },
  }
}

function bothDirectories(): OperatorError {
  return new OperatorError("store copy: both places are directories", {
    hint: "Copy the files of a data directory: docs/backup.md says which.",
    exitCode: exitCodes.usage,
  })
}
