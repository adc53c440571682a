// Reads text of an operator: settings, files that settings name, passwords from a pipe or a
// keyboard. The text must be what a person sees in an editor. Bytes that are not UTF-8 would all
// become U+FFFD, and invisible characters would become part of a secret, so both are refused. The
// byte order mark, CR at line ends and the last line end are removed, since editors and shells add
// them.

import { isUtf8 } from "node:buffer"

/** The text, or what is wrong with it. Never quotes the input. */
type TextReading = { readonly text: string } | { readonly mistake: string }

/** UTF-16: recognised by its byte order mark, or by the zero byte of Latin letters. */
const utf16 = /^(?:\xff\xfe|\xfe\xff|(?:[^\0]\0)+$|(?:\0[^\0])+$)/

const mistakes: readonly (readonly [pattern: RegExp, mistake: string])[] = [
  [/\0/, "it has a NUL character in it"],
  [/\ufffd|\p{Surrogate}/u, "it has bytes in it that are not UTF-8, or U+FFFD in their place"],
  [/\ufeff/, "it has a byte order mark in the middle"],
]

/**
 * Reads bytes of a file or a pipe, or a string of the environment.
 * @param mayHold control characters that the text may have, beside the last line end
 */
export function readOperatorText(given: string | Uint8Array, mayHold = ""): TextReading {
  if (typeof given !== "string") {
    const bytes = Buffer.from(given)
    if (utf16.test(bytes.toString("latin1"))) return { mistake: "it is UTF-16, not UTF-8" }
    if (!isUtf8(bytes)) return { mistake: "it is not UTF-8" }
    return readOperatorText(bytes.toString(), mayHold)
  }
  // The pattern takes linear time for any run of CR.
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
