// Reads the lines of an audit file (audit.ts). A line that a crash tore, or that is of something
// else, is told from a line that a question does not match.

import { isJsonObject, type JsonObject } from "../../domain/strict_json.ts"
import { detailsOf, type LogFields, printable } from "../../telemetry/log.ts"

/** Which lines to show. Null and the empty text ask for nothing. */
export interface AuditQuestion {
  readonly user: string | null
  /** The admin who did it over HTTP. */
  readonly by: string | null
  /** An event, or the word before the dot for all events of a subject. */
  readonly event: string | null
  /** As the lines have it: `2026-11-23T15:30:00Z`. The first instant that counts. */
  readonly since: string
  /** The first instant that does not count any more. */
  readonly until: string
}

/** The question that matches every line. */
export const anyLine: AuditQuestion = { user: null, by: null, event: null, since: "", until: "" }

/** A line that was read. */
interface AuditRecord {
  readonly time: string
  readonly event: string
  /** The other members. */
  readonly fields: JsonObject
}

/** Reads a line, or gives null when it is none of an audit file. */
export function readAuditLine(line: string): AuditRecord | null {
  try {
    const record: unknown = JSON.parse(line)
    if (!isJsonObject(record)) return null
    const { time, level, event, ...fields } = record
    if (level !== "audit" || typeof time !== "string" || typeof event !== "string") return null
    return { time, event, fields }
  } catch {
    return null
  }
}

/** Whether a line matches a question. */
export function matches({ time, event, fields }: AuditRecord, question: AuditQuestion): boolean {
  const { user, by, event: asked, since, until } = question
  return (
    (user === null || fields["user"] === user) &&
    (by === null || fields["by"] === by) &&
    (asked === null || event === asked || event.startsWith(`${asked}.`)) &&
    time >= since &&
    (until === "" || time < until)
  )
}

/** A line for people. */
export function auditText({ time, event, fields }: AuditRecord): string {
  const details = detailsOf(fields as LogFields)
  return `${printable([time, event.padEnd(18), ...details].join(" ").trimEnd())}\n`
}
