// What a new password must be (NIST SP 800-63B-4 §3.1.1.2): long, and not the obvious. No rules on
// its composition. Seeded and existing passwords are not asked.

import { isRepetition } from "../repetition.ts"
import { isPossiblePassword, normalizePassword, passwordBytesMax } from "./text.ts"

/** The fewest characters (code points) of a password that is the only factor. */
const passwordCharactersMin = 15

const serviceName = "postern"
const rows = ["01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"]

/** A password, and whose it is to be. */
export interface NewPassword {
  readonly password: string
  readonly username: string
}

/** Why a password may not be chosen, in a sentence for whoever chose it, or null if it may. */
export function refusePassword({ password, username }: NewPassword): string | null {
  // The length comes first: normalizing long text is slow.
  const text = normalizePassword(password.slice(0, passwordBytesMax + 1))
  if ([...text].length < passwordCharactersMin) {
    return `A password needs at least ${passwordCharactersMin} characters`
  }
  if (!isPossiblePassword(password)) {
    return `A password has at most ${passwordBytesMax} bytes, no NUL character and valid Unicode`
  }
  const folded = text.toLowerCase()
  for (const name of [username, serviceName]) {
    // What is left must be a password of its own, were it not for the length.
    if (folded.replaceAll(name, "").length < folded.length / 2) {
      return "A password can't be made of the username or the service's name"
    }
  }
  // "passwordpassword", "aaaaaaaaaaaaaaa": what is repeated would be too short by itself.
  if (isRepetition(folded, passwordCharactersMin - 1)) {
    return "A password can't be one short text again and again"
  }
  if (isRow(folded)) return "A password can't be a row of the alphabet, the keyboard or digits"
  return null
}

// "123456789012345", "abcdefghijklmnop", "poiuytrewqlkjhg" backwards
function isRow(text: string): boolean {
  const backwards = [...text].reverse().join("")
  return rows.some((row) => row.repeat(2).includes(text) || row.repeat(2).includes(backwards))
}
