// The stores that `postern store copy` names by options. Each is read as POSTERN_STORE is, with the
// other settings beside it: they say what encrypts the keys and how a server is trusted.

import { basename } from "node:path"
import { loadConfig } from "../config/load.ts"
import { readOperatorText } from "../config/operator_text.ts"
import { settingNames } from "../config/settings.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import type { CopyPlace } from "../store/copy_store.ts"
import { machineDisk } from "../system/disk.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import type { Call } from "./command_row.ts"
import { dataDirectoryOf, requireUnserved } from "./control.ts"
import type { Terminal } from "./terminal.ts"

/** Settings that only a database has. A directory beside them is no mistake here. */
const ofDatabases = settingNames.filter((name) => /^POSTERN_(STORE_|STALENESS)/.test(name))

/**
 * Reads the store that an option names: `from` or `to`.
 * @throws OperatorError when it is missing or mistaken, or when a service runs on the directory
 */
export async function readPlace(
  side: "from" | "to",
  { options, optionNames }: Call,
  terminal: Terminal,
): Promise<CopyPlace> {
  const [direct, file] = [options.get(side), options.get(`${side}-file`)]
  if ((direct === undefined) === (file === undefined)) throw missing(side)
  const environment = { ...terminal.environment }
  const isDatabase = /^postgres(ql)?:/i.test(direct ?? textOfFile(file ?? ""))
  if (!isDatabase) for (const name of ofDatabases) delete environment[name]
  for (const name of ["POSTERN_STORE", "POSTERN_STORE_FILE"]) delete environment[name]
  if (direct !== undefined) environment["POSTERN_STORE"] = direct
  else environment["POSTERN_STORE_FILE"] = file
  const option = direct === undefined ? `--${side}-file` : `--${side}`
  const names = new Map([...optionNames, ["POSTERN_STORE", option]])
  const config = loadConfig(environment, readOperatorFile, names)
  if (isDatabase && direct !== undefined) warnOfPassword(direct, option, terminal)
  const { database, auditFile } = config
  if (database !== null) return database
  const directory = await dataDirectoryOf(config)
  await requireUnserved(directory, "Nothing was changed. Stop it first.")
  const mayHold = auditFile === null ? [] : [basename(auditFile)]
  return { directory, disk: machineDisk, mayHold }
}

/** The text of a file; empty when it can't be read. Then the reader of settings reports why. */
function textOfFile(path: string): string {
  try {
    const reading = readOperatorText(readOperatorFile(path))
    return "text" in reading ? reading.text : ""
  } catch {
    return ""
  }
}

function warnOfPassword(url: string, option: string, { printError }: Terminal): void {
  if (!/^\w+:\/\/[^/@]*:[^/@]+@/.test(url)) return
  printError(
    `Other users of this machine can see the password in ${option}: use ${option}-file PATH.\n`,
  )
}

function missing(side: string): OperatorError {
  return new OperatorError(`store copy: either --${side} or --${side}-file is needed`, {
    hint:
      "Usage: postern store copy --from PLACE --to PLACE. " +
      "`postern help store copy` says more.",
    exitCode: exitCodes.usage,
  })
}
