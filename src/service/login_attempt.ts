// An attempt at a password: at which account, from where, and whether the client is known to the
// account. Limits count by attempts, and the hashing lane shares out its turns by them.

import type { Caller } from "../domain/caller.ts"
import { networksOf } from "../domain/ip_address.ts"
import type { User } from "../domain/user.ts"
import type { Asker } from "../password/fair_queue.ts"
import { readDeviceToken } from "../token/device_token.ts"

/** Who tries a password. */
export interface LoginAttempt {
  /** The name in canonical form; null for a text that can't be a name. */
  readonly username: string | null
  readonly address: string
  /**
   * A device that has logged in to the account before, or a session of the account. Both are judged
   * by themselves and not by their address. Null for a stranger.
   */
  readonly device: string | null
}

/** An attempt of POST /login. A device token of the account makes the client a known device. */
export function attemptOfLogin(
  { username, address }: Omit<LoginAttempt, "device">,
  { user, deviceToken, deviceKey }: DeviceProof,
): LoginAttempt {
  // The token is read for unknown names, too, so that the time does not reveal who has an account.
  const claim = readDeviceToken(deviceToken, username ?? "", deviceKey)
  const isKnown = user !== null && claim !== null && claim.issuedAt >= user.tokensNotBefore
  return { username, address, device: isKnown ? claim.device : null }
}

/** A device token, and what it is checked with. */
export interface DeviceProof {
  readonly user: User | null
  /** Empty without one. */
  readonly deviceToken: string
  readonly deviceKey: Uint8Array
}

/** An attempt of POST /password: a session gives its user's password. */
export function attemptOfSession(
  { username, sid }: { readonly username: string; readonly sid: string | null },
  { address }: Caller,
): LoginAttempt {
  // No device has a name with a blank in it.
  return { username, address, device: `session ${sid ?? ""}` }
}

/** The operator asks for a hash, by a command or at the start. */
export const operator: Asker = Object.freeze({ groups: [], isKnown: true })

/**
 * Who asks for the hash of an attempt. A stranger shares turns with its networks and with all
 * strangers at the account; a device or session with the other devices of its account. An unknown
 * name is an account like any other, so that the waiting time does not reveal who has an account.
 */
export function askerOf({ username, address, device }: LoginAttempt): Asker {
  const account = username ?? ""
  if (device !== null) {
    return { groups: [`device ${account} ${device}`, `devices ${account}`], isKnown: true }
  }
  const clients = networksOf(address).map((network) => `client ${network}`)
  return { groups: [...clients, `account ${account}`], isKnown: false }
}
