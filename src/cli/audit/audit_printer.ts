// Prints lines of the audit trail as they are found, and counts what can't be read.

import { printable } from "../../telemetry/log.ts"
import { printAtPace, type Terminal } from "../terminal.ts"
import { type AuditQuestion, auditText, matches, readAuditLine } from "./audit_line.ts"

/** Prints the lines that match a question. */
export interface AuditPrinter {
  /** False when nobody reads any more. */
  print(lines: readonly string[]): Promise<boolean>
  readonly matched: () => number
  /** Lines that are none of an audit trail, such as one that a crash tore. */
  readonly unreadable: () => number
}

/** Makes a printer. As JSON, lines are printed as they are in the file. */
export function createAuditPrinter(
  question: AuditQuestion,
  { terminal, isJson }: { readonly terminal: Terminal; readonly isJson: boolean },
): AuditPrinter {
  let matched = 0
  let unreadable = 0
  const textOf = (line: string) => {
    const record = readAuditLine(line)
    // Before a write that is repeated there is an empty line.
    if (record === null && line !== "") unreadable += 1
    if (record === null || !matches(record, question)) return ""
    matched += 1
    return isJson ? `${printable(line)}\n` : auditText(record)
  }
  return {
    async print(lines) {
      const text = lines.map(textOf).join("")
      return text === "" || printAtPace(text, terminal)
    },
    matched: () => matched,
    unreadable: () => unreadable,
  }
}
