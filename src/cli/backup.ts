// postern backup FILE|-: writes all that the store has at one moment, keys included, to a file that
// is there whole or not at all, or to a pipe.

import { resolve } from "node:path"
import { isoTime } from "../clock.ts"
import { type ExitCode, exitCodes, OperatorError } from "../errors.ts"
import type { BackupSummary } from "../service/long_answers.ts"
import { noteBackup } from "../store/last_backup.ts"
import { machineDisk } from "../system/disk.ts"
import { seenPieces } from "../system/file_chunks.ts"
import { printable } from "../telemetry/log.ts"
import { type Cipher, encryptTo } from "./age.ts"
import { writeBackupFile } from "./backup_file.ts"
import { inBytes } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { dataDirectoryOf, runLongCommand } from "./control.ts"
import { interruptibly } from "./interruption.ts"
import { createProgress } from "./progress.ts"
import { countsInJson, heldInWords } from "./record_counts.ts"
import { loadSettings } from "./settings_options.ts"
import { printAtPace, type Terminal } from "./terminal.ts"

/** Writes the pieces somewhere, whole or not at all. */
type Write = (pieces: AsyncIterable<Uint8Array>) => Promise<void>

/** A backup that was written. */
interface Written extends BackupSummary {
  /** Null for a pipe. */
  readonly file: string | null
  readonly bytes: number
}

/** Writes a backup, and says what is in it. */
export async function runBackup(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  if (config.database !== null) throw dumpInstead()
  const directory = await dataDirectoryOf(config)
  const [given = ""] = call.values
  const file = given === "-" ? null : resolve(given)
  const recipients = call.options.get("encrypt-to")
  const encrypt = recipients === undefined ? asIs : await encryptTo(recipients)
  const write: Write =
    file === null
      ? pipeOf(terminal)
      : await writeBackupFile(file, {
          mayReplace: call.options.has("force"),
          isEncrypted: recipients !== undefined,
          ...{ directory, auditFile: config.auditFile, disk: machineDisk },
        })
  const progress = createProgress(terminal)
  const written = await interruptibly((isInterrupted) =>
    runLongCommand(
      { command: "backup" },
      { config, terminal, hints: {} },
      async (value, pieces) => {
        let bytes = 0
        const see = ({ byteLength }: Uint8Array) => {
          if (isInterrupted()) throw interrupted()
          bytes += byteLength
          progress.show(() => `Written ${inBytes(bytes)}`)
        }
        await write(seenPieces(encrypt(pieces), see))
        return { ...(value as BackupSummary), file, bytes }
      },
    ),
  ).finally(() => progress.end())
  await note(directory, written, terminal)
  const report = call.isJson ? inJson(written) : inWords(written)
  if (file === null) terminal.printError(report)
  else terminal.print(report)
  // The service of an older Postern does not say.
  if (written.hasKeys !== false) return exitCodes.done
  terminal.printError(`${noKeys}\n`)
  return exitCodes.refused
}

const noKeys =
  "The data directory has no keys.json, so this backup has no keys. Bring the file back from an " +
  "earlier backup: docs/backup.md."

const asIs: Cipher = (pieces) => pieces

function pipeOf(terminal: Terminal): Write {
  if (terminal.printsToTerminal) throw neverToTerminal()
  return async (pieces) => {
    for await (const piece of pieces) {
      if (!(await printAtPace(piece, terminal))) throw pipeClosed()
    }
  }
}

/** Notes the backup for `postern status`. The backup is whole without that. */
async function note(directory: string, written: Written, terminal: Terminal): Promise<void> {
  const { madeAt, file, bytes, counts } = written
  try {
    await noteBackup(directory, { madeAt, file, bytes, users: counts.users }, machineDisk)
  } catch (error) {
    const what = "The backup is whole, but `postern status` won't know of it"
    terminal.printError(`${what}: ${printable(String(error))}\n`)
  }
}

function inJson({ postern, madeAt, counts, hasKeys: keys, file, bytes }: Written): string {
  const record = { file, made_at: madeAt, postern, bytes, ...countsInJson(counts), keys }
  return `${JSON.stringify(record)}\n`
}

function inWords({ madeAt, counts, hasKeys, file, bytes }: Written): string {
  const where = file === null ? "the pipe" : `'${file}'`
  const isChecked = file === null ? "" : ", and read it back"
  const keys = hasKeys !== false ? "the keys: keep it as secret as the data directory" : "no keys"
  return (
    `Wrote ${inBytes(bytes)} to ${where}${isChecked}. It holds, as of ${isoTime(madeAt)}:\n` +
    `${heldInWords(counts)}  ${keys}\n`
  )
}

function dumpInstead(): OperatorError {
  return new OperatorError("The store is in PostgreSQL, which has backups of its own", {
    hint:
      "Use pg_dump: docs/postgres.md has the command. After a restore, " +
      "`postern store revive` ends what the dump gave back.",
    exitCode: exitCodes.refused,
  })
}

function neverToTerminal(): OperatorError {
  return new OperatorError("A backup is not shown on a terminal: it holds keys and hashes", {
    hint: "Name a file, `postern backup FILE`, or pipe it: `postern backup - | age -r KEY > FILE`.",
    exitCode: exitCodes.usage,
  })
}

function pipeClosed(): OperatorError {
  return new OperatorError("The backup was not read to its end, or the disk is full", {
    hint: "What was written is not whole: throw it away.",
    exitCode: exitCodes.refused,
  })
}

function interrupted(): OperatorError {
  return new OperatorError("Interrupted", {
    hint: "No backup was made.",
    exitCode: exitCodes.refused,
  })
}
