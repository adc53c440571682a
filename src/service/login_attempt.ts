// One attempt to give the right password of an account. The login guard counts attempts by account
// and client. The hashing lane shares its turns between accounts and clients.

import type { Caller } from "../domain/caller.ts"
import { networksOf } from "../domain/ip_address.ts"
import type { User } from "../domain/user.ts"
import type { Asker } from "../password/fair_queue.ts"
import { readDeviceToken } from "../token/device_token.ts"

/** Who tries the password of which account. */
export interface LoginAttempt {
  /** The canonical username. Null when the typed text can't be a username. */
  readonly username: string | null
  readonly address: string
  /**
   * A device that has logged in to the account before, or a session of the account. Its failures
   * count for the device and not for the address. Null for a stranger.
   */
  readonly device: string | null
}

/** The attempt in POST /login. A valid device token of the account makes the client a device. */
export function attemptOfLogin(
  { username, address }: Omit<LoginAttempt, "device">,
  { user, deviceToken, deviceKey }: DeviceProof,
): LoginAttempt {
  // Read the token for unknown users too: the time must not reveal whether a user exists.
  const proof = readDeviceToken(deviceToken, username ?? "", deviceKey)
  const isKnown = user !== null && proof !== null && proof.issuedAt >= user.tokensNotBefore
  return { username, address, device: isKnown ? proof.device : null }
}

/** A device token, and the user and key to check it with. */
interface DeviceProof {
  readonly user: User | null
  /** Empty when the client sent none. */
  readonly deviceToken: string
  readonly deviceKey: Uint8Array
}

/** The attempt in POST /password. The session counts as a device. */
export function attemptOfPasswordChange(
  { username, sid }: { readonly username: string; readonly sid: string | null },
  { address }: Caller,
): LoginAttempt {
  // The names of real devices have no blank, so the two can't be confused.
  return { username, address, device: `session ${sid ?? ""}` }
}

/** Asks for hashes of the operator's commands and of seeded users. */
export const operator: Asker = Object.freeze({ groups: [], isKnown: true })

/**
 * Who asks for the hash of an attempt. A stranger shares turns with its networks and with all
 * strangers at the account. A device shares turns with the other devices of its account. An unknown
 * username counts as an account, so that the wait does not reveal whether a user exists.
 */
export function askerOf({ username, address, device }: LoginAttempt): Asker {
  const account = username ?? ""
  if (device !== null) {
    return { groups: [`device ${account} ${device}`, `devices ${account}`], isKnown: true }
  }
  const clients = networksOf(address).map((network) => `client ${network}`)
  return { groups: [...clients, `account ${account}`], isKnown: false }
}
