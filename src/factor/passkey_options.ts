// What a page hands to the browser to make or to use a passkey: the JSON forms of WebAuthn L3
// (PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON). Made by hand, so
// a page that offers passkeys loads nothing of the WebAuthn library.

import type { Passkey } from "../domain/factors.ts"
import { keyAlgorithms } from "./cose_key.ts"

/** How long a user has for one ceremony, the recommended time (WebAuthn L3 §15.1). */
export const ceremonySeconds = 300

type NamedPasskey = Pick<Passkey, "credentialId" | "transports">

/** For whom a passkey is made. */
interface Registration {
  readonly rpId: string
  /** What some authenticators show for the relying party. */
  readonly rpName: string
  /** Random bytes or a sealed text, as base64url. */
  readonly challenge: string
  /** The user's name towards authenticators, as base64url: at most 64 bytes. */
  readonly handle: string
  readonly username: string
  /** The user's passkeys: an authenticator that has one of them makes no second one. */
  readonly existing: readonly NamedPasskey[]
}

/** Options for `navigator.credentials.create`. */
export type RegistrationOptions = ReturnType<typeof createRegistrationOptions>

/** Makes the options for a new passkey. */
export function createRegistrationOptions(registration: Registration) {
  const { rpId, rpName, challenge, handle, username, existing } = registration
  return {
    rp: { id: rpId, name: rpName },
    user: { id: handle, name: username, displayName: username },
    challenge,
    pubKeyCredParams: keyAlgorithms.map((alg) => ({ type: "public-key", alg }) as const),
    timeout: ceremonySeconds * 1000,
    excludeCredentials: existing.map(describe),
    authenticatorSelection: {
      // A passkey that is found without a username. The second member is for older browsers.
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    attestation: "none",
  } as const
}

/** Who may log in, and with what. */
interface Login {
  readonly rpId: string
  /** Random bytes or a sealed text, as base64url. */
  readonly challenge: string
  /** The passkeys of a user who is known already; none for a login by any passkey. */
  readonly allow?: readonly NamedPasskey[]
}

/** Options for `navigator.credentials.get`. */
export type LoginOptions = ReturnType<typeof createLoginOptions>

/** Makes the options for a login by passkey. */
export function createLoginOptions({ rpId, challenge, allow = [] }: Login) {
  return {
    rpId,
    challenge,
    timeout: ceremonySeconds * 1000,
    userVerification: "required",
    allowCredentials: allow.map(describe),
  } as const
}

function describe({ credentialId, transports }: NamedPasskey) {
  return { type: "public-key", id: credentialId, transports } as const
}
