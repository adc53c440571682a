// postern audit search: the lines of the audit trail about a user, of an event, of a time, in all
// its files.

import { isoTime, secondsOfInstant, systemClock } from "../../clock.ts"
import { closestName } from "../../config/closest_name.ts"
import { secondsPerUnit } from "../../domain/duration.ts"
import { canonicalPrincipal } from "../../domain/service_token.ts"
import { type ExitCode, exitCodes, OperatorError } from "../../errors.ts"
import { auditEvents } from "../../telemetry/audit.ts"
import { grouped } from "../columns.ts"
import type { Call } from "../command_row.ts"
import { interruptibly } from "../interruption.ts"
import { loadSettings } from "../settings_options.ts"
import type { Terminal } from "../terminal.ts"
import { findTrail, linesOfTrail, naming, requireAuditFile, type TrailFile } from "./audit_file.ts"
import type { AuditQuestion } from "./audit_line.ts"
import { type AuditPrinter, createAuditPrinter } from "./audit_printer.ts"

/** A line of the audit file itself (telemetry/audit.ts). */
const events: readonly string[] = [...auditEvents, "audit.lost"]
const subjects = [...new Set(events.map((event) => event.replace(/\..*/, "")))]

/** Prints what matches the options, the oldest first. */
export async function runAuditSearch(call: Call, terminal: Terminal): Promise<ExitCode> {
  const path = requireAuditFile(loadSettings(call, terminal))
  const question = readQuestion(call.options)
  const { files, others } = await findTrail(path)
  const printer = createAuditPrinter(question, { terminal, isJson: call.isJson })
  const asked = files.filter((_, at) => mayMatch(files, at, question))
  await interruptibly((isInterrupted) => search(asked, printer, isInterrupted))
  if (printer.matched() === 0) terminal.printError("No line matches.\n")
  const unreadable = printer.unreadable()
  if (unreadable > 0) {
    const lines = unreadable === 1 ? "1 line is" : `${grouped(unreadable)} lines are`
    terminal.printError(`${lines} no audit event, or torn: left out.\n`)
  }
  if (others.length > 0) {
    terminal.printError(`Not searched, since only .gz is read here: ${others.join(", ")}\n`)
  }
  return exitCodes.done
}

async function search(
  files: readonly TrailFile[],
  printer: AuditPrinter,
  isInterrupted: () => boolean,
): Promise<void> {
  for (const { path } of files) {
    const isRead = await naming(path, async () => {
      for await (const lines of linesOfTrail(path)) {
        if (!(await printer.print(lines)) || isInterrupted()) return false
      }
      return true
    })
    if (!isRead) return
  }
}

/** Whether a file can have a line of the time: not when all of it is older or younger. */
function mayMatch(
  files: readonly TrailFile[],
  at: number,
  { since, until }: AuditQuestion,
): boolean {
  const begins = files[at]?.begins ?? ""
  const ends = files[at + 1]?.begins ?? ""
  return (until === "" || begins < until) && (ends === "" || ends >= since)
}

function readQuestion(options: Call["options"]): AuditQuestion {
  return {
    user: readUsername("user", options),
    by: readUsername("by", options),
    event: readEvent(options),
    since: readInstant("since", options),
    until: readInstant("until", options),
  }
}

function readUsername(name: "user" | "by", options: Call["options"]): string | null {
  const typed = options.get(name)
  if (typed === undefined) return null
  const username = canonicalPrincipal(typed)
  if (username !== null) return username
  throw mistaken(`--${name}: that can't be a username`, "`postern user list` shows the users.")
}

function readEvent(options: Call["options"]): string | null {
  const typed = options.get("event")
  if (typed === undefined) return null
  const event = typed.replace(/\.\*?$/, "")
  if (events.includes(event) || subjects.includes(event)) return event
  const close = closestName(event, [...events, ...subjects])
  const meant = close === null ? "" : `Did you mean ${close}? `
  throw mistaken(
    "--event: there is no such event",
    `${meant}docs/logs.md lists them. \`login\` stands for all that begin with \`login.\`.`,
  )
}

/** A duration before now, or an instant, as lines have it. */
function readInstant(name: "since" | "until", options: Call["options"]): string {
  const typed = options.get(name)
  if (typed === undefined) return ""
  const [, count = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(typed) ?? []
  const ago = Number(count) * (secondsPerUnit[unit] ?? Number.NaN)
  const seconds = Number.isNaN(ago) ? secondsOfInstant(typed) : systemClock.now() - ago
  if (!Number.isNaN(seconds) && seconds >= 0) return isoTime(Math.floor(seconds))
  throw mistaken(
    `--${name}: that is no time`,
    "Write 90s, 15m, 2h or 7d for a while ago, or a time in UTC: 2026-11-23, 2026-11-23T15:30.",
  )
}

function mistaken(message: string, hint: string): OperatorError {
  return new OperatorError(`audit search: ${message}`, { hint, exitCode: exitCodes.usage })
}
