// The values of session cookies. A browser has one for the login host, and one for each protected
// host that it visits. Each counts on its own host alone, so a stolen one opens nothing else.
//
//   sid + "." + seal of (sid, host), of the kind "master" for the login host and "gate" for others

import { isSealOf, seal } from "./seal.ts"

/** Where a cookie counts: on the login host, or on a protected host. */
export type CookieKind = "master" | "gate"

/** The session of a cookie, and the host on which it counts. */
export interface CookieContent {
  readonly sid: string
  /** In canonical form, without a port: cookies ignore ports. */
  readonly host: string
}

const form = /^[\w-]{22}\.[\w-]{32}$/

/** Whether a text has the form of a cookie's value. An access token has another one. */
export function isCookieValue(text: string): boolean {
  return form.test(text)
}

/** Makes the value of a cookie. */
export function writeCookieValue(
  kind: CookieKind,
  { sid, host }: CookieContent,
  cookieKey: Uint8Array,
): string {
  return `${sid}.${seal(kind, [sid, host], cookieKey)}`
}

/** The sid of a cookie's value. Null when it was not made with this key, for this kind and host. */
export function readCookieValue(
  kind: CookieKind,
  { value, host }: { readonly value: string; readonly host: string },
  cookieKey: Uint8Array,
): string | null {
  if (!form.test(value)) return null
  const [sid = "", given = ""] = value.split(".")
  return isSealOf(given, kind, [sid, host], cookieKey) ? sid : null
}
