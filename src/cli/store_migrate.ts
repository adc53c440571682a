// postern store migrate: makes or changes the tables of a database, as the role that owns them.

import { type ExitCode, exitCodes } from "../errors.ts"
import { migrateStore } from "../store/store_status.ts"
import type { Call } from "./command_row.ts"
import { failFor } from "./control.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"
import { warningsAt } from "./terminal_log.ts"

/** Applies what is missing, and prints what that was. */
export async function runMigrate(call: Call, terminal: Terminal): Promise<ExitCode> {
  const { database, dataDirectory } = loadSettings(call, terminal, { needsStoreSecret: false })
  if (database === null) {
    terminal.print(`'${dataDirectory}' is a data directory: it needs no migration.\n`)
    return exitCodes.done
  }
  const { place } = database
  const migrating = migrateStore({ ...database, warn: warningsAt(terminal) })
  const applied = await migrating.catch(failFor(database))
  const lines = applied.map(({ number, name }) => `Applied migration ${number}: ${name}.\n`)
  const end =
    applied.length === 0
      ? `The schema of the ${place} is up to date.\n`
      : `The schema of the ${place} is up to date now.\nIf another role runs the service, give it its rights again: docs/postgres.md has them.\n`
  terminal.print(lines.join("") + end)
  return exitCodes.done
}
