// The rules for new passwords (NIST SP 800-63B-4 §3.1.1.2): long, and not obvious. No kinds of
// characters are required. A password is refused when it consists only of obvious parts, in any
// spelling. It may contain an obvious part. Seeded and existing passwords are not checked.

import { AuthError } from "../errors.ts"
import { withoutRepeats, withoutRows } from "./predictable.ts"
import { spell } from "./spelling.ts"
import { isPossiblePassword, normalizePassword, passwordBytesMax } from "./text.ts"

/** The fewest characters (code points) of a password that is the only factor. */
export const passwordCharactersMin = 15
const visibleCharactersMin = 8
const rowLengthMin = 4
const partLengthMin = 3
/** The longest entry of the blocklist has 39. */
const partLengthMax = 40
const partsMax = 2
/** Longer texts without repetitions are not obvious, and slow to check. */
const unrepeatedLengthMax = 64

const serviceName = "postern"
/** All signs but those that stand for letters. */
const signs = /[^\p{L}\p{N}@$!]/gu
const ends = /^\P{L}+|\P{L}+$/gu
const noLetters = /\P{L}/gu

/** A new password and its user. */
interface NewPassword {
  readonly password: string
  readonly username: string
}

/**
 * Checks a new password.
 * @returns null when it is good enough; else `invalid_request` for a wrong length or characters, or
 *   `password_blocked` for an obvious password, with the reason as message
 */
export async function findPasswordFault({
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
  const reason = await whyBlocked(fold(text), fold(username))
  return reason === null ? null : new AuthError("password_blocked", reason)
}

/** Lower case, NFKD, without accents. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .slice(0, passwordBytesMax)
}

async function whyBlocked(text: string, username: string): Promise<string | null> {
  if (text.replace(/\s/g, "").length < visibleCharactersMin) {
    return "A password can't be blanks and a few characters"
  }
  if (withoutRepeats(text).length > unrepeatedLengthMax) return null
  const plain = text.replace(signs, "")
  const letters = text.replace(noLetters, "")
  // A reading that drops more of the text could drop what makes the password hard to guess.
  const isMost = (reading: string, share: number) => reading.length >= text.length * share
  const close = isMost(plain, 1 / 2) ? [text, plain] : [text]
  const spelled = isMost(letters, 1 / 3) && isMost(plain, 2 / 3) ? [spell(plain)] : []
  const inner = isMost(letters, 1 / 3) ? [plain.replace(ends, "")] : []
  const parts = isMost(letters, 1 / 2) ? [...close, letters] : close
  const isMadeOf = (isKnown: (part: string) => boolean) =>
    parts
      .flatMap((reading) => [reading, withoutRepeats(reading)])
      .some((reading) => isKnown(spell(reading)) || isOneOrTwo(reading, isKnown))
  const names = namesOf(username)
  const isName = (part: string) => names.has(part)

  if (close.some((reading) => isMostly(spell(reading), names)) || isMadeOf(isName)) {
    return "A password can't be made of the username or the service's name"
  }
  if (hasRuns(text) || [...close, ...spelled].some((reading) => isRepetition(reading, text))) {
    return "A password can't be one short text again and again"
  }
  if ([...close, ...inner, ...inner.map(spell)].some(isRow)) {
    return "A password can't be a row of the alphabet, the keyboard or digits"
  }
  const { blocklist } = await import("./blocklist.ts")
  if (isMadeOf((part) => blocklist.has(part) || isName(part))) {
    return "A password can't be one or two common or leaked passwords with digits or signs added"
  }
  return null
}

// "xxkkqqmmzzwwrrbb", "111111222222333333"
function hasRuns(text: string): boolean {
  const once = text.replace(/(.)\1+/gsu, "$1").length
  return once < passwordCharactersMin && once * 2 <= text.length
}

/** Whether little of a text is left without its repetitions. Signs count as part of the text. */
function isRepetition(reading: string, text: string): boolean {
  const once = withoutRepeats(reading).length
  const isShort = once + text.length - reading.length < passwordCharactersMin
  return isShort && once * 5 <= reading.length * 3
}

// "123456789012345", "qwertyasdfghzxcvb", "1qaz2wsx3edc4rfv", "aabbccddeeffgghh"
function isRow(text: string): boolean {
  return withoutRows(text, { shortest: rowLengthMin }).length * 6 < text.length
}

/** The username, reversed, without signs, and its parts; and the service's name. */
function namesOf(username: string): ReadonlySet<string> {
  const parts = username.split(/[^\p{L}\p{N}]/u)
  const names = [username, backwards(username), username.replace(signs, ""), ...parts, serviceName]
  return new Set(names.filter(({ length }) => length >= partLengthMin).map(spell))
}

// Without the names, half of the text must be left.
function isMostly(text: string, names: ReadonlySet<string>): boolean {
  let rest = text
  for (const name of names) rest = rest.replaceAll(name, "")
  return rest.length < text.length / 2
}

/** Whether a text is one or two known parts, digits and signs. A third of it must be known. */
function isOneOrTwo(text: string, isKnown: (part: string) => boolean): boolean {
  const spelled = spell(text)
  return text.length <= unrepeatedLengthMax && goesOn(0, { parts: partsMax, known: 0 })

  function goesOn(from: number, { parts, known }: { parts: number; known: number }): boolean {
    for (let start = from; start < text.length; start += 1) {
      const last = parts > 0 ? Math.min(start + partLengthMax, text.length) : 0
      for (let end = start + partLengthMin; end <= last; end += 1) {
        const isPart = isKnown(spelled.slice(start, end)) && isLettered(text.slice(start, end))
        if (!isPart) continue
        if (goesOn(end, { parts: parts - 1, known: known + end - start })) return true
      }
      if (isLettered(text.charAt(start))) return false
    }
    return known > 0 && known * 3 >= text.length
  }
}

function isLettered(text: string): boolean {
  return text.replace(noLetters, "").length * 3 >= text.length
}

function backwards(text: string): string {
  return [...text].reverse().join("")
}
