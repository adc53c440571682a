// postern user export [FILE]: writes all users, with their password hashes, so that they can be
// imported elsewhere. Nothing else that is secret: no sessions, keys, links or second factors.

import type { JsonObject } from "../../domain/strict_json.ts"
import { type ExitCode, exitCodes, OperatorError } from "../../errors.ts"
import { importedMembers } from "../../service/imported_user.ts"
import type { ExportedUser } from "../../service/long_answers.ts"
import { machineDisk, writeBeside } from "../../system/disk.ts"
import { fileFailure } from "../../system/failure.ts"
import { linesOf } from "../../system/lines.ts"
import { grouped } from "../columns.ts"
import type { Call } from "../command_row.ts"
import { requireDeployment, runLongCommand } from "../control.ts"
import { createProgress } from "../progress.ts"
import { loadSettings } from "../settings_options.ts"
import { printAtPace, type Terminal } from "../terminal.ts"
import { writeCells } from "./csv.ts"

/** Writes one user as a line, and what stands before all. */
interface Writer {
  readonly head: string
  readonly line: (user: JsonObject) => string
}

const writers: Readonly<Record<string, Writer>> = {
  jsonl: { head: "", line: (user) => `${JSON.stringify(user)}\n` },
  csv: { head: `${writeCells(importedMembers)}\n`, line: csvLine },
}

/** Exports users. */
export async function runExport(call: Call, terminal: Terminal): Promise<ExitCode> {
  const [typed = "-"] = call.values
  const path = typed === "-" ? undefined : typed
  const format = call.options.get("format") ?? "jsonl"
  const writer = Object.hasOwn(writers, format) ? writers[format] : undefined
  if (writer === undefined) throw noSuchFormat()
  if (path === undefined && terminal.printsToTerminal) throw terminalRefused()
  const config = loadSettings(call, terminal)
  await requireDeployment(config)
  if (path !== undefined && (await machineDisk.inspect(path)) !== null) throw isThere(path)
  const progress = createProgress(terminal)
  const counts = { users: 0, withFactors: 0 }
  const command = { command: "user.export" } as const
  await runLongCommand(command, { config, terminal, hints: {} }, async (_value, pieces) => {
    const chunks = chunksOf(pieces, { writer, counts, progress })
    if (path !== undefined) await writeFile(path, chunks)
    else for await (const chunk of chunks) await printAtPace(chunk, terminal)
  }).finally(progress.end)
  const { users, withFactors } = counts
  if (path !== undefined) terminal.print(`Exported ${grouped(users)} users to '${path}'.\n`)
  if (withFactors > 0) {
    terminal.printError(
      `Second factors are not exported (users who have some: ${grouped(withFactors)}). Where they are imported, they log in by password alone until they set one up.\n`,
    )
  }
  return exitCodes.done
}

interface ChunkOptions {
  readonly writer: Writer
  readonly counts: { users: number; withFactors: number }
  readonly progress: ReturnType<typeof createProgress>
}

async function* chunksOf(
  pieces: AsyncIterable<Uint8Array>,
  { writer, counts, progress }: ChunkOptions,
): AsyncIterable<Uint8Array> {
  yield Buffer.from(writer.head)
  for await (const lines of linesOf(pieces)) {
    const exported = lines.map((line) => JSON.parse(line) as ExportedUser)
    yield Buffer.from(exported.map(({ user }) => writer.line(user)).join(""))
    counts.users += exported.length
    counts.withFactors += exported.filter(({ hasFactors }) => hasFactors).length
    progress.show(() => `Exported ${grouped(counts.users)} users`)
  }
}

async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const use = (temporary: string) => machineDisk.rename(temporary, path)
  await writeBeside(path, chunks, { disk: machineDisk, use }).catch((cause) => {
    throw fileFailure(cause, {
      message: `The users can't be written to '${path}'`,
      setting: "FILE",
      exitCode: exitCodes.refused,
    })
  })
}

function csvLine(user: JsonObject): string {
  const cells = importedMembers.map((name) => cellOf(user[name]))
  return `${writeCells(cells)}\n`
}

function cellOf(value: unknown): string {
  if (value === null) return ""
  if (Array.isArray(value)) return value.join(" ")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

function noSuchFormat(): OperatorError {
  return new OperatorError("There is no such format", {
    hint: `Use ${Object.keys(writers).join(" or ")}.`,
    exitCode: exitCodes.usage,
  })
}

function terminalRefused(): OperatorError {
  return new OperatorError("Password hashes are not printed to a terminal", {
    hint: "Name a FILE, or send the output into one: `postern user export > users.jsonl`.",
    exitCode: exitCodes.usage,
  })
}

function isThere(path: string): OperatorError {
  return new OperatorError(`'${path}' is there already`, {
    hint: "Name a file that is not there yet. Nothing was written.",
    exitCode: exitCodes.refused,
  })
}
