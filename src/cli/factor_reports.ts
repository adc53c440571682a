// What the operator's commands print about a user's second factors.

import { isoTime } from "../clock.ts"
import type { FactorMethod } from "../domain/factors.ts"
import type {
  FactorSummary,
  ResetFactors,
  UsedFactor,
} from "../service/factors/operator_factors.ts"
import { inColumns } from "./columns.ts"

/** The factors as JSON, in the words of GET /mfa. */
export function factorsInJson(value: unknown): string {
  const summary = value as FactorSummary
  const { username, methods, totp, passkeys, trustedDevices } = summary
  const json = {
    ...{ username, required: summary.isRequired, methods },
    totp: totp && usesOf(totp),
    passkeys: passkeys.map((one) => ({
      ...{ name: one.name, synced: one.isSynced },
      ...usesOf(one),
    })),
    recovery_codes_left: summary.recoveryCodesLeft,
    trusted_devices: trustedDevices.map(({ userAgent, createdAt, expiresAt }) => ({
      ...{ user_agent: userAgent, created_at: createdAt, expires_at: expiresAt },
    })),
    ...{ wrong_codes: summary.wrongCodes, locked: summary.isLocked },
  }
  return `${JSON.stringify(json)}\n`
}

function usesOf({ createdAt, lastUsedAt }: UsedFactor) {
  return { created_at: createdAt, last_used_at: lastUsedAt }
}

/** The factors as a table, and what else matters below it. */
export function factorsInText(value: unknown, user: string): string {
  const summary = value as FactorSummary
  const head = ["METHOD", "NAME", "SINCE", "LAST USED"]
  const { methods } = summary
  const table = methods.length > 0 ? inColumns([head, ...rowsOf(summary)]) : ""
  const none = methods.length > 0 ? "" : `User ${user} has no second factor.\n`
  return `${table}${none}${remarksOn(summary, user)}`
}

function rowsOf(summary: FactorSummary): readonly (readonly string[])[] {
  const { totp, passkeys, recoveryCodesLeft, trustedDevices } = summary
  const apps = totp === null ? [] : [["otp", "authenticator app", ...timesOf(totp)]]
  const keys = passkeys.map((one) => ["passkey", one.name, ...timesOf(one)])
  const devices = trustedDevices.map(({ userAgent, createdAt, expiresAt }) => {
    return ["(trusted device)", userAgent, isoTime(createdAt), `until ${isoTime(expiresAt)}`]
  })
  return [...apps, ...keys, ["recovery", `${recoveryCodesLeft} codes left`, "-", "-"], ...devices]
}

function timesOf({ createdAt, lastUsedAt }: UsedFactor): readonly string[] {
  return [isoTime(createdAt), lastUsedAt === null ? "never" : isoTime(lastUsedAt)]
}

function remarksOn(
  { methods, isRequired, isLocked, wrongCodes, username }: FactorSummary,
  user: string,
): string {
  const must = methods.length === 0 ? setsUp(user) : "A second factor is required.\n"
  const unlock = `\`postern user unlock ${username}\``
  const locked = `No code counts after ${wrongCodes} wrong ones: ${unlock} changes that.\n`
  const wrong = wrongCodes === 0 ? "" : `Wrong codes in a row: ${wrongCodes}.\n`
  return `${isRequired ? must : ""}${isLocked ? locked : wrong}`
}

const removedWords: Readonly<Record<FactorMethod | "all", string>> = {
  all: "all second factors",
  otp: "the authenticator app",
  recovery: "the recovery codes",
  passkey: "the passkeys",
}

/** What was removed, and what that means for the next login. */
export function removedFactors(value: unknown, user: string): string {
  const { removed, methods, isRequired } = value as ResetFactors
  const left =
    methods.length > 0
      ? `The user still has: ${methods.join(", ")}.\n`
      : isRequired
        ? setsUp(user)
        : "The password alone logs them in.\n"
  return `Removed ${removedWords[removed]} of ${user} and ended their sessions.\n${left}`
}

function setsUp(user: string): string {
  return `User ${user} has to set one up at the next login.\n`
}
