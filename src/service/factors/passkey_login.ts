// The login by a passkey: alone, which is a whole login with two factors, or after the password.
// The session starts together with the use of the passkey and of its challenge, so one answer of an
// authenticator starts one session, over all replicas.
//
// All refusals are the same to the client. They do not take the same time, and need not: who names
// a handle has had the authenticator of its user, since a handle can't be guessed.

import type { Caller } from "../../domain/caller.ts"
import { isCounterOfCopy } from "../../domain/factor_change.ts"
import { keyKindOf, type Passkey } from "../../domain/factors.ts"
import type { User } from "../../domain/user.ts"
import { AuthError, tooManyRequests } from "../../errors.ts"
import { createLoginOptions, type LoginOptions } from "../../factor/passkey_options.ts"
import { readCredentialId, readUserHandle } from "../../factor/sent_credential.ts"
import { verifyLogin } from "../../factor/webauthn.ts"
import { createRateLimit, type RateLimit, ratesOfClient } from "../../limit/rate_limit.ts"
import { type AuditFields, callerFields } from "../../telemetry/audit.ts"
import type { ChallengeUse } from "../../token/challenge.ts"
import { passkeyLimits } from "../limits.ts"
import type { StartedLogin } from "../session_start.ts"
import { requireRate } from "../token_use.ts"
import { findChallenge, makeChallenge } from "./challenges.ts"
import {
  type Completion,
  completeLogin,
  type FoundLogin,
  type Shown,
  type WaitingLogin,
} from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import { refusedFactor, ticketIsOver } from "./factor_refusals.ts"
import { requireRelyingParty } from "./relying_party.ts"

/** Who logs in by a passkey. The challenge is good for the same asker alone. */
export type PasskeyAsker =
  /** A client of the JSON API that has nothing yet. */
  | { readonly kind: "client" }
  /** A browser, by a cookie. With a user, the passkey has to be one of that user. */
  | { readonly kind: "browser"; readonly cookie: string; readonly user: User | null }
  /** A login whose password was right. */
  | { readonly kind: "login"; readonly login: FoundLogin }

/** Why a passkey does not count, for the audit trail. */
type Fault = "passkey" | "counter" | "used"

/** The use cases. */
export class PasskeyLogin {
  readonly #parts: FactorParts
  readonly #refusals: RateLimit<Caller>
  readonly #logins: RateLimit<{ readonly username: string }>

  constructor(parts: FactorParts) {
    this.#parts = parts
    const { steady: seconds } = parts.clock
    const addressOf = ({ address }: Caller) => address
    const { refusalsOfClient, loginsOfAccount } = passkeyLimits
    this.#refusals = createRateLimit(ratesOfClient(refusalsOfClient, addressOf), { seconds })
    const keyOf = ({ username }: { readonly username: string }) => username
    this.#logins = createRateLimit([{ ...loginsOfAccount, keyOf }], { seconds })
  }

