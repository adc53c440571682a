// Whether passkeys are possible. Browsers make them for an https address with a host name, and for
// localhost. A shared secret without an issuer leaves the service without a known address.

import { type FactorMethod, type Factors, methodsOf } from "../../domain/factors.ts"
import { AuthError } from "../../errors.ts"
import { type RelyingParty, relyingPartyOf } from "../../factor/relying_party.ts"

/** To whom passkeys belong; null where browsers make none. */
export function findRelyingParty(publicAddress: string | undefined): RelyingParty | null {
  const found = publicAddress === undefined ? null : relyingPartyOf(publicAddress)
  return found === null || "impossible" in found ? null : found
}

interface MaybeRelyingParty {
  readonly relyingParty: RelyingParty | null
}

/** @throws AuthError `not_found` where browsers make no passkeys */
export function requireRelyingParty({ relyingParty }: MaybeRelyingParty): RelyingParty {
  if (relyingParty !== null) return relyingParty
  const message = "There are no passkeys here: the service has no https address with a host name"
  throw new AuthError("not_found", message)
}

/** The methods by which a user can show a factor here: a passkey may be of another address. */
export function usableMethods(
  factors: Factors | null,
  { relyingParty }: MaybeRelyingParty,
): readonly FactorMethod[] {
  return methodsOf(factors).filter((method) => method !== "passkey" || relyingParty !== null)
}
