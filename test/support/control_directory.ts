// A data directory whose control socket has a test's parts behind it.

import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { CommandParts } from "../../src/admin/admin_command.ts"
import { type ControlOptions, openControl } from "../../src/admin/socket.ts"
import type { Accounts } from "../../src/service/accounts.ts"
import type { Keys } from "../../src/service/keys.ts"
import type { LongAnswers } from "../../src/service/long_answers.ts"
import type { ServiceTokens } from "../../src/service/service_tokens.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { createCollectedLog } from "./collected_log.ts"
import { noFactorCommands } from "./factor_commands.ts"
import { temporaryDirectory } from "./temporary_directory.ts"

/** Parts that do nothing. */
export const noParts = {
  accounts: {} as Accounts,
  links: null,
  keys: {} as Keys,
  factorCommands: noFactorCommands,
  longAnswers: async () => ({}) as LongAnswers,
  serviceTokens: {} as ServiceTokens,
}

/** Makes the directory, and listens in it until the test ends. */
export async function openControlDirectory(
  t: TestContext,
  parts: Partial<CommandParts>,
  answers: Pick<ControlOptions, "status"> = {},
): Promise<string> {
  const directory = join(temporaryDirectory(t), "data")
  mkdirSync(directory)
  const { log } = createCollectedLog()
  const control = await openControl({
    ...noParts,
    log,
    ...parts,
    ...answers,
    directory,
    disk: machineDisk,
    isInPlace: () => true,
  })
  t.after(() => control.close())
  return directory
}