  /**
   * What a client hands to its browser.
   * @throws AuthError `not_found` where there are no passkeys, or the user has none;
   *   `invalid_token` for a login that has to set up a factor first
   */
  async options(asker: PasskeyAsker): Promise<LoginOptions> {
    const { rpId } = requireRelyingParty(this.#parts)
    const user = knownUser(asker)
    const allow = user?.factors?.passkeys ?? []
    // Without a list a browser would offer passkeys of everybody.
    if (user !== null && allow.length === 0) throw refusedFactor("no_factor")
    const { challenge } = await makeChallenge(useOf(asker), this.#parts)
    return createLoginOptions({ rpId, challenge, allow })
  }

  /**
   * Logs in by the answer of an authenticator, which is any JSON value.
   * @throws AuthError `invalid_credentials`, one for all causes; `too_many_requests`; and those of
   *   `options`
   */
  async logIn(
    credential: unknown,
    asker: PasskeyAsker,
    completion: Completion,
  ): Promise<StartedLogin> {
    const parts = this.#parts
    requireRelyingParty(parts)
    const { caller } = completion
    const known = knownUser(asker)
    // Counted before the check: of many at once no more are checked than the limit allows.
    const wait = this.#refusals.take(caller)
    if (wait > 0) throw tooManyRequests(wait)
    const user = known ?? (await this.#findUser(credential))
    const fields = { ...callerFields(caller), user: user?.username }
    if (user === null) throw this.#refusal("passkey", caller, fields)
    const shown = await this.#check(credential, user, asker)
    if (typeof shown === "string") throw this.#refusal(shown, caller, fields)
    const { username } = user
    const rate = { rates: this.#logins, audit: parts.audit }
    requireRate({ id: username, username }, { ...fields, reason: "passkey_logins" }, rate)
    const started = await completeLogin(waiting(asker, user, caller), shown, completion, parts)
    // Another request was faster with this answer or ticket, or the user was changed.
    if (started === null) throw this.#refusal("used", caller, fields)
    this.#refusals.giveBack(caller)
    return started
  }

  async #findUser(credential: unknown): Promise<User | null> {
    const handle = readUserHandle(credential)
    return handle === null ? null : this.#parts.store.users.findByHandle(handle)
  }

  /** The factor that an answer shows, or what is wrong with it. */
  async #check(credential: unknown, user: User, asker: PasskeyAsker): Promise<Shown | Fault> {
    const passkey = passkeyIn(credential, user)
    const challenge = await findChallenge(credential, useOf(asker), this.#parts)
    if (user.disabled || passkey === null || challenge === null) return "passkey"
    const expected = { ...requireRelyingParty(this.#parts), challenge: challenge.challenge }
    const verified = await verifyLogin({ credential, passkey, ...expected })
    if (verified === null) return "passkey"
    const { counter } = verified
    if (isCounterOfCopy(passkey, counter)) return "counter"
    const key = keyKindOf(passkey)
    return {
      factor: { method: "passkey", id: passkey.id, counter },
      amr: asker.kind === "login" ? ["pwd", key] : [key],
      // No reset of the user voids a challenge, which was made for nobody.
      replaces: { ...challenge.used, issuedAt: challenge.used.expiresAt },
    }
  }

  #refusal(reason: Fault, caller: Caller, fields: AuditFields): AuthError {
    const { audit } = this.#parts
    audit("mfa.failed", { ...fields, reason })
    if (this.#refusals.wait(caller) > 0) {
      audit("client.throttled", { ...callerFields(caller), reason: "passkey" })
    }
    return new AuthError("invalid_credentials", "That passkey is not right")
  }
}

/** The passkey of a user that an answer names, or null. */
function passkeyIn(credential: unknown, { factors }: User): Passkey | null {
  const handle = readUserHandle(credential)
  // Authenticators may leave the handle out where the passkeys were named.
  if (handle !== null && handle !== factors?.handle) return null
  const id = readCredentialId(credential)
  return factors?.passkeys.find(({ credentialId }) => credentialId === id) ?? null
}

function knownUser(asker: PasskeyAsker): User | null {
  if (asker.kind === "client") return null
  if (asker.kind === "browser") return asker.user
  // A login that has to set up a factor can't show one.
  if (asker.login.ticket.due === "enrolment") throw ticketIsOver()
  return asker.login.user
}

function useOf(asker: PasskeyAsker): ChallengeUse {
  return { ceremony: "login", holder: holderOf(asker) }
}

function holderOf(asker: PasskeyAsker): readonly string[] {
  if (asker.kind === "client") return ["client"]
  if (asker.kind === "login") return ["ticket", asker.login.ticket.id]
  return ["browser", asker.cookie, asker.user?.username ?? ""]
}

function waiting(asker: PasskeyAsker, user: User, { address }: Caller): WaitingLogin {
  if (asker.kind === "login") return asker.login
  return { user, attempt: { username: user.username, address, device: null }, ticket: null }
}
