// Trusted devices (POSTERN_TRUST_DEVICE): a client that has shown a second factor may ask not to be
// asked for one at its next logins. Such a login is by password alone and stays "aal1": it never
// satisfies what needs a second factor. The token of a device opens nothing without the password.
//
// The record of the user decides at each login. So trust ends with a reset of the user, a change of
// the factors, the end of all other sessions, and when the user or the operator removes it.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import { type TrustedDevice, trustedNow } from "../domain/trusted_device.ts"
import type { User } from "../domain/user.ts"
import type { Store } from "../store/store.ts"
import { randomName } from "../system/random.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"
import { isTrustToken, readTrustToken, writeTrustToken } from "../token/trust_token.ts"
import type { KeyWatch } from "./keys.ts"

interface DeviceTrustParts {
  readonly store: Pick<Store, "users">
  readonly keys: KeyWatch
  /** For how long a device is trusted; null when none is. */
  readonly trustSeconds: number | null
  readonly clock: Clock
  readonly audit: Audit
}

/** A device that is to be trusted, and its token. */
export interface NewTrust {
  readonly device: TrustedDevice
  readonly token: string
}

/** Gives trust, finds it, and ends it. */
export class DeviceTrust {
  readonly #parts: DeviceTrustParts

  constructor(parts: DeviceTrustParts) {
    this.#parts = parts
  }

  /** For how long a device is trusted; null when none is. */
  get seconds(): number | null {
    return this.#parts.trustSeconds
  }

  /**
   * Whether a user trusts the device of a token. Does the same work for a user who does not exist:
   * the time must not reveal that.
   */
  async covers(
    token: string,
    { username, user }: { readonly username: string | null; readonly user: User | null },
  ): Promise<boolean> {
    const { keys } = this.#parts
    if (this.seconds === null || !isTrustToken(token)) return false
    // Another process may have retired the key.
    await keys.catchUp()
    const id = readTrustToken(token, username ?? "", keys.cookieKey())
    return user !== null && this.listOf(user).some((device) => device.id === id)
  }

  /** The devices that a user trusts now. */
  listOf({ factors }: Pick<User, "factors">): readonly TrustedDevice[] {
    const { clock, trustSeconds } = this.#parts
    return trustedNow(factors?.trusted ?? [], { now: clock.now(), trustSeconds })
  }

  /** Trust for the device of a caller; null when devices are not trusted. The store has it later. */
  async make({ username }: User, { userAgent }: Caller): Promise<NewTrust | null> {
    const { keys, clock, trustSeconds } = this.#parts
    if (trustSeconds === null) return null
    await keys.catchUp()
    const id = randomName()
    const createdAt = clock.now()
    return {
      device: { id, userAgent, createdAt, expiresAt: createdAt + trustSeconds },
      token: writeTrustToken({ id, username }, keys.cookieKey()),
    }
  }

  /** Ends the trust in all devices of a user. The username is canonical. */
  async endAll(username: string, fields: AuditFields): Promise<void> {
    const { store, audit } = this.#parts
    const changed = await store.users.change(username, { factors: { distrust: "all" } })
    // Refused where no device is trusted.
    if (typeof changed !== "string") audit("mfa.untrusted", { ...fields, user: username })
  }
}
