// What an import counts and shows while it goes on, and what it prints at its end.

import { exitCodes, OperatorError } from "../../errors.ts"
import { counted, grouped } from "../columns.ts"
import { calledAs } from "../failure_report.ts"
import { createProgress, type Progress } from "../progress.ts"
import type { Terminal } from "../terminal.ts"

/** Users by what becomes of them. */
export interface ImportCounts {
  /** Checked and good, and not there yet. */
  users: number
  /** Of them: with a hash that is not this service's own. */
  foreign: number
  withoutPassword: number
  /** There already, with the same hash. */
  same: number
  /** Lines that are no users, or whose names are taken. */
  bad: number
}

/** Counts users, and shows progress and what is to be said about lines. */
export interface ImportReport {
  readonly counts: ImportCounts
  readonly progress: Progress
  /** Prints a remark on a line that is good. */
  readonly note: (line: number, text: string) => void
  /** Counts and prints a bad line. */
  readonly bad: (line: number, fault: string) => void
}

/** Makes a report with nothing counted yet. */
export function createImportReport(terminal: Terminal): ImportReport {
  const counts = { users: 0, foreign: 0, withoutPassword: 0, same: 0, bad: 0 }
  const progress = createProgress(terminal)
  const note = (line: number, text: string) => {
    progress.end()
    terminal.printError(calledAs(terminal.program, `line ${line}: ${text}\n`))
  }
  return {
    ...{ counts, progress, note },
    bad(line, fault) {
      counts.bad += 1
      note(line, fault)
    },
  }
}

/**
 * Lets an import go on after its check.
 * @throws OperatorError when there is nothing to import, or a bad line that is not to be left out
 */
export function requireGood(
  { users, same, bad }: ImportCounts,
  { skipsBad }: { readonly skipsBad: boolean },
): void {
  if (users + same + bad === 0) {
    throw new OperatorError("There are no users in the file", {
      hint: "Nothing was changed. docs/import.md shows the formats.",
      exitCode: exitCodes.refused,
    })
  }
  if (skipsBad && users + same === 0) {
    throw new OperatorError(`Not one line can be taken (${counted(bad, "line")})`, {
      hint: "Nothing was changed. Is the file of another format? docs/import.md shows the formats.",
      exitCode: exitCodes.refused,
    })
  }
  if (bad === 0 || skipsBad) return
  throw new OperatorError(`${counted(bad, "line")} can't be taken, so nothing was imported`, {
    hint:
      "Correct the file, or add --skip-bad. A user without a hash gets a password by a link: " +
      "leave the hash empty, and then `postern user reset NAME`.",
    exitCode: exitCodes.refused,
  })
}

/** The numbers at the end, for people. */
export function importInWords(counts: ImportCounts, isDryRun: boolean): string {
  const { users, same, bad, foreign, withoutPassword } = counts
  const rows: readonly (readonly [count: number, text: string])[] = [
    [foreign, "with the hash of another system, until their next login"],
    [withoutPassword, "without a password: `postern user reset NAME` makes a link"],
    [same, "there already, with the same hash"],
    [bad, "left out: see above"],
  ]
  const shown = rows.filter(([count]) => count > 0)
  const lines = shown.map(([count, text]) => `  ${grouped(count)} ${text}\n`)
  const verb = isDryRun ? "Would import" : "Imported"
  return `${verb} ${counted(users, "user")}.\n${lines.join("")}`
}

/** The numbers at the end, for programs. */
export function importInJson(counts: ImportCounts, isDryRun: boolean): string {
  const { users, same, bad, foreign, withoutPassword } = counts
  const record = {
    ...{ dry_run: isDryRun, imported: isDryRun ? 0 : users, good: users, same, bad },
    ...{ other_hashes: foreign, without_password: withoutPassword },
  }
  return `${JSON.stringify(record)}\n`
}
