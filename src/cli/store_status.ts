// postern store status: the state of the store that the settings name, for people or as JSON.

import { isServed } from "../admin/socket.ts"
import type { DatabaseSettings } from "../config/database.ts"
import type { Config } from "../config/load.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import {
  type DatabaseStatus,
  type DirectoryStatus,
  readDatabaseStatus,
  readDirectoryStatus,
} from "../store/store_status.ts"
import { machineDisk } from "../system/disk.ts"
import { grouped, inBytes, inColumns } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { dataDirectoryOf, failFor } from "./control.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"
import { warningsAt } from "./terminal_log.ts"

type Amount = NonNullable<DatabaseStatus["content"]>["users"]

/** One fact: its name, its value in JSON, and its text for people; empty for JSON alone. */
type Line = readonly [name: string, value: unknown, text: string]

/** Prints the state. Exits 0 also when nothing is set up: it says so. */
export async function runStatus(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal, { needsStoreSecret: false })
  const lines =
    config.database === null
      ? await linesOfDirectory(config)
      : await linesOfDatabase(config.database, terminal)
  const record = Object.fromEntries(lines.map(([name, value]) => [name, value]))
  const shown = lines.filter(([, , text]) => text !== "")
  const rows = shown.map(([name, , text]) => [name.replaceAll("_", " "), text])
  terminal.print(call.isJson ? `${JSON.stringify(record)}\n` : inColumns(rows))
  return exitCodes.done
}

async function linesOfDirectory(config: Config): Promise<readonly Line[]> {
  const directory = await dataDirectoryOf(config)
  const { files, version, lock } = await readDirectoryStatus(directory, machineDisk)
  const isRunning = await isServed(directory)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const sizes = files.map((file) => `${file.name} ${inBytes(file.bytes)}`).join(", ")
  return [
    ["engine", "directory", "data directory"],
    ["place", directory, directory],
    ["version", version, version === null ? "nothing is set up" : String(version)],
    ["bytes", bytes, inBytes(bytes)],
    ["files", files, sizes || "-"],
    ["lock", lock, locks[lock]],
    ["service", isRunning, isRunning ? "answers commands" : "none answers commands"],
  ]
}

const locks: Readonly<Record<DirectoryStatus["lock"], string>> = {
  free: "free",
  held: "held by a process that runs",
  unclear: "left by a process that ended, or held on another machine",
}

async function linesOfDatabase(
  database: DatabaseSettings,
  terminal: Terminal,
): Promise<readonly Line[]> {
  const read = readDatabaseStatus({ ...database, warn: warningsAt(terminal) })
  const found = await read.catch(failFor(database))
  const { serverVersion, role, services, settings } = found
  const { connections, addresses } = services
  const preparedMax = settings.maxPreparedTransactions
  return [
    ["engine", "postgresql", `PostgreSQL ${serverVersion}`],
    ["server_version", serverVersion, ""],
    ["place", database.place, database.place],
    ["role", role, role],
    ...linesOfSchema(found),
    ...linesOfContent(found),
    ["services", services, `${connections} connections from ${addresses} addresses`],
    lineOfHorizon(found),
    ["synchronous_commit", settings.synchronousCommit, settings.synchronousCommit],
    ["fsync", settings.fsync, settings.fsync],
    ["max_prepared_transactions", preparedMax, String(preparedMax)],
  ]
}

function linesOfSchema({ schema }: DatabaseStatus): readonly Line[] {
  const { applied, pending } = schema
  const missing = pending.map(({ number, name }) => `${number} (${name})`).join(", ")
  const text =
    pending.length === 0
      ? `migration ${Math.max(...applied)}, up to date`
      : `missing: ${missing}. \`postern store migrate\` adds it`
  return [["schema", schema, text]]
}

function linesOfContent({ content }: DatabaseStatus): readonly Line[] {
  if (content === null) return []
  const { users, sessions, bytes, changes } = content
  const more = changes.isExact ? "" : "more than "
  return [
    ["users", asJson(users), inWords(users)],
    ["sessions", asJson(sessions), inWords(sessions)],
    ["bytes", bytes, inBytes(bytes)],
    ["change_log_rows", asJson(changes), `${more}${grouped(changes.rows)}`],
  ]
}

function lineOfHorizon({ horizon }: DatabaseStatus): Line {
  // A transaction of a moment is a service at work.
  if (horizon === null || (horizon.seconds ?? 1) < 1) return ["horizon", horizon, "not held back"]
  const { kind, name, database, role, program, transactions, seconds } = horizon
  const age = seconds === null ? "" : `${Math.floor(seconds)} s and `
  const who = [
    `${kind} ${name}`,
    ...(role === null ? [] : [`role ${role}`]),
    ...(database === null ? [] : [`database ${database}`]),
    ...(program === null || program === "" ? [] : [program]),
  ]
  const text = `held for ${age}${transactions} transactions by ${who.join(", ")}`
  return ["horizon", horizon, text]
}

function asJson({ rows, isExact }: Amount): object {
  return { rows, is_exact: isExact }
}

function inWords({ rows, isExact }: Amount): string {
  return `${isExact ? "" : "about "}${grouped(rows)}`
}
