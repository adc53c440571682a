// A line typed at a terminal in raw mode, where keys arrive as the terminal sends them. Control
// characters (Tab, Ctrl-Z) and escape sequences (ECMA-48: arrows, function keys, the marks around
// pasted text) are dropped: in a password nobody could type them again.

/** How a line ended. */
export type LineEnd = "entered" | "interrupted"

/** A line while it is typed. */
interface HiddenLine {
  /** Takes input of the terminal, in any parts. Gives how the line ended, or null. */
  take(chunk: string): LineEnd | null
  text(): string
}

const escapeKey = "\u001b"
const ends: Readonly<Record<string, LineEnd>> = {
  "\r": "entered",
  "\n": "entered",
  "\u0004": "entered",
  "\u0003": "interrupted",
}
const edits: Readonly<Record<string, RegExp>> = {
  "\u0008": /.$/su,
  "\u007f": /.$/su,
  "\u0015": /.*$/su,
  "\u0017": /\S*\s*$/u,
}

/** After Esc: CSI (also as the Linux console writes F1 to F5), SS3, a string and its end, a key. */
const wholeSequence =
  /^(?:\[(?:\[.|[0-?]*[ -/]*(?![[ -?]).)|O[0-?]*[^0-?]|[\]PX^_].*\p{Cc}|[^[O\]PX^_])$/su

/** Makes an empty line. */
export function createHiddenLine(): HiddenLine {
  let line = ""
  /** What came after Esc, while the sequence goes on. */
  let sequence: string | null = null
  return { take, text: () => line }

  function take(chunk: string): LineEnd | null {
    // Esc itself was pressed, when nothing that makes it a sequence came with it or comes next.
    if (sequence === "" && !/^[[O\\]/.test(chunk)) sequence = null
    for (const key of chunk) {
      const end = ends[key]
      if (end !== undefined) return end
      // Each Esc begins another sequence, and so ends a string, whose end is ESC \.
      if (key === escapeKey) sequence = ""
      else if (sequence !== null) sequence = continued(sequence + key)
      else if (edits[key] !== undefined) line = line.replace(edits[key], "")
      else if (!/\p{Cc}/u.test(key)) line += key
    }
    return null
  }
}

/** A sequence that may go on, or null when it is whole. */
function continued(sequence: string): string | null {
  return wholeSequence.test(sequence) ? null : sequence
}
