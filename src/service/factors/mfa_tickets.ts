// The tickets of logins between their password and their second factor: given after a right
// password, and read back with the factor.

import type { Caller } from "../../domain/caller.ts"
import type { FactorMethod } from "../../domain/factors.ts"
import type { User } from "../../domain/user.ts"
import { AuthError } from "../../errors.ts"
import { randomName } from "../../system/random.ts"
import { callerFields } from "../../telemetry/audit.ts"
import {
  isMfaTicket,
  type MfaTicket,
  mfaTicketSeconds,
  type ReadMfaTicket,
  readMfaTicket,
  type TicketMedium,
  writeMfaTicket,
} from "../../token/mfa_ticket.ts"
import { mfaLimits } from "../limits.ts"
import type { LoginAttempt } from "../login_attempt.ts"
import { readByKeys } from "../read_by_keys.ts"
import type { PendingLogin } from "../session_start.ts"
import type { FactorParts } from "./factor_parts.ts"
import { usableMethods } from "./relying_party.ts"

/** What a login without its factor gets. */
export interface AskedFactor {
  readonly due: PendingLogin["due"]
  readonly ticket: string
  /** How the user can show a factor; none before the first one is set up. */
  readonly methods: readonly FactorMethod[]
  readonly expiresInSeconds: number
}

/** A login that waits for its factor: its user as of now, and the attempt that gave the password. */
export interface WaitingLogin {
  readonly user: User
  readonly attempt: LoginAttempt
  /** Null when the password and the code came in one request. */
  readonly ticket: Pick<MfaTicket, "id" | "expiresAt" | "due" | "stays"> | null
}

/** A login that waits, found by its ticket. */
export interface FoundLogin extends WaitingLogin {
  readonly ticket: ReadMfaTicket
}

/** The refusal of a ticket that is not good, or not any more. */
export function ticketIsOver(): AuthError {
  return new AuthError("invalid_token", "This login is over: log in again", { reason: "revoked" })
}

/** Gives a login its ticket. The password was right, and nothing is open yet. */
export async function giveTicket(
  { user, due, attempt }: PendingLogin,
  { medium, stays }: Pick<MfaTicket, "medium" | "stays">,
  caller: Caller,
  parts: Pick<FactorParts, "keys" | "cookieKey" | "clock" | "audit" | "relyingParty">,
): Promise<AskedFactor> {
  const { keys, cookieKey, clock, audit } = parts
  await keys.catchUp()
  const { username } = user
  const { device } = attempt
  const expiresInSeconds = mfaTicketSeconds[due]
  const expiresAt = clock.now() + expiresInSeconds
  const ticket = { id: randomName(), username, due, medium, device, stays, expiresAt }
  audit("mfa.required", { ...callerFields(caller), user: username, reason: due })
  return {
    due,
    ticket: writeMfaTicket(ticket, user, cookieKey()),
    methods: usableMethods(user.factors, parts),
    expiresInSeconds,
  }
}

/** The login of a ticket, or null when the ticket is not good, or not any more. */
export async function findLogin(
  text: string,
  medium: TicketMedium,
  { address }: Caller,
  { store, keys, cookieKey, clock }: Pick<FactorParts, "store" | "keys" | "cookieKey" | "clock">,
): Promise<FoundLogin | null> {
  const read = (): ReadMfaTicket | null => readMfaTicket(text, cookieKey())
  const ticket = isMfaTicket(text) ? await readByKeys(keys, read) : null
  if (ticket === null || ticket.medium !== medium || clock.now() >= ticket.expiresAt) return null
  const { username, device } = ticket
  const user = await store.users.find(username)
  if (user === null || user.disabled || !ticket.isFor(user)) return null
  const { isUsed = false, tries = 0 } = user.factors?.tickets.find(isOf(ticket)) ?? {}
  if (isUsed || tries >= mfaLimits.triesOfTicket.inARow) return null
  return { user, ticket, attempt: { username, address, device } }
}

function isOf({ id: own }: Pick<MfaTicket, "id">) {
  return ({ id }: Pick<MfaTicket, "id">) => id === own
}
