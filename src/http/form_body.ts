// Reads the body of an HTML form: `application/x-www-form-urlencoded` (WHATWG URL §5.1) in UTF-8.
// Stricter than a browser needs: a body that two readers could understand in two ways is refused.

import { AuthError } from "../errors.ts"
import { isFormType } from "./media_type.ts"
import type { HttpRequest } from "./message.ts"

/** A form with more fields is not one of ours. */
const fieldsMax = 16

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
/** What browsers send: unreserved characters, `+` for a blank, and bytes in hexadecimal. */
const encodedText = /^(?:[\w.*~!'()+-]|%[\dA-F]{2})*$/i

/**
 * These fields of a request's form. A field that was not sent is empty, like a box that is not
 * checked. Other fields are ignored.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readForm<N extends string>(
  request: HttpRequest,
  names: readonly N[],
): Readonly<Record<N, string>> {
  if (!isFormType(request.headers.get("content-type") ?? "")) {
    throw new AuthError("unsupported_media_type", "The body must be a form in UTF-8")
  }
  const fields = readFields(request.body)
  const entries = names.map((name) => [name, fields.get(name) ?? ""])
  return Object.fromEntries(entries) as Record<N, string>
}

function readFields(body: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (body.byteLength === 0) return fields
  for (const pair of Buffer.from(body).toString("latin1").split("&")) {
    const mark = pair.indexOf("=")
    const name = mark === -1 ? null : decode(pair.slice(0, mark))
    const value = decode(pair.slice(mark + 1))
    if (!name || value === null) throw invalid("The form is malformed")
    if (fields.has(name)) throw invalid("The form has a field twice")
    if (fields.size === fieldsMax) throw invalid(`The form has more than ${fieldsMax} fields`)
    fields.set(name, value)
  }
  return fields
}

function decode(text: string): string | null {
  if (!encodedText.test(text)) return null
  const bytes = text
    .replaceAll("+", " ")
    .replace(/%(..)/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
  try {
    return utf8.decode(Buffer.from(bytes, "latin1"))
  } catch {
    return null
  }
}

function invalid(message: string): AuthError {
  return new AuthError("invalid_request", message)
}
