// Text that an operator gives: settings, the files they name, passwords that are piped in or typed.
// It is what a person sees in an editor, or nothing: bytes that are not UTF-8 would all become
// U+FFFD, and a character that nobody sees would be part of a secret. What editors and shells add
// without being asked is taken away: the byte order mark, CR at line ends, the last line end.

import { isUtf8 } from "node:buffer"

/** The text that was meant, or in words why there is none. Never quotes what was given. */
export type TextReading = { readonly text: string } | { readonly mistake: string }

/** UTF-16 by its byte order mark, or by the zero in each of its Latin letters. */
const utf16 = /^(?:\xff\xfe|\xfe\xff|(?:[^\0]\0)+$|(?:\0[^\0])+$)/

const mistakes: readonly (readonly [pattern: RegExp, mistake: string])[] = [
  [/\0/, "it has a NUL character in it"],
  [/\ufffd|\p{Surrogate}/u, "it has bytes in it that are not UTF-8, or U+FFFD in their place"],
  [/\ufeff/, "it has a byte order mark in the middle"],
]

/**
 * Reads text as bytes of a file or a pipe, or as Node made it of the environment's bytes.
 * @param mayHold control characters that the text may have, besides the last line end
 */
export function readOperatorText(given: string | Uint8Array, mayHold = ""): TextReading {
  if (typeof given !== "string") {
    const bytes = Buffer.from(given)
    if (utf16.test(bytes.toString("latin1"))) return { mistake: "it is UTF-16, not UTF-8" }
    if (!isUtf8(bytes)) return { mistake: "it is not UTF-8" }
    return readOperatorText(bytes.toString(), mayHold)
  }
  // A run of CR is looked at once, however long it is.
  const lines = given.replace(/^\ufeff+/, "").replace(/(?<!\r)\r+(?=\n|$)/g, "")
  const text = lines.replace(/\n$/, "")
  const known = mistakes.find(([pattern]) => pattern.test(text))
  if (known !== undefined) return { mistake: known[1] }
  const control = text.match(/[\p{Cc}\u2028\u2029]/gu)?.find((one) => !mayHold.includes(one))
  if (control === undefined) return { text }
  if (control === "\n") return { mistake: "it has more than one line" }
  const name = (control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
  return { mistake: `it has the control character U+${name} in it` }
}
