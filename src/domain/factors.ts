// A user's second factors as the store keeps them: a member of the user's record, so that what
// happens to factors, password and sessions of a user has one order. factor_change.ts has the rules
// by which they change. Pure.

import type { TrustedDevice } from "./trusted_device.ts"

/** How a user can show a second factor. */
export const factorMethods = ["otp", "recovery", "passkey"] as const

/** One of these ways. */
export type FactorMethod = (typeof factorMethods)[number]

/** An authenticator app. Instants are epoch seconds. */
export interface TotpFactor {
  /** Names the factor in lists; random. */
  readonly id: string
  /** The secret, sealed (factor/secret_seal.ts). */
  readonly sealedSecret: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  /** The time step of the last code that counted (RFC 6238 §5.2): no code counts twice. */
  readonly lastStep: number
}

/** An authenticator app whose first code was not entered yet. */
export interface PendingTotp {
  readonly id: string
  readonly sealedSecret: string
  readonly expiresAt: number
}

/** A recovery code that was not used yet. */
export interface RecoveryCode {
  /** Its number, which stands in its text: one try costs one hash. */
  readonly index: number
  /** A PHC string. */
  readonly hash: string
}

/** A passkey: a public key whose private half is in a device, or synced between devices. */
export interface Passkey {
  /** Names the factor in lists; random. */
  readonly id: string
  /** The authenticator's own name of the key, as base64url. */
  readonly credentialId: string
  /** A COSE key (RFC 9052 §7), as base64url. */
  readonly publicKey: string
  /** The authenticator's signature counter; synced passkeys always say 0. */
  readonly counter: number
  /** Whether it may be on several devices (WebAuthn L3 §6.1.3, "backup eligible"). */
  readonly isSynced: boolean
  /** How browsers reach the authenticator: `internal`, `usb`, … */
  readonly transports: readonly string[]
  /** The user's name for it. */
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** The kind of a passkey's key in the words of RFC 8176: in hardware, or in software. */
export function keyKindOf({ isSynced }: Pick<Passkey, "isSynced">): "hwk" | "swk" {
  return isSynced ? "swk" : "hwk"
}

/** A login between its password and its factor. */
export interface TicketTries {
  readonly id: string
  readonly expiresAt: number
  readonly tries: number
  /** Whether the login is complete, so that the ticket is void. */
  readonly isUsed: boolean
}

/** What the store keeps of a user's factors. */
export interface Factors {
  /**
   * The user's name towards authenticators: 32 random bytes as base64url (WebAuthn L3 §5.4.3). No
   * two users have the same.
   */
  readonly handle: string
  readonly totp: TotpFactor | null
  readonly pendingTotp: PendingTotp | null
  readonly recoveryCodes: readonly RecoveryCode[]
  readonly passkeys: readonly Passkey[]
  /** Failed codes in a row. */
  readonly failures: number
  /** Tickets with which codes were tried, until they expire. */
  readonly tickets: readonly TicketTries[]
  /** Devices on which a login asks for no factor. They end when the factors change. */
  readonly trusted: readonly TrustedDevice[]
}

/** The length of an authenticator app's time step (RFC 6238 §5.2). */
export const totpStepSeconds = 30

/** Clocks of phones differ: so many steps before and after the present one count, too. */
export const totpStepsAround = 1

/** Whether a user has a factor in force. */
export function isEnrolled(factors: Factors | null): factors is Factors {
  return factors !== null && (factors.totp !== null || factors.passkeys.length > 0)
}

/** The methods by which a user can show a factor. None for a user without factors. */
export function methodsOf(factors: Factors | null): readonly FactorMethod[] {
  if (!isEnrolled(factors)) return []
  const { totp, recoveryCodes, passkeys } = factors
  const has = {
    otp: totp !== null,
    recovery: recoveryCodes.length > 0,
    passkey: passkeys.length > 0,
  }
  return factorMethods.filter((method) => has[method])
}
