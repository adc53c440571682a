// Removes the predictable parts of a text that should be hard to guess: repetition, and rows of the
// alphabet, of digits and of the keyboard. Takes linear time. Used for secrets and new passwords.

const rows = [
  ...["01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"],
  ...["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "0p"],
]
const steps = rows.flatMap((row) => [...row].slice(1).map((next, at) => `${row[at]}${next}`))
const forwards: ReadonlySet<string> = new Set(steps)
const backwards: ReadonlySet<string> = new Set(steps.map(([one, next]) => `${next}${one}`))

/** The shortest repetition that counts. */
const repeatLengthMin = 4

/** Removes all known parts of one length from a text. */
export function withoutParts(
  text: string,
  { length, isKnown }: { readonly length: number; readonly isKnown: (part: string) => boolean },
): string {
  let kept = ""
  let knownUntil = 0
  for (let at = 0; at < text.length; at += 1) {
    if (at + length <= text.length && isKnown(text.slice(at, at + length))) knownUntil = at + length
    if (at >= knownUntil) kept += text[at]
  }
  return kept
}

/** The text without repetitions of four or more earlier characters. */
export function withoutRepeats(text: string): string {
  const seen = new Set<string>()
  const isKnown = (part: string) => seen.size === seen.add(part).size
  return withoutParts(text, { length: repeatLengthMin, isKnown })
}

/** A lower-case text without rows of at least `shortest` characters: 1234, qwer, aaaa. */
export function withoutRows(text: string, { shortest }: { readonly shortest: number }): string {
  let kept = ""
  for (let at = 0; at < text.length; ) {
    const length = Math.max(rowLength(text, at, forwards), rowLength(text, at, backwards))
    if (length < shortest) kept += text[at]
    at += length < shortest ? 1 : length
  }
  return kept
}

function rowLength(text: string, start: number, isStep: ReadonlySet<string>): number {
  let end = start + 1
  while (
    end < text.length &&
    (text[end] === text[end - 1] || isStep.has(text.slice(end - 1, end + 1)))
  ) {
    end += 1
  }
  return end - start
}
