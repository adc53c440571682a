// The devices that a user trusts: a login from one of them asks for the password alone. Trust is
// part of the user's second factors (factors.ts). It ends when they change, and when the user is
// reset. Pure.

import { isAhead } from "../clock.ts"

/** A device that a user trusts. Instants are epoch seconds. */
export interface TrustedDevice {
  /** Names the device in lists and in its token; random. */
  readonly id: string
  /** The user agent that asked for the trust, for the user to recognise the device by. */
  readonly userAgent: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** More devices than a person logs in with. */
const trustedDevicesMax = 10

/** What decides whether trust is in force. */
interface TrustRule {
  readonly now: number
  /** For how long trust lasts by the settings now; null when nothing is trusted. */
  readonly trustSeconds: number | null
}

/** Those of a user's trusted devices that are trusted now. */
export function trustedNow(
  devices: readonly TrustedDevice[],
  { now, trustSeconds }: TrustRule,
): readonly TrustedDevice[] {
  if (trustSeconds === null) return []
  return devices.filter(({ createdAt, expiresAt }) => {
    // The setting may be shorter by now.
    const endsAt = Math.min(expiresAt, createdAt + trustSeconds)
    return now < endsAt && !isAhead(createdAt, { now })
  })
}

/** The list with one more device. Those that have expired go, and then the oldest. */
export function withTrusted(
  devices: readonly TrustedDevice[],
  device: TrustedDevice,
): readonly TrustedDevice[] {
  const others = devices.filter(({ expiresAt }) => device.createdAt < expiresAt)
  return [...others, device].slice(-trustedDevicesMax)
}
