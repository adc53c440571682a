// The changes of a user's second factors, and the rules by which a code or a passkey counts. A
// change is data, so that every store engine can apply it to the record right before the write: of
// two requests with one code, one gets in. Pure.

import {
  type FactorMethod,
  type Factors,
  isEnrolled,
  type Passkey,
  type PendingTotp,
  type RecoveryCode,
  type TotpFactor,
} from "./factors.ts"
import {
  countTry,
  forget,
  type NamedTicket,
  type RefusedTicket,
  useUp,
  type WithTicket,
} from "./ticket_tries.ts"
import { type TrustedDevice, withTrusted } from "./trusted_device.ts"

/** Ten new recovery codes for a user who has none; null for one who has. */
interface WithRecoveryCodes {
  readonly recoveryCodes: readonly RecoveryCode[] | null
}

/** A factor that was shown. */
export type ShownFactor =
  | { readonly method: "otp"; readonly id: string; readonly step: number }
  | { readonly method: "recovery"; readonly index: number; readonly hash: string }
  | { readonly method: "passkey"; readonly id: string; readonly counter: number }

/** A change of a user's factors. */
export type FactorChange =
  /** Counts a failure before a code is compared. `use` takes it back. */
  | {
      readonly claim: NamedTicket | null
      readonly at: number
      readonly failuresMax: number
      readonly triesMax: number
    }
  /** A factor was shown, in a login with this ticket or without one. Clears the failures. */
  | ({
      readonly use: ShownFactor
      /** A device that the user trusts from now on. */
      readonly trust?: TrustedDevice
      /** A session that was tried like a ticket, and ends: its tries are forgotten. */
      readonly endedSid?: string
    } & WithTicket)
  /** Offers a secret to an authenticator app, in the place of one that was offered before. */
  | { readonly offerTotp: PendingTotp; readonly handle: string }
  /** The first code of the offered secret was right: puts it in force. */
  | ({ readonly confirmTotp: { readonly id: string; readonly step: number } } & WithTicket &
      WithRecoveryCodes)
  | ({ readonly addPasskey: Passkey; readonly handle: string } & WithTicket & WithRecoveryCodes)
  /** Replaces the recovery codes. */
  | { readonly recoveryCodes: readonly RecoveryCode[] }
  /** Removes a factor by its id; with `keepsOne` never the last one. */
  | { readonly remove: string; readonly keepsOne: boolean }
  /** Removes all factors, or those of one method. */
  | { readonly removeAll: FactorMethod | "all" }
  /** Ends the trust in a device by its id, or in all. */
  | { readonly distrust: string }
  /** Forgets failed codes. */
  | { readonly forgetFailures: true }

/**
 * Why a change does not apply. "no_factor": there is no such factor or offer; "used": the code, the
 * passkey's counter or the ticket counted before, or the ticket has expired; "locked": too many
 * failures in a row; "changed": other codes or factors were made meanwhile; "last": it is the last
 * factor; "too_many": there is no room for another passkey.
 */
export type RefusedFactor =
  | RefusedTicket
  | ("no_factor" | "used" | "locked" | "changed" | "last" | "too_many")

/** More passkeys than anybody has devices. */
export const passkeysMax = 20

/** The factors after a change; null when nothing is left. */
export function changeFactors(
  factors: Factors | null,
  change: FactorChange,
): Factors | null | RefusedFactor {
  if ("offerTotp" in change) {
    const { offerTotp: pendingTotp, handle } = change
    return { ...(factors ?? noFactors(handle)), pendingTotp }
  }
  if ("addPasskey" in change) return addPasskey(factors ?? noFactors(change.handle), change)
  if (factors === null) return "removeAll" in change ? null : "no_factor"
  if ("claim" in change) return claim(factors, change)
  if ("use" in change) return use(factors, change)
  if ("confirmTotp" in change) return confirmTotp(factors, change)
  if ("recoveryCodes" in change) {
    if (!isEnrolled(factors)) return "no_factor"
    return { ...factors, recoveryCodes: change.recoveryCodes, trusted: [] }
  }
  if ("remove" in change) return remove(factors, change)
  if ("removeAll" in change) return without(factors, (method) => isOneOf(method, change.removeAll))
  if ("distrust" in change) return distrust(factors, change.distrust)
  return { ...factors, failures: 0 }
}

/** The changes that have a member of this name. */
export type ChangeBy<K extends string> = Extract<FactorChange, { readonly [M in K]: unknown }>

function noFactors(handle: string): Factors {
  const nothing = { recoveryCodes: [], passkeys: [], failures: 0, tickets: [], trusted: [] }
  return { handle, totp: null, pendingTotp: null, ...nothing }
}

function claim(
  factors: Factors,
  { claim: ticket, at, failuresMax, triesMax }: ChangeBy<"claim">,
): Factors | RefusedFactor {
  if (!isEnrolled(factors)) return "no_factor"
  if (factors.failures >= failuresMax) return "locked"
  const tickets = countTry(factors.tickets, { ticket, at, triesMax })
  if (typeof tickets === "string") return tickets
  return { ...factors, failures: factors.failures + 1, tickets }
}

