// A data directory whose control socket has a test's parts behind it.

import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { CommandParts } from "../../src/admin/admin_command.ts"
import { openControl } from "../../src/admin/socket.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import type { Keys } from "../../src/service/keys.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { createCollectedLog } from "./collected_log.ts"
import { noFactorCommands } from "./factor_commands.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

/** Makes the directory, and listens in it until the test ends. */
export async function openControlDirectory(
  t: TestContext,
  parts: Partial<CommandParts>,
): Promise<string> {
  const directory = join(temporaryDirectory(t), "data")
  mkdirSync(directory)
  const { log } = createCollectedLog()
  const nothing = {
    ...{ accounts: {} as Accounts, keys: {} as Keys, factorCommands: noFactorCommands },
  }
  const control = await openControl({
    ...nothing,
    log,
    ...parts,
    directory,
    disk: machineDisk,
    isInPlace: () => true,
  })
  t.after(() => control.close())
  return directory
}
