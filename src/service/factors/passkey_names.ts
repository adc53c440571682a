// Names of passkeys, by which users tell them apart.

import { AuthError } from "../../errors.ts"
import type { RegisteredPasskey } from "../../factor/webauthn.ts"

/** Characters (code points) of a name. */
const passkeyNameMax = 60

/** What moves the cursor, breaks lines or turns the writing around in a list of names. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

/**
 * A name as a user typed it. Null when there is none.
 * @throws AuthError `invalid_request`
 */
export function readPasskeyName(typed: string): string | null {
  const name = typed.trim().normalize("NFC")
  if ([...name].length > passkeyNameMax || unprintable.test(name)) {
    const message = `The name must have at most ${passkeyNameMax} characters, and no control ones`
    throw new AuthError("invalid_request", message)
  }
  return name === "" ? null : name
}

/** A name for a passkey whose user gave it none. */
export function nameOfKind({ transports }: Pick<RegisteredPasskey, "transports">): string {
  const isInDevice = transports.includes("internal") || transports.includes("hybrid")
  return isInDevice || transports.length === 0 ? "Passkey" : "Security key"
}
