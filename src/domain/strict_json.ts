// Reads JSON that two readers can't understand differently: valid UTF-8, no byte order mark, no
// duplicate member (RFC 8259 §4 leaves open which one counts). Used for request bodies, tokens and
// files.

/** A JSON object with any members. `__proto__` is a member like others. */
export type JsonObject = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** JSON text with its value. */
export interface JsonReading {
  readonly text: string
  readonly value: JsonObject
  /** Whether the text has blanks or line ends between its parts. */
  readonly spaced: boolean
}

/**
 * Reads one JSON object.
 * @throws SyntaxError or TypeError for anything else. Clients must not see the message.
 */
export function readJsonObject(bytes: Uint8Array): JsonReading {
  const text = utf8.decode(bytes)
  const value: unknown = JSON.parse(text)
  if (!isJsonObject(value)) throw new SyntaxError("Not a JSON object")
  // Without the content of strings only structure is left, and each `"":` is a member.
  const structure = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const membersWritten = structure.match(/""\s*:/g)?.length ?? 0
  if (membersWritten !== countMembers(value)) throw new SyntaxError("A member stands twice")
  return { text, value, spaced: /\s/.test(structure) }
}

/** Whether a JSON value is an object: no array, not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

// A list in the place of recursion: text may be nested deeper than the stack.
function countMembers(root: JsonObject): number {
  let count = 0
  const open: object[] = [root]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const members: unknown[] = Object.values(value)
    if (!Array.isArray(value)) count += members.length
    for (const member of members) {
      if (typeof member === "object" && member !== null) open.push(member)
    }
  }
  return count
}
