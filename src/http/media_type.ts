// Reads `Content-Type` (RFC 9110 §8.3.1): whether a body is JSON in UTF-8. As browsers do (WHATWG
// MIME Sniffing §4.4), the text before the first `;` decides the type, and unknown or malformed
// parameters are ignored.

const jsonEssence = /^application\/json[ \t]*(?:;|$)/i
/** A name, and its value if there is one, quoted or not. */
const parameter = /;([^;=]*)(?:=(?:"((?:[^"\\]|\\.)*)"[^;]*|([^;]*)))?/g
/** An empty charset is ignored. `utf8` is not a registered name of UTF-8, but many send it. */
const utf8Names = ["", "utf-8", "utf8"]

/** Whether a type is `application/json`, and no charset says that it is not UTF-8. */
export function isJsonType(contentType: string): boolean {
  if (!jsonEssence.test(contentType)) return false
  for (const [, name = "", inQuotes, plain = ""] of contentType.matchAll(parameter)) {
    const charset = inQuotes?.replace(/\\(.)/g, "$1") ?? plain
    const isCharset = name.trim().toLowerCase() === "charset"
    if (isCharset && !utf8Names.includes(charset.trim().toLowerCase())) return false
  }
  return true
}
