// Where users are imported to: the running service or, while none runs, the store itself. Opened
// once, since a million users take thousands of commands.

import { type Answer, execute } from "../../admin/commands.ts"
import { askService, isServed } from "../../admin/socket.ts"
import type { ImportCommand, ImportOutcomes } from "../../admin/user_import.ts"
import type { Config } from "../../config/load.ts"
import type { JsonObject } from "../../domain/strict_json.ts"
import { exitCodes, OperatorError } from "../../errors.ts"
import { dataDirectoryOf, withDeployment, writtenTo } from "../control.ts"
import type { Terminal } from "../terminal.ts"

/** A place to import to. */
export interface TransferPlace {
  /** Creates users, or only says what would become of them. @throws OperatorError */
  create(
    users: readonly JsonObject[],
    options: { readonly isTrial: boolean },
  ): Promise<ImportOutcomes>
  /** The most bytes of users that `create` takes. */
  readonly batchBytesMax: number
  /** The data directory. */
  readonly directory: string
  /** Which store was changed; empty when a service changed it. */
  readonly note: string
}

/** Below what the control socket takes in one command (system/unix_socket.ts). */
const commandBytesMax = 48 * 1024
/** Of one step of the store. */
const stepBytesMax = 256 * 1024

/** Opens the place for as long as `use` runs. */
export async function withTransferPlace<T>(
  { config, terminal }: { readonly config: Config; readonly terminal: Terminal },
  use: (place: TransferPlace) => Promise<T>,
): Promise<T> {
  const directory = await dataDirectoryOf(config)
  if (await isServed(directory)) {
    const create = createOver(async (command) => (await askService(directory, command)) ?? stopped)
    return use({ create, batchBytesMax: commandBytesMax, directory, note: "" })
  }
  return withDeployment({ config, terminal, mayMake: false }, (deployment, log) => {
    const create = createOver((command) => execute({ ...command }, { ...deployment, log }))
    return use({
      create,
      batchBytesMax: stepBytesMax,
      directory,
      note: writtenTo(config, directory),
    })
  })
}

function createOver(ask: (command: ImportCommand) => Promise<Answer>): TransferPlace["create"] {
  return async (users, { isTrial }) => {
    const answer = await ask({ command: "user.import", users, isTrial })
    if (answer.ok) return answer.value as ImportOutcomes
    const isBusy = answer.code === "temporarily_unavailable"
    throw new OperatorError(answer.msg, {
      hint: "The log of the service says more.",
      exitCode: isBusy ? exitCodes.unavailable : exitCodes.refused,
    })
  }
}

const stopped: Answer = {
  ...{ ok: false, code: "temporarily_unavailable", msg: "The service has stopped" },
}
