// postern store copy: copies a whole store to a place in which there is none yet.

import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { type CopyReport, copyStore } from "../store/copy_store.ts"
import type { Call } from "./command_row.ts"
import { interruptibly } from "./interruption.ts"
import { createProgress } from "./progress.ts"
import { countsInJson, countsInWords, progressOf } from "./record_counts.ts"
import { readPlace } from "./store_places.ts"
import type { Terminal } from "./terminal.ts"
import { warningsAt } from "./terminal_log.ts"

/** Copies, and prints what was copied. */
export async function runCopy(call: Call, terminal: Terminal): Promise<ExitCode> {
  const [from, to] = [
    await readPlace("from", call, terminal),
    await readPlace("to", call, terminal),
  ]
  if (!("location" in from) && !("location" in to)) throw bothDirectories()
  const isDryRun = call.options.has("dry-run")
  const progress = createProgress(terminal)
  try {
    const report = await interruptibly((isInterrupted) =>
      copyStore({
        ...{ from, to, isDryRun, isInterrupted },
        warn: warningsAt(terminal),
        onProgress: (at) => progress.show(() => progressOf(at)),
      }),
    )
    progress.end()
    terminal.print(call.isJson ? inJson(report, isDryRun) : inWords(report, isDryRun))
    return exitCodes.done
  } finally {
    progress.end()
  }
}

function inJson(report: CopyReport, isDryRun: boolean): string {
  const { from, to, counts, hasKeys: keys, checksum } = report
  const { users, sessions, ...others } = countsInJson(counts)
  const record = { from, to, dry_run: isDryRun, users, sessions, keys, ...others, checksum }
  return `${JSON.stringify(record)}\n`
}

function inWords({ from, to, counts, hasKeys, checksum }: CopyReport, isDryRun: boolean): string {
  const done = isDryRun ? "Would copy" : "Copied"
  const end = isDryRun
    ? "Nothing was written.\n"
    : `What was read back is the same: SHA-256 ${checksum}.\nStart no service on ${from} any more: neither store learns what the other one changes.\n`
  return `${done} ${from} to ${to}:\n${countsInWords(counts)}  ${hasKeys ? "the" : "no"} keys\n${end}`
}

function bothDirectories(): OperatorError {
  return new OperatorError("store copy: both places are directories", {
    hint: "Copy the files of a data directory: docs/backup.md says which.",
    exitCode: exitCodes.usage,
  })
}
