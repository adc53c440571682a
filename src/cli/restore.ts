// postern restore FILE|-: makes a data directory of a backup, where there is none yet. What the
// backup would give back is ended in the same step: sessions, links, tickets, used codes.

import { basename, dirname, resolve } from "node:path"
import { isoTime, systemClock } from "../clock.ts"
import type { Config } from "../config/load.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import { keepContent, reviveContent } from "../service/revived_content.ts"
import { createRevocationWindow } from "../service/session_tokens.ts"
import { type BackupReport, checkBackup, restoreBackup } from "../store/backup.ts"
import { noteBackup } from "../store/last_backup.ts"
import { machineDisk } from "../system/disk.ts"
import { type BackupInput, openInput } from "./backup_input.ts"
import { counted } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { dataDirectoryOf, requireUnserved, withDeployment } from "./control.ts"
import { calledAs } from "./failure_report.ts"
import { interruptibly } from "./interruption.ts"
import { createProgress } from "./progress.ts"
import { countsInJson, heldInWords, progressOf } from "./record_counts.ts"
import { revokedInText } from "./service_token_reports.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"
import { warningsAt } from "./terminal_log.ts"

/** How a restore goes on between its steps. */
type Watching = Parameters<typeof checkBackup>[1]

/** Restores a backup, or only checks it. */
export async function runRestore(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const [given = ""] = call.values
  const input = await openInput(given, call.options.get("identity"), terminal)
  const progress = createProgress(terminal)
  const work = (isInterrupted: () => boolean) => {
    const onProgress: Watching["onProgress"] = (at) => progress.show(() => progressOf(at))
    const parts = { call, terminal, config, watching: { isInterrupted, onProgress } }
    return call.options.has("check") ? check(input, parts) : restore(input, parts)
  }
  const text = await interruptibly(work).finally(() => progress.end())
  terminal.print(calledAs(terminal.program, text))
  return exitCodes.done
}

interface Parts {
  readonly call: Call
  readonly terminal: Terminal
  readonly config: Config
  readonly watching: Watching
}

async function check(input: BackupInput, { call, watching }: Parts): Promise<string> {
  const found = await checkBackup(input.open(), watching)
  if (call.isJson) return `${JSON.stringify({ file: input.file, ...inJson(found) })}\n`
  const { madeAt, postern } = found.origin
  return (
    `The backup ${input.place} is whole. Postern ${postern} made it. ` +
    `It holds, as of ${isoTime(madeAt)}:\n${heldInWords(found.counts)}`
  )
}

async function restore(input: BackupInput, parts: Parts): Promise<string> {
  const { call, config, terminal, watching } = parts
  if (config.database !== null) throw dumpInstead()
  const directory = await dataDirectoryOf(config)
  await requireUnserved(
    directory,
    "Nothing was changed. Stop it first, and move its directory away.",
  )
  // All of it before anything is written. A pipe can be read only once, and is checked on its way.
  if (input.file !== null) await checkBackup(input.open(), watching)
  const keepsSessions = call.options.has("keep-sessions")
  let [ended, revoked] = [0, 0]
  const report = await restoreBackup({
    ...watching,
    from: input.open(),
    to: {
      directory,
      disk: machineDisk,
      mayHold: namesIn(directory, [config.auditFile, input.file]),
    },
    async change(content) {
      if (keepsSessions) return keepContent(content, input.place)
      const counts = await content.count()
      ended = counts.sessions
      revoked = counts.serviceTokens
      return reviveContent(content, { window: windowNow(config), place: input.place })
    },
    warn: warningsAt(terminal),
  })
  const { origin, counts } = report
  const note = {
    madeAt: origin.madeAt,
    file: input.file,
    bytes: input.bytes(),
    users: counts.users,
  }
  await noteBackup(directory, note, machineDisk)
  // Opens what was restored as a start does, with the settings of the service.
  await withDeployment({ config, terminal, mayMake: false }, async ({ audit }) => {
    audit("store.restored", { count: ended })
  })
  const restored = { directory, ended, revoked, keepsSessions, report }
  return call.isJson ? restoredInJson(restored) : restoredInWords(restored)
}

/** The names of those of the files that are in the directory itself. */
function namesIn(directory: string, files: readonly (string | null)[]): readonly string[] {
  const inside = files.filter((file) => file !== null && dirname(resolve(file)) === directory)
  return inside.map((file) => basename(String(file)))
}

function windowNow({ claims, sessions }: Config) {
  return createRevocationWindow(systemClock, { ...claims, ...sessions })()
}

interface Restored {
  readonly directory: string
  readonly ended: number
  /** Service tokens. */
  readonly revoked: number
  readonly keepsSessions: boolean
  readonly report: BackupReport
}

function inJson({ origin, counts }: BackupReport) {
  return { made_at: origin.madeAt, postern: origin.postern, ...countsInJson(counts) }
}

function restoredInJson({ directory, ended, revoked, report }: Restored): string {
  const over = { sessions_that_ended: ended, service_tokens_revoked: revoked }
  return `${JSON.stringify({ place: directory, ...over, ...inJson(report) })}\n`
}

function restoredInWords({ directory, ended, revoked, keepsSessions, report }: Restored): string {
  const { origin, counts } = report
  const sessions = keepsSessions
    ? "Sessions, links, cookies and service tokens of that time work again: " +
      "`postern store revive` ends them."
    : `Ended ${counted(ended, "session")}. Everybody has to log in again.`
  return (
    `Restored to '${directory}', as of ${isoTime(origin.madeAt)}:\n${heldInWords(counts)}` +
    `${sessions}\n${revokedInText(revoked)}Passwords, roles and signing keys are the backup's. ` +
    "docs/backup.md says what a restore undoes. Start the service now.\n"
  )
}

function dumpInstead(): OperatorError {
  return new OperatorError("The store is in PostgreSQL, where pg_restore restores a dump", {
    hint:
      "To put a backup file there, restore it to a data directory, without POSTERN_STORE, and " +
      "copy that: `postern store copy`.",
    exitCode: exitCodes.refused,
  })
}
