// Recovery codes: each logs in once in the place of an authenticator app. The store keeps their
// password hashes. The first character is the code's number, so one try costs one hash.
//
//   3-ABCD-EFGH-IJKL-MNOP       number, then 80 random bits as Base32

import { randomKey } from "../system/random.ts"
import { toBase32 } from "./base32.ts"

/** How many codes a user gets. */
export const recoveryCodesCount = 10

const codeBytes = 10
const form = /^(\d)[a-z2-7]{16}$/i

/** A code: its number, and the text that is hashed. */
export interface ReadRecoveryCode {
  readonly index: number
  readonly text: string
}

/** A code that was made just now. */
interface MadeRecoveryCode extends ReadRecoveryCode {
  /** For its user. */
  readonly shown: string
}

/** Makes the code of a number. */
export function makeRecoveryCode(index: number): MadeRecoveryCode {
  const letters = toBase32(randomKey(codeBytes))
  const groups = letters.replace(/.{4}/g, "-$&")
  return { index, text: `${index}${letters}`, shown: `${index}${groups}` }
}

/** Reads a code as somebody typed it. Null for a text that can't be one. */
export function readRecoveryCode(typed: string): ReadRecoveryCode | null {
  if (typed.length > 64) return null
  const plain = typed.replace(/[\s-]/g, "")
  // Base32 has no 0, 1 and 8: who types one has misread a letter.
  const letters = plain.slice(1).replace(/0/g, "O").replace(/1/g, "I").replace(/8/g, "B")
  const [text, index] = form.exec(`${plain.slice(0, 1)}${letters}`) ?? []
  if (text === undefined) return null
  return { index: Number(index), text: text.toUpperCase() }
}
