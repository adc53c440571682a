// The second half of a login: a ticket after the right password, and then a code or a passkey. The
// session starts together with the use of the factor, so a factor that works once starts one
// session.

import type { Caller } from "../../domain/caller.ts"
import type { ShownFactor } from "../../domain/factor_change.ts"
import type { FactorMethod } from "../../domain/factors.ts"
import type { SessionLife } from "../../domain/session.ts"
import type { User } from "../../domain/user.ts"
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
import type { CompleteLogin, PendingLogin, StartedLogin } from "../session_start.ts"
import type { LoginProof } from "../session_tokens.ts"
import { checkCode } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"
import { ticketIsOver, wrongCode } from "./factor_refusals.ts"
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

/** How a login goes on. */
export interface Completion {
  readonly life: SessionLife
  readonly caller: Caller
  /** Whether the user asks to be asked for no factor on this device. */
  readonly trusts?: boolean
}

/** A factor that was shown, and how the login was done with it. */
export interface Shown {
  readonly factor: ShownFactor
  readonly amr: LoginProof["amr"]
  /** What is used up with it, beside the factor itself. */
  readonly replaces?: NonNullable<CompleteLogin["once"]>["replaces"]
}

/** The logins over JSON, or those on pages: a ticket of one is none for the other. */
export class FactorLogin {
  readonly #medium: TicketMedium
  readonly #parts: FactorParts

  constructor(medium: TicketMedium, parts: FactorParts) {
    this.#medium = medium
    this.#parts = parts
  }

  /** Gives a login its ticket. The password was right, and nothing is open yet. */
  async ask(
    { user, due, attempt }: PendingLogin,
    { stays }: Pick<MfaTicket, "stays">,
    caller: Caller,
  ): Promise<AskedFactor> {
    const { keys, clock, audit } = this.#parts
    await keys.catchUp()
    const { username } = user
    const { device } = attempt
    const expiresInSeconds = mfaTicketSeconds[due]
    const expiresAt = clock.now() + expiresInSeconds
    const medium = this.#medium
    const ticket = { id: randomName(), username, due, medium, device, stays, expiresAt }
    audit("mfa.required", { ...callerFields(caller), user: username, reason: due })
    return {
      due,
      ticket: writeMfaTicket(ticket, user, keys.cookieKey()),
      methods: usableMethods(user.factors, this.#parts),
      expiresInSeconds,
    }
  }

  /** The login of a ticket, or null when the ticket is not good, or not any more. */
  async find(text: string, { address }: Pick<Caller, "address">): Promise<FoundLogin | null> {
    const { store, keys, clock } = this.#parts
    const read = (): ReadMfaTicket | null => readMfaTicket(text, keys.cookieKey())
    const ticket = isMfaTicket(text) ? await readByKeys(keys, read) : null
    if (ticket === null || ticket.medium !== this.#medium) return null
    if (clock.now() >= ticket.expiresAt) return null
    const { id, username, device } = ticket
    const user = await store.users.find(username)
    if (user === null || user.disabled || !ticket.isFor(user)) return null
    const counted = user.factors?.tickets.find((one) => one.id === id)
    const { isUsed = false, tries = 0 } = counted ?? {}
    if (isUsed || tries >= mfaLimits.triesOfTicket.inARow) return null
    return { user, ticket, attempt: { username, address, device } }
  }

  /** The login of a ticket. @throws AuthError `invalid_token` */
  async require(text: string, from: Pick<Caller, "address">): Promise<FoundLogin> {
    const login = await this.find(text, from)
    if (login === null) throw ticketIsOver()
    return login
  }

  /**
   * Completes a login by a code.
   * @throws AuthError `invalid_code`, `invalid_token`
   * @throws Unavailable
   */
  async logInByCode(
    login: WaitingLogin,
    code: string,
    completion: Completion,
  ): Promise<StartedLogin> {
    if (login.ticket?.due === "enrolment") throw ticketIsOver()
    const fields = { ...callerFields(completion.caller), user: login.user.username }
    const factor = await checkCode(login, code, fields, this.#parts)
    const shown = { factor, amr: ["pwd", "otp"] }
    const started = await completeLogin(login, shown, completion, this.#parts)
    if (started !== null) return started
    // Another request was faster with this code or ticket, or the user was changed.
    this.#parts.audit("mfa.failed", { ...fields, reason: "used" })
    throw wrongCode()
  }
}

/** Starts the session of a login. Null when its factor or ticket does not count any more. */
export async function completeLogin(
  { user, attempt, ticket }: WaitingLogin,
  { factor, amr, replaces }: Shown,
  { life, trusts, caller }: Completion,
  { starts, accounts, trust, clock, audit }: FactorParts,
): Promise<StartedLogin | null> {
  const at = clock.now()
  const trusted = trusts ? await trust.make(user, caller) : null
  const use = { use: factor, ticket, at }
  const factors = trusted === null ? use : { ...use, trust: trusted.device }
  const once = replaces === undefined ? { factors } : { factors, replaces }
  const proof = { amr, factorAt: at }
  const started = await starts.start({ user, proof, once }, life, caller)
  if (started === null) return null
  const fields = { ...callerFields(caller), user: user.username }
  audit("mfa.used", { ...fields, session: started.session.sid, reason: factor.method })
  await accounts.completeLogin(attempt, fields)
  if (trusted === null) return started
  audit("mfa.trusted", { ...fields, session: started.session.sid })
  return { ...started, trust: trusted }
}
