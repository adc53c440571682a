// Reads `Authorization: Basic` (RFC 7617), for Git, WebDAV and calendar clients, which know nothing
// else. The password is a service token and never a person's: nothing here, or behind it, looks at
// users. Anybody can send any bytes, so all of them must be canonical.
//
//   Authorization: Basic base64( NAME ":" pts_… )

import type { RequestHead } from "./message.ts"

/** A name and a password, as they were sent. */
interface BasicCredentials {
  readonly name: string
  readonly password: string
}

/** The challenge for clients that may send a service token by Basic. A browser would show a dialog. */
export const basicChallenge = 'Basic realm="postern", charset="UTF-8"'

/** Far above the longest name with a service token. */
const lengthMax = 2048
const scheme = /^basic(?![!#$%&'*+.^_`|~\w-])/i
const form = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The credentials of the header; "malformed" when they can't be read, null without the scheme. */
export function readBasic({ headers }: RequestHead): BasicCredentials | "malformed" | null {
  const header = headers.get("authorization")
  if (header === undefined || !scheme.test(header)) return null
  if (header.length > lengthMax) return "malformed"
  const [, encoded = ""] = form.exec(header) ?? []
  const bytes = Buffer.from(encoded, "base64")
  if (bytes.byteLength === 0 || bytes.toString("base64") !== encoded) return "malformed"
  const text = textOf(bytes)
  const colon = text?.indexOf(":") ?? -1
  if (text === null || colon === -1) return "malformed"
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function textOf(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}
