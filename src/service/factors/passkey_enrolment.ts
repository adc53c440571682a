// Adds passkeys: for a user with a session, or with a login that has to set up a factor first. What
// a first factor changes beside that is enrolment.ts's.

import { passkeysMax } from "../../domain/factor_change.ts"
import { type Factors, keyKindOf, type Passkey } from "../../domain/factors.ts"
import { AuthError, tooManyRequests } from "../../errors.ts"
import {
  createRegistrationOptions,
  type RegistrationOptions,
} from "../../factor/passkey_options.ts"
import { verifyRegistration } from "../../factor/webauthn.ts"
import { createRateLimit, type RateLimit } from "../../limit/rate_limit.ts"
import { randomName } from "../../system/random.ts"
import type { ChallengeUse } from "../../token/challenge.ts"
import { enrolmentLimits } from "../limits.ts"
import { findChallenge, makeChallenge } from "./challenges.ts"
import type { Enrolled, Enrolment } from "./enrolment.ts"
import type { FoundLogin } from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import { refusedFactor } from "./factor_refusals.ts"
import { nameOfKind, readPasskeyName } from "./passkey_names.ts"
import { requireRelyingParty } from "./relying_party.ts"
import type { Enroller, StoreFactor } from "./storing.ts"

/** Who adds a passkey. The challenge is good for the same session or login alone. */
interface PasskeyEnroller extends Enroller {
  /** The login that has to set up a factor; absent for a session. */
  readonly login?: FoundLogin
}

/** A new passkey as a client sends it. */
interface SentPasskey {
  /** The answer of the authenticator: any JSON value. */
  readonly credential: unknown
  /** As the user typed it; may be empty. */
  readonly name: string
}

/** A passkey that was added. */
interface AddedPasskey<T> extends Enrolled<T> {
  readonly passkey: Passkey
}

/** The use cases. */
export class PasskeyEnrolment {
  readonly #parts: FactorParts
  readonly #enrolment: Enrolment
  readonly #tries: RateLimit<string>

  constructor(parts: FactorParts, enrolment: Enrolment) {
    this.#parts = parts
    this.#enrolment = enrolment
    const keyOf = (username: string) => username
    const { steady: seconds } = parts.clock
    this.#tries = createRateLimit([{ ...enrolmentLimits.passkeys, keyOf }], { seconds })
  }

  /**
   * What a client hands to its browser.
   * @throws AuthError `not_found` where there are no passkeys; `invalid_request` for too many
   */
  async options(enroller: PasskeyEnroller): Promise<RegistrationOptions> {
    const { rpId } = requireRelyingParty(this.#parts)
    const { username } = enroller
    const { factors } = await this.#enrolment.find(username)
    const existing = factors?.passkeys ?? []
    // Later, the authenticator would keep a passkey that opens nothing.
    if (existing.length >= passkeysMax) throw refusedFactor("too_many")
    const { challenge, id } = await makeChallenge(useOf(enroller, factors), this.#parts)
    const handle = factors?.handle ?? id
    const { siteName: rpName } = this.#parts
    return createRegistrationOptions({ rpId, rpName, challenge, handle, username, existing })
  }

  /**
   * Adds a passkey. `storeFactor` says how it is stored.
   * @throws AuthError `invalid_request`, one for all that can be wrong with the answer of an
   *   authenticator, and for a name; `too_many_requests`; and those of `options`
   */
  async add<T>(
    { credential, name: typed }: SentPasskey,
    enroller: PasskeyEnroller,
    storeFactor: StoreFactor<T>,
  ): Promise<AddedPasskey<T>> {
    const { store, clock } = this.#parts
    const relyingParty = requireRelyingParty(this.#parts)
    const name = readPasskeyName(typed)
    const { username } = enroller
    const wait = this.#tries.take(username)
    if (wait > 0) throw tooManyRequests(wait)
    const { factors } = await this.#enrolment.find(username)
    const found = await findChallenge(credential, useOf(enroller, factors), this.#parts)
    if (found === null) throw notAdded()
    const { challenge, id, used } = found
    const made = await verifyRegistration({ credential, challenge, ...relyingParty })
    if (made === null || !(await store.sessions.revokeToken(used))) throw notAdded()
    const at = clock.now()
    const about = { id: randomName(), name: name ?? nameOfKind(made), createdAt: at }
    const passkey: Passkey = { ...made, ...about, lastUsedAt: null }
    // The authenticator keeps the handle under which it was asked. The first one is the id.
    const handle = factors?.handle ?? id
    const storing = storeFactor({ reason: "passkey", added: keyKindOf(passkey) })
    const enrolled = await this.#enrolment.enrol(username, storing, (user) => {
      if (user.factors !== null && user.factors.handle !== handle) throw notAdded()
      return { addPasskey: passkey, handle, ticket: storing.ticket, at }
    })
    return { ...enrolled, passkey }
  }
}

/** The refusal of a new passkey. */
function notAdded(): AuthError {
  return new AuthError("invalid_request", "That passkey could not be added: start again")
}

// With another handle than at the start, or with the first one, the challenge is not good any more.
function useOf({ username, sid, login }: PasskeyEnroller, factors: Factors | null): ChallengeUse {
  const holder = login === undefined ? ["session", sid ?? ""] : ["ticket", login.ticket.id]
  return { ceremony: "register", holder: [...holder, username, factors?.handle ?? ""] }
}
