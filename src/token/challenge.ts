// The challenge of a passkey ceremony (WebAuthn L3 §13.4.3). It is sealed and not stored: a request
// for options costs no disk, and every replica knows every challenge. It works once, as if it were
// stored, because its id is used up in the step that starts the session or adds the passkey.
//
//   challenge = base64url( id, 32 random bytes · expiresAt, epoch seconds in 4 bytes )
//     + seal of ( ceremony, that text, holder… ), of the kind "challenge"
//
// So it has 48 + 32 characters, which are 60 bytes to an authenticator, and one spelling. Ceremony
// and holder stand in the seal alone: a challenge is read for the ceremony and the holder that it
// has to be for, and nothing in it says whose it is.

import { isSealOf, seal } from "./seal.ts"

/** What a challenge is for. */
type CeremonyKind = "register" | "login"

/** For what a challenge is good. */
export interface ChallengeUse {
  readonly ceremony: CeremonyKind
  /** Who has to answer: the words that name a session, a ticket, a browser, a user. */
  readonly holder: readonly string[]
}

interface Challenge {
  /** Random, as base64url: 43 characters. */
  readonly id: string
  readonly expiresAt: number
}

/** Length of an id in bytes, which is that of a user's handle, too. */
export const challengeIdBytes = 32

const expiryBytes = 4
const textLength = ((challengeIdBytes + expiryBytes) / 3) * 4
const challengePattern = /^[\w-]{80}$/

/** Makes a challenge of a random id. */
export function writeChallenge(
  { id, expiresAt }: { readonly id: Uint8Array; readonly expiresAt: number },
  use: ChallengeUse,
  cookieKey: Uint8Array,
): string {
  const expiry = Buffer.alloc(expiryBytes)
  expiry.writeUInt32BE(expiresAt)
  const text = Buffer.concat([id, expiry]).toString("base64url")
  return `${text}${seal("challenge", fieldsOf(text, use), cookieKey)}`
}

/** Reads a challenge; null when it was not made with this key for this use. It may have expired. */
export function readChallenge(
  challenge: string,
  use: ChallengeUse,
  cookieKey: Uint8Array,
): Challenge | null {
  if (!challengePattern.test(challenge)) return null
  const text = challenge.slice(0, textLength)
  const given = challenge.slice(textLength)
  if (!isSealOf(given, "challenge", fieldsOf(text, use), cookieKey)) return null
  const bytes = Buffer.from(text, "base64url")
  return {
    id: bytes.subarray(0, challengeIdBytes).toString("base64url"),
    expiresAt: bytes.readUInt32BE(challengeIdBytes),
  }
}

// Each field has its length before it (seal.ts), so no holder is mistaken for another one.
function fieldsOf(text: string, { ceremony, holder }: ChallengeUse): readonly string[] {
  return [ceremony, text, ...holder]
}
