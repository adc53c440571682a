// Who asks for a password's hash. The hashing lane shares out its turns by client and by account
// (password/fair_queue.ts). A name that nobody has is an account like any other: how long a login
// waits must not tell who has an account.

import { networksOf } from "../domain/ip_address.ts"
import type { Attempt } from "../limit/login_limits.ts"
import type { Asker } from "../password/fair_queue.ts"

/** The operator, by a command or at the start. */
export const operator: Asker = Object.freeze({ groups: [], isKnown: true })

/**
 * Who makes an attempt. A stranger shares turns with its networks and with all strangers at the
 * account; a device or session with the others of its account, and not with strangers.
 */
export function askerOf({ username, address, device }: Attempt): Asker {
  const account = username ?? ""
  if (device !== null) {
    return { groups: [`device ${account} ${device}`, `devices ${account}`], isKnown: true }
  }
  const clients = networksOf(address).map((network) => `client ${network}`)
  return { groups: [...clients, `account ${account}`], isKnown: false }
}
