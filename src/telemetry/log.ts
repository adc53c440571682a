// Structured log lines: one JSON object per line, or readable text if standard output is a
// terminal. An event has a dotted name and plain fields. It never holds a token, a password or a
// hash:
//
//   {"time":"2026-11-23T15:30:00Z","level":"info","event":"service.ready","url":"http://[::1]:8080"}

import { type Clock, isoTime, timeText } from "../clock.ts"
import type { RefusalReason } from "../errors.ts"

/** Log levels, the most verbose first. */
export const logLevels = ["debug", "info", "warn", "error"] as const

/** A log level. */
export type LogLevel = (typeof logLevels)[number]

/** The fields of an event. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

type Write = (event: string, fields?: LogFields) => void

/** The access line of a request. */
export type Access = {
  readonly request: string
  readonly client: string
  readonly method: string
  readonly path: string | null
  readonly status: number
  readonly ms: number
  /** Why a token was refused, or why a logout ended nothing. */
  readonly reason?: RefusalReason | undefined
}

/** An answer to a request, without anything that the client chose but its method. */
export interface Answered {
  /** Null when the route does not have the method, or where there is no route. */
  readonly method: string | null
  /** The path of the route; null where there is none. */
  readonly route: string | null
  readonly status: number
  readonly millis: number
  readonly reason?: RefusalReason | undefined
}

/** Writes events. Audit events (audit.ts) are written at every level. */
export interface Log extends Readonly<Record<LogLevel | "audit", Write>> {
  /** Writes the event `request`, of level info. */
  readonly access: (access: Access) => void
}

type Level = LogLevel | "audit"

/** Kinds of lines. Access lines are dropped first. */
export type LineKind = Level | "access"

/** How many lines of each kind were lost. */
export type Losses = Readonly<Partial<Record<LineKind, number>>>

const textLengthMax = 4096
const causesMax = 5
/** Text that JSON does not escape: printable ASCII without `"` and `\`. */
const unescaped = /^[ !#-[\]-~]*$/

/** How lines are written. */
interface LineForm {
  readonly clock: Clock
  readonly forPeople: boolean
}

/** Makes a log. Lines below `level` are dropped. `write` gets functions that make a line. */
export function createLog({
  level,
  clock,
  forPeople,
  write,
}: LineForm & {
  readonly level: LogLevel
  readonly write: (line: () => string, kind: LineKind) => void
}): Log {
  const format = forPeople ? lineForPeople : lineForMachines
  const formatAccess = forPeople
    ? (at: string, access: Access) => printable(lineForPeople(at, "info", "request", access))
    : accessForMachines
  const timeNow = timeText(clock, isoTime)
  const log =
    (at: Level): Write =>
    (event, fields = {}) => {
      const written = timeNow()
      write(() => `${printable(format(written, at, event, fields))}\n`, at)
    }
  const writeAccess = (access: Access) => {
    const written = timeNow()
    write(() => `${formatAccess(written, access)}\n`, "access")
  }
  const isDropped = (at: LogLevel) => logLevels.indexOf(at) < logLevels.indexOf(level)
  const fromLevel = (at: LogLevel): Write => (isDropped(at) ? () => {} : log(at))
  return {
    debug: fromLevel("debug"),
    info: fromLevel("info"),
    warn: fromLevel("warn"),
    error: fromLevel("error"),
    audit: log("audit"),
    access: isDropped("info") ? () => {} : writeAccess,
  }
}

/** Makes the function that formats the warning about lost lines. */
export function createLossLine({ clock, forPeople }: LineForm): (lost: Losses) => string {
  const format = forPeople ? lineForPeople : lineForMachines
  return (lost) => {
    const lines = Object.values(lost).reduce((sum, count) => sum + count, 0)
    return `${format(isoTime(clock.now()), "warn", "log.dropped", { lines, ...lost })}\n`
  }
}

/** An audit event as a line of JSON with its newline. */
export function auditLine(time: string, event: string, fields: LogFields): string {
  return `${printable(lineForMachines(time, "audit", event, fields))}\n`
}

/** A thrown value and its causes as text for a log field. */
export function errorText(error: unknown): string {
  const texts: string[] = []
  let at = error
  do {
    texts.push(at instanceof Error ? (at.stack ?? at.message) : plainText(at))
    at = at instanceof Error ? at.cause : undefined
  } while (at !== undefined && texts.length < causesMax)
  return texts.join("\ncaused by ").slice(0, textLengthMax)
}

// Never shows the content of an object, which could be a secret.
function plainText(value: unknown): string {
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value)
}

function lineForMachines(time: string, level: Level, event: string, fields: LogFields): string {
  // Joins two JSON texts, because merging two objects takes longer.
  const start = `{"time":"${time}","level":"${level}","event":"${event}"`
  const rest = JSON.stringify(fields)
  return rest === "{}" ? `${start}}` : `${start},${rest.slice(1)}`
}

// Twice as fast as `JSON.stringify`. Every request has such a line.
function accessForMachines(time: string, access: Access): string {
  const { request, client, method, path, status, ms, reason } = access
  if (path === null || !unescaped.test(`${request}${client}${method}${path}`)) {
    return printable(lineForMachines(time, "info", "request", access))
  }
  const start = `{"time":"${time}","level":"info","event":"request","request":"${request}"`
  const asked = `"client":"${client}","method":"${method}","path":"${path}"`
  const answered = `"status":${status},"ms":${ms}`
  // Reasons are words of a fixed list, so none needs an escape.
  return `${start},${asked},${answered}${reason === undefined ? "" : `,"reason":"${reason}"`}}`
}

function lineForPeople(time: string, level: Level, event: string, fields: LogFields): string {
  return [time.slice(11, 19), level.padEnd(5), event, ...detailsOf(fields)].join(" ")
}

/** The fields of an event for people: `user=alice reason="no reason"`. */
export function detailsOf(fields: LogFields): readonly string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === "string" ? quoted(value) : value}`)
}

/**
 * Escapes control characters, line ends and marks of text direction as JSON does. They could forge
 * lines or control a terminal.
 */
export function printable(line: string): string {
  return line.replace(
    /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

function quoted(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text)
}