function use(factors: Factors, change: ChangeBy<"use">): Factors | RefusedFactor {
  const { use: shown, at, trust, endedSid } = change
  const tickets = useUp(forget(factors.tickets, endedSid), change)
  if (typeof tickets === "string") return tickets
  const trusted = trust === undefined ? factors.trusted : withTrusted(factors.trusted, trust)
  const left = { ...factors, tickets, trusted, failures: 0 }
  switch (shown.method) {
    case "otp": {
      const { totp } = factors
      if (totp?.id !== shown.id) return "no_factor"
      if (shown.step <= totp.lastStep) return "used"
      return { ...left, totp: { ...totp, lastStep: shown.step, lastUsedAt: at } }
    }
    case "recovery": {
      const { index, hash } = shown
      const others = factors.recoveryCodes.filter((one) => one.index !== index || one.hash !== hash)
      if (others.length === factors.recoveryCodes.length) return "used"
      return { ...left, recoveryCodes: others }
    }
    case "passkey":
      return usePasskey(left, shown, at)
  }
}

/**
 * Whether a passkey's next counter is that of a copy: it does not grow (WebAuthn L3 §7.2, step 22).
 * Synced passkeys have no counter.
 */
export function isCounterOfCopy({ counter: known }: Pick<Passkey, "counter">, counter: number) {
  return (counter !== 0 || known !== 0) && counter <= known
}

function usePasskey(
  factors: Factors,
  { id, counter }: Extract<ShownFactor, { readonly method: "passkey" }>,
  at: number,
): Factors | RefusedFactor {
  const passkey = factors.passkeys.find((one) => one.id === id)
  if (passkey === undefined) return "no_factor"
  if (isCounterOfCopy(passkey, counter)) return "used"
  const moved = { ...passkey, counter, lastUsedAt: at }
  return { ...factors, passkeys: factors.passkeys.map((one) => (one.id === id ? moved : one)) }
}

function confirmTotp(factors: Factors, change: ChangeBy<"confirmTotp">): Factors | RefusedFactor {
  const { at } = change
  const { id, step } = change.confirmTotp
  const { pendingTotp } = factors
  if (pendingTotp?.id !== id || at >= pendingTotp.expiresAt) return "no_factor"
  const { sealedSecret } = pendingTotp
  const totp = { id, sealedSecret, createdAt: at, lastUsedAt: at, lastStep: step }
  return enrol({ ...factors, totp, pendingTotp: null }, change)
}

function addPasskey(factors: Factors, change: ChangeBy<"addPasskey">): Factors | RefusedFactor {
  const { addPasskey: passkey, handle } = change
  // The authenticator keeps the handle under which it was asked.
  if (factors.handle !== handle) return "changed"
  const isKnown = factors.passkeys.some((one) => one.credentialId === passkey.credentialId)
  if (isKnown) return "used"
  if (factors.passkeys.length >= passkeysMax) return "too_many"
  return enrol({ ...factors, passkeys: [...factors.passkeys, passkey] }, change)
}

/** The factors, one of them new, with the ticket used up and with the user's recovery codes. */
function enrol(
  factors: Factors,
  change: ChangeBy<"confirmTotp"> | ChangeBy<"addPasskey">,
): Factors | RefusedFactor {
  const tickets = useUp(factors.tickets, change)
  if (typeof tickets === "string") return tickets
  const hasCodes = factors.recoveryCodes.length > 0
  if (hasCodes !== (change.recoveryCodes === null)) return "changed"
  const recoveryCodes = change.recoveryCodes ?? factors.recoveryCodes
  return { ...factors, tickets, recoveryCodes, trusted: [] }
}

function remove(
  factors: Factors,
  { remove: id, keepsOne }: ChangeBy<"remove">,
): Factors | null | RefusedFactor {
  const isThere = factors.totp?.id === id || factors.passkeys.some((one) => one.id === id)
  if (!isThere) return "no_factor"
  const left = without(factors, (_method, its) => its === id)
  return left === null && keepsOne ? "last" : left
}

/** The factors without some. All else goes with the last factor. */
function without(
  factors: Factors,
  isGone: (method: FactorMethod, id: string) => boolean,
): Factors | null {
  const { passkeys, recoveryCodes } = factors
  const keptTotp = <T extends PendingTotp | TotpFactor>(totp: T | null) =>
    totp !== null && isGone("otp", totp.id) ? null : totp
  const left = {
    ...factors,
    totp: keptTotp(factors.totp),
    pendingTotp: keptTotp(factors.pendingTotp),
    passkeys: passkeys.filter(({ id }) => !isGone("passkey", id)),
    recoveryCodes: recoveryCodes.filter(({ index }) => !isGone("recovery", String(index))),
    trusted: [],
  }
  return isEnrolled(left) ? left : null
}

function distrust(factors: Factors, id: string): Factors | RefusedFactor {
  const left = id === "all" ? [] : factors.trusted.filter((device) => device.id !== id)
  return left.length === factors.trusted.length ? "no_factor" : { ...factors, trusted: left }
}

function isOneOf(method: FactorMethod, removed: FactorMethod | "all"): boolean {
  return removed === "all" || removed === method
}
