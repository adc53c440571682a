// Reads `Content-Type` (RFC 9110 §8.3.1): whether a body is JSON in UTF-8. As browsers do (WHATWG
// MIME Sniffing §4.4), only what stands before the first `;` decides the type, and parameters that
// say nothing here, or nothing at all, are passed over.

const jsonEssence = /^application\/json[ \t]*(?:;|$)/i
/** A name, and where one follows a value, quoted or not. */
const parameter = /;([^;=]*)(?:=(?:"((?:[^"\\]|\\.)*)"[^;]*|([^;]*)))?/g
/** No value says nothing. `utf8` is no name of UTF-8, but what many write. */
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
