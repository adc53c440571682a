// Reads `Content-Type` (RFC 9110 §8.3.1) and says whether a body is JSON, or a form, in UTF-8. The
// text before the first `;` is the type. Unknown and malformed parameters are ignored, as browsers
// do (WHATWG MIME Sniffing §4.4).

const jsonEssence = /^application\/json[ \t]*(?:;|$)/i
const formEssence = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i
/** One parameter: a name, and perhaps a value, quoted or not. */
const parameter = /;([^;=]*)(?:=(?:"((?:[^"\\]|\\.)*)"[^;]*|([^;]*)))?/g
/** An empty charset is ignored. `utf8` is not a registered name of UTF-8, but many send it. */
const utf8Names = ["", "utf-8", "utf8"]

/** Whether the type is `application/json` and no charset other than UTF-8 is named. */
export function isJsonType(contentType: string): boolean {
  return jsonEssence.test(contentType) && isUtf8(contentType)
}

/** Whether the type is `application/x-www-form-urlencoded` and no charset but UTF-8 is named. */
export function isFormType(contentType: string): boolean {
  return formEssence.test(contentType) && isUtf8(contentType)
}

function isUtf8(contentType: string): boolean {
  for (const [, name = "", inQuotes, plain = ""] of contentType.matchAll(parameter)) {
    const charset = inQuotes?.replace(/\\(.)/g, "$1") ?? plain
    const isCharset = name.trim().toLowerCase() === "charset"
    if (isCharset && !utf8Names.includes(charset.trim().toLowerCase())) return false
  }
  return true
}
