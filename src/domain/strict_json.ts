// JSON text read without the ways in which two readers can understand it differently: valid UTF-8,
// no byte order mark, no member twice (RFC 8259 §4 leaves open which one counts). Used for request
// bodies and for tokens.

/** A JSON object: any member may be there, with any value. `__proto__` is a member like others. */
export type JsonObject = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** JSON text and what it says. */
export interface JsonReading {
  readonly text: string
  readonly value: JsonObject
  /** True when the text has blanks or line ends between its parts. */
  readonly spaced: boolean
}

/**
 * Reads bytes that must be one JSON object.
 * @throws SyntaxError or TypeError when they are not; the message is not for callers
 */
export function readJsonObject(bytes: Uint8Array): JsonReading {
  const text = utf8.decode(bytes)
  const value: unknown = JSON.parse(text)
  if (!isJsonObject(value)) throw new SyntaxError("Not a JSON object")
  // With the content of its strings removed only structure is left, and each `"":` is a member.
  const structure = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const membersWritten = structure.match(/""\s*:/g)?.length ?? 0
  if (membersWritten !== countMembers(value)) throw new SyntaxError("A member stands twice")
  return { text, value, spaced: /\s/.test(structure) }
}

/** Tells an object from arrays, null and everything else that JSON knows. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

// With a list of its own instead of recursion: text may be nested deeper than the stack.
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
