// postern user import FILE: takes users over from another system, with their password hashes.
//
// Every line is checked first, also against the store, and what is good waits in a file without a
// name. If nothing is bad, or bad lines are to be left out, the users are created, a batch in one
// step. If that is cut short, the same command goes on: who is there with the same hash is done.

import { systemClock } from "../../clock.ts"
import type { Config } from "../../config/load.ts"
import { type ExitCode, exitCodes, OperatorError } from "../../errors.ts"
import { largestHashBytes } from "../../password/hashing_lane.ts"
import { createCostJudge } from "../../password/legacy/comparison_costs.ts"
import { type FirebaseParameters, readFirebaseParameters } from "../../password/legacy/firebase.ts"
import { readOperatorChunks } from "../../system/operator_chunks.ts"
import { readOperatorFile } from "../../system/operator_file.ts"
import { openSpool } from "../../system/spool.ts"
import type { Call } from "../command_row.ts"
import { requireDeployment } from "../control.ts"
import { calledAs } from "../failure_report.ts"
import { loadSettings } from "../settings_options.ts"
import type { Terminal } from "../terminal.ts"
import { checkUsers } from "./check_users.ts"
import { createLineCheck } from "./checked_lines.ts"
import { createUsers } from "./create_users.ts"
import { createLineReader, type FormatName, formatNames } from "./formats.ts"
import { createImportReport, importInJson, importInWords, requireGood } from "./import_report.ts"
import { withTransferPlace } from "./transfer_place.ts"

/** A comparison may take so long. */
const comparisonMillisMax = 2000

/** Imports users, and prints how many. */
export async function runImport(call: Call, terminal: Terminal): Promise<ExitCode> {
  const [path = ""] = call.values
  const [isDryRun, skipsBad] = [call.options.has("dry-run"), call.options.has("skip-bad")]
  const config = loadSettings(call, terminal)
  const check = createLineCheck({
    readLine: createLineReader(formatOf(call)),
    judgeCost: createCostJudge({
      memoryBytesMax: memoryBytesMax(config),
      millisMax: comparisonMillisMax,
    }),
    firebase: firebaseOf(call),
    now: systemClock.now(),
  })
  await requireDeployment(config)
  const chunks = path === "-" ? bytesOf(terminal.input) : readOperatorChunks(path)
  const report = createImportReport(terminal)
  const note = await withTransferPlace({ config, terminal }, async (place) => {
    const spool = isDryRun ? null : await openSpool(place.directory)
    try {
      await checkUsers(chunks, { check, place, spool, report })
      report.progress.end()
      requireGood(report.counts, { skipsBad })
      if (spool !== null) await createUsers(spool, { place, report })
    } finally {
      report.progress.end()
      await spool?.close()
    }
    return place.note
  })
  const { counts } = report
  const end = isDryRun ? "Nothing was written.\n" : note
  const text = call.isJson
    ? importInJson(counts, isDryRun)
    : calledAs(terminal.program, importInWords(counts, isDryRun) + end)
  terminal.print(text)
  return exitCodes.done
}

/** The format that was asked for, or null for what the first line shows. */
function formatOf({ options }: Call): FormatName | null {
  const typed = options.get("format")
  if (typed === undefined) return null
  const format = formatNames.find((name) => name === typed)
  if (format !== undefined) return format
  throw new OperatorError("There is no such format", {
    hint: `Use ${formatNames.join(", ")}.`,
    exitCode: exitCodes.usage,
  })
}

// In a file, since the key in it is a secret.
function firebaseOf({ options }: Call): FirebaseParameters | null {
  const path = options.get("firebase-hash-config")
  if (path === undefined) return null
  const fail = (message: string, cause?: unknown) =>
    new OperatorError(message, {
      hint: "Put what Firebase shows as password hash parameters into a file: docs/import.md.",
      exitCode: exitCodes.usage,
      cause,
    })
  let text: string
  try {
    text = Buffer.from(readOperatorFile(path)).toString()
  } catch (cause) {
    throw fail(`The file '${path}' can't be read`, cause)
  }
  const parameters = readFirebaseParameters(text)
  if (parameters === null) throw fail(`The file '${path}' does not name Firebase's parameters`)
  return parameters
}

/** What one comparison may take of the memory that the service has. */
function memoryBytesMax({ hashesAtATime: width, memoryBytes, hashParameters }: Config): number {
  return largestHashBytes({ width, memoryBytes, hashBytes: hashParameters.memoryKib * 1024 })
}

async function* bytesOf(input: Terminal["input"]): AsyncIterable<Uint8Array> {
  for await (const chunk of input) yield Buffer.from(chunk)
}
