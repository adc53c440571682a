// Second factors as records have them. No code fits these secrets.

import type { FactorChange } from "../../src/domain/factor_change.ts"
import type { Factors, Passkey, RecoveryCode, TotpFactor } from "../../src/domain/factors.ts"
import type { TrustedDevice } from "../../src/domain/trusted_device.ts"
import { start } from "./sample_session.ts"
import { sampleHash } from "./sample_user.ts"

/** The handle of sample factors. */
export const handle = "h".repeat(43)

/** The limits of failed codes in tests. */
export const limits = { failuresMax: 100, triesMax: 5 }

/** An authenticator app whose last code was of step 1000. */
export const totp: TotpFactor = {
  id: "app",
  sealedSecret: "sealed-of-app",
  createdAt: start - 500,
  lastUsedAt: start - 60,
  lastStep: 1000,
}

/** A secret that waits for its first code. */
export const pendingTotp = { id: "next", sealedSecret: "sealed-of-next", expiresAt: start + 900 }

/** Ten recovery codes; another letter makes other ones. */
export function recoveryCodes(letter = "R"): readonly RecoveryCode[] {
  return Array.from({ length: 10 }, (_, index) => ({ index, hash: sampleHash(letter) }))
}

/** A passkey of this id; `members` replaces what matters to a test. */
export function samplePasskey(id: string, members: Partial<Passkey> = {}): Passkey {
  return {
    id,
    credentialId: `credential-${id}`,
    publicKey: `key-${id}`,
    counter: 7,
    isSynced: false,
    transports: ["internal", "usb"],
    name: `Key ${id}`,
    createdAt: start - 400,
    lastUsedAt: null,
    ...members,
  }
}

/** Factors of a user who has an app and codes; `members` replaces what matters to a test. */
export function sampleFactors(members: Partial<Factors> = {}): Factors {
  return {
    ...{ handle, totp, pendingTotp: null, recoveryCodes: recoveryCodes(), passkeys: [] },
    ...{ failures: 0, tickets: [], trusted: [] },
    ...members,
  }
}

/** A trusted device of this id. */
export function sampleTrusted(id: string): TrustedDevice {
  return { id, userAgent: "Browser/1.0", createdAt: start, expiresAt: start + 86_400 }
}

/** A ticket of this id, good for another five minutes. */
export function sampleTicket(id: string, expiresAt: number = start + 300) {
  return { id, expiresAt }
}

/** A use of the app's code of a step. */
export function useOfStep(
  step: number,
  ticket: ReturnType<typeof sampleTicket> | null = null,
): FactorChange {
  return { use: { method: "otp", id: totp.id, step }, ticket, at: start }
}

/** A failure that is counted before a code is compared. */
export function claimOf(ticket: ReturnType<typeof sampleTicket> | null = null): FactorChange {
  return { claim: ticket, at: start, ...limits }
}
