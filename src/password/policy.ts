// What a new password must be (NIST SP 800-63B-4 §3.1.1.2): long, and not the obvious. No rules on
// its composition, and none looks for a part of it: a password is refused for being nothing but
// what is guessed first. Seeded and existing passwords are not asked.

import { AuthError } from "../errors.ts"
import { isRepetition } from "../repetition.ts"
import { isPossiblePassword, normalizePassword, passwordBytesMax } from "./text.ts"

/** The fewest characters (code points) of a password that is the only factor. */
const passwordCharactersMin = 15

const serviceName = "postern"
const nameLengthMin = 3
const rows = [
  "01234567890123456789",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
  "azertyuiopqsdfghjklmwxcvbn",
]
const signs = /[^\p{L}\p{M}\p{N}]/gu
const signsAndDigits = /[^\p{L}\p{M}]/gu

/** A password, and whose it is to be. */
export interface NewPassword {
  readonly password: string
  readonly username: string
}

/**
 * Why a password may not be chosen, for whoever chose it, or null if it may: `invalid_request` when
 * it can't be a new password at all, `password_blocked` when it is one of those that are guessed.
 */
export async function refusePassword({
  password,
  username,
}: NewPassword): Promise<AuthError | null> {
  // The length comes first: normalizing long text is slow.
  const text = normalizePassword(password.slice(0, passwordBytesMax + 1))
  if ([...text].length < passwordCharactersMin) {
    const message = `A password needs at least ${passwordCharactersMin} characters`
    return new AuthError("invalid_request", message)
  }
  if (!isPossiblePassword(password)) {
    const message = `A password has at most ${passwordBytesMax} bytes, no NUL character and valid Unicode`
    return new AuthError("invalid_request", message)
  }
  const reason = await whyBlocked(text.toLowerCase(), namesOf(username))
  return reason === null ? null : new AuthError("password_blocked", reason)
}

async function whyBlocked(text: string, names: ReadonlySet<string>): Promise<string | null> {
  // "P-a-s-s-w-o-r-d-2026" is read without its signs too, and without its digits, unless so much
  // goes away that it may be a password of its own.
  const signless = text.replace(signs, "")
  const letters = text.replace(signsAndDigits, "")
  const closeReadings = signless.length >= text.length / 2 ? [text, signless] : [text]
  const readings = letters.length >= text.length / 3 ? [...closeReadings, letters] : closeReadings
  const isOnly = (isKnown: (part: string) => boolean) =>
    readings.some((reading) => isOneOrTwo(reading, isKnown))

  const isName = (part: string) => names.has(part)
  if (isMostly(text, names) || isOnly(isName)) {
    return "A password can't be made of the username or the service's name"
  }
  // "passwordpassword", "aaaaaaaaaaaaaaa": what is repeated would be too short by itself, were all
  // signs part of it.
  const repeatedMax = (reading: string) => passwordCharactersMin - 1 - text.length + reading.length
  if (closeReadings.some((reading) => isRepetition(reading, repeatedMax(reading)))) {
    return "A password can't be one short text again and again"
  }
  if (closeReadings.some(isRow)) {
    return "A password can't be a row of the alphabet, the keyboard or digits"
  }
  const { blocklist, famous } = await import("./blocklist.ts")
  if (famous.has(text)) return "A password can't be one that everybody knows"
  if (isOnly((part) => blocklist.has(part) || isName(part))) {
    return "A password can't be one or two common or leaked passwords with digits or signs added"
  }
  return null
}

function isOneOrTwo(text: string, isKnown: (part: string) => boolean): boolean {
  if (isKnown(text)) return true
  for (let at = 1; at < text.length; at += 1) {
    if (isKnown(text.slice(0, at)) && isKnown(text.slice(at))) return true
  }
  return false
}

/** The username, itself backwards, what an address is made of, and the service's name. */
function namesOf(username: string): ReadonlySet<string> {
  const parts = username.split(signs).filter((part) => part.length >= nameLengthMin)
  return new Set([username, backwards(username), ...parts, serviceName])
}

// What is left must be a password of its own, were it not for the length.
function isMostly(text: string, names: ReadonlySet<string>): boolean {
  let rest = text
  for (const name of names) rest = rest.replaceAll(name, "")
  return rest.length < text.length / 2
}

// "123456789012345", "abcdefghijklmnop", "poiuytrewqlkjhg" backwards
function isRow(text: string): boolean {
  return rows.some((row) => {
    const around = row.repeat(2)
    return around.includes(text) || around.includes(backwards(text))
  })
}

function backwards(text: string): string {
  return [...text].reverse().join("")
}
