// Reads and writes Postern's own cookies (RFC 6265bis). Each has the prefix `__Host-`: a browser
// takes such a cookie only over https, only from the host itself, and never for a whole domain.
//
//   Cookie: theme=dark; __Host-postern=Zm9v.YmFy
//   Set-Cookie: __Host-postern=Zm9v.YmFy; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1209600
//
// Anyone can send any cookie, so a value is only text here. The code that uses it checks its MAC.

import type { RequestHead } from "./message.ts"

/** The names of all cookies that Postern sets. */
export const cookieNames = {
  /** The session: of the login host, or of one protected host. */
  session: "__Host-postern",
  /** The state cookie of a protected host: binds a hand-over to one browser. */
  state: "__Host-postern_try",
  /** The device tokens of the last users of a browser. */
  devices: "__Host-postern_device",
  /** The token of an invite or a reset, while its page is open. */
  link: "__Host-postern_link",
  /** The trust tokens of the last users of a browser. */
  trust: "__Host-postern_trust",
  /** The ticket of a login between its password and its second factor. */
  factor: "__Host-postern_factor",
  /** A random name of the browser, while it uses a passkey. */
  passkey: "__Host-postern_passkey",
} as const

type CookieName = (typeof cookieNames)[keyof typeof cookieNames]

/** Values are base64url texts, joined by dots. Everything else is not ours. */
const ownValue = /^[\w.-]{1,2048}$/

/**
 * The value of one of our cookies. Null without one, for a text that can't be ours, and for two of
 * the same name: one of them was planted, and nobody knows which.
 */
export function readCookie({ headers }: RequestHead, name: CookieName): string | null {
  const header = headers.get("cookie")
  if (header === undefined || !header.includes(name)) return null
  const start = `${name}=`
  const pairs = header.split(";").map(withoutBlanks)
  const [found, ...more] = pairs.filter((pair) => pair.startsWith(start))
  if (found === undefined || more.length > 0) return null
  const value = found.slice(start.length)
  return ownValue.test(value) ? value : null
}

/** `Set-Cookie` for one of our cookies. Without `maxAgeSeconds` it lives until the browser ends. */
export function setCookie(
  name: CookieName,
  { value, maxAgeSeconds }: { readonly value: string; readonly maxAgeSeconds?: number },
): string {
  if (!ownValue.test(value)) throw new TypeError(`Malformed value of the cookie '${name}'`)
  return withAttributes(`${name}=${value}`, maxAgeSeconds)
}

/** `Set-Cookie` that deletes one of our cookies. */
export function deleteCookie(name: CookieName): string {
  return withAttributes(`${name}=`, 0)
}

/**
 * A text without the blanks around it. Only blanks of ASCII: with more, a name that the browser
 * takes for another one could be ours. No pattern: `[ \t]+$` takes quadratic time for a run of
 * blanks, a third of a second for 31 KB.
 */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text[start])) start += 1
  while (start < end && isBlank(text[end - 1])) end -= 1
  return text.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t"
}

function withAttributes(pair: string, maxAgeSeconds: number | undefined): string {
  const life = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`
  return `${pair}; Path=/; Secure; HttpOnly; SameSite=Lax${life}`
}
