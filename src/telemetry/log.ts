// Structured log lines: one JSON object a line on standard output, or a line for people when that
// is a terminal. An event has a dotted name and plain fields, never a token, password or hash:
//
//   {"time":"2026-11-23T15:30:00Z","level":"info","event":"service.ready","url":"http://[::1]:8080"}

import { type Clock, isoTime, timeText } from "../clock.ts"
import type { RefusalReason } from "../errors.ts"

/** Levels, from the one that tells most to the one that tells least. */
export const logLevels = ["debug", "info", "warn", "error"] as const

/** One of them. */
export type LogLevel = (typeof logLevels)[number]

/** What an event carries. `JSON.stringify` escapes control characters, so a line stays one line. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

type Write = (event: string, fields?: LogFields) => void

/** What is told of each request that was answered. */
export type Access = {
  readonly request: string
  readonly client: string
  readonly method: string
  readonly path: string | null
  readonly status: number
  readonly ms: number
  /** Why a token was refused, or ended nothing. */
  readonly reason?: RefusalReason | undefined
}

/** Where events go. Those of `audit` (audit.ts) are written at every level. */
export interface Log extends Readonly<Record<LogLevel | "audit", Write>> {
  /** The event `request`, of level info. */
  readonly access: (access: Access) => void
}

type Level = LogLevel | "audit"

/** What a line is, as far as it matters which are lost first. */
export type LineKind = Level | "access"

/** How many lines of each kind were lost. */
export type Losses = Readonly<Partial<Record<LineKind, number>>>

const textLengthMax = 4096
const causesMax = 5
/** What JSON writes as it is: ASCII to be seen but `"` and `\`. */
const unescaped = /^[ !#-[\]-~]*$/

/** How lines look. */
export interface LineForm {
  readonly clock: Clock
  readonly forPeople: boolean
}

/** Makes a log. Lines below `level` are dropped; `write` gets what makes each line, newline and all. */
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

/** Makes the function that makes the line about lines that were lost, of level warn. */
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

/** The text of any thrown value for a log field, with its causes. */
export function errorText(error: unknown): string {
  const texts: string[] = []
  let at = error
  do {
    texts.push(at instanceof Error ? (at.stack ?? at.message) : plainText(at))
    at = at instanceof Error ? at.cause : undefined
  } while (at !== undefined && texts.length < causesMax)
  return texts.join("\ncaused by ").slice(0, textLengthMax)
}

// Not what an object holds: that could be anything.
function plainText(value: unknown): string {
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value)
}

function lineForMachines(time: string, level: Level, event: string, fields: LogFields): string {
  // One object after the other: putting both into a third takes longer than writing them.
  const start = `{"time":"${time}","level":"${level}","event":"${event}"`
  const rest = JSON.stringify(fields)
  return rest === "{}" ? `${start}}` : `${start},${rest.slice(1)}`
}

// Half the time that `JSON.stringify` takes for the same line. There is one for each request.
function accessForMachines(time: string, access: Access): string {
  const { request, client, method, path, status, ms, reason } = access
  if (path === null || !unescaped.test(`${request}${client}${method}${path}`)) {
    return printable(lineForMachines(time, "info", "request", access))
  }
  const start = `{"time":"${time}","level":"info","event":"request","request":"${request}"`
  const asked = `"client":"${client}","method":"${method}","path":"${path}"`
  const answered = `"status":${status},"ms":${ms}`
  // No word of the closed list needs an escape.
  return `${start},${asked},${answered}${reason === undefined ? "" : `,"reason":"${reason}"`}}`
}

function lineForPeople(time: string, level: Level, event: string, fields: LogFields): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === "string" ? quoted(value) : value}`)
  return [time.slice(11, 19), level.padEnd(5), event, ...details].join(" ")
}

/**
 * A line of text in which nothing is a command to a terminal, the end of a line, or a turn of the
 * writing's direction: such characters are escaped as JSON does.
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
