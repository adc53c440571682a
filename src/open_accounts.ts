// Opens the store and the use cases over it: all that the user commands need when no service runs,
// and the first half of a service.

import { systemClock } from "./clock.ts"
import type { Config } from "./config.ts"
import { machineDisk } from "./disk.ts"
import { exitCodes, OperatorError } from "./errors.ts"
import type { Log } from "./log.ts"
import { createPasswordHasher, type PasswordHasher } from "./password/hash.ts"
import { createHashingLane } from "./password/hashing_lane.ts"
import { type Accounts, createAccounts } from "./service/accounts.ts"
import { openJsonStore } from "./store/open_json_store.ts"
import type { Store } from "./store/store.ts"

/** The use cases around users, and the store to close when they are not needed any more. */
export interface OpenedAccounts {
  readonly accounts: Accounts
  readonly store: Store
}

/**
 * Opens both.
 * @throws OperatorError when the store can't be had, or memory for a hash
 */
export async function openAccounts(config: Config, log: Log): Promise<OpenedAccounts> {
  const hasher = await openHasher(config)
  const store = await openJsonStore({
    directory: config.dataDirectory,
    disk: machineDisk,
    warn: (event, message) => log.warn(event, { message }),
  })
  return { accounts: createAccounts({ store, hasher, clock: systemClock }), store }
}

async function openHasher({ hashesAtATime, hashParameters }: Config): Promise<PasswordHasher> {
  const lane = createHashingLane({ width: hashesAtATime })
  try {
    return await createPasswordHasher(lane, hashParameters)
  } catch (cause) {
    const { memoryKib } = hashParameters
    throw new OperatorError(`No password can be hashed with ${memoryKib} KiB of memory`, {
      hint: "Lower POSTERN_HASH_MEMORY, or give the process more memory.",
      exitCode: exitCodes.badSettings,
      cause,
    })
  }
}
