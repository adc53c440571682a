// Whether browsers make passkeys at the service's public address. They are bound to its name.

import { type NoRelyingParty, relyingPartyOf } from "../../../factor/relying_party.ts"
import type { Evidence } from "../evidence.ts"
import { ok, type Result, warning } from "../finding.ts"

const reasons: Readonly<Record<NoRelyingParty["impossible"], string>> = {
  not_an_address: "Passkeys are off, because the service does not know its public address",
  ip_address: "Browsers make no passkeys for an IP address",
  not_https: "Browsers make no passkeys without https",
}

/** The name to which passkeys are bound, or why there are none. */
export function checkPasskeys({ address, facts }: Evidence): Result {
  // The service goes by its own settings, whatever the address is under which it is asked.
  const publicAddress = facts === null ? address.text : (facts.publicAddress ?? "")
  const found = relyingPartyOf(publicAddress)
  if ("rpId" in found) return ok(`Passkeys are bound to ${found.rpId}`)
  return warning(reasons[found.impossible], {
    effect: "Users can set up an authenticator app, but no passkey.",
    remedy: { any: "POSTERN_ISSUER=https://login.example.org, with a name of your own" },
  })
}
