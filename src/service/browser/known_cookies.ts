// Remembers cookie values whose seal held, since a browser sends one with every request and a seal
// takes longer to check than all else about it. The caller looks session and user up each
// time. A value that was not made here is never kept, so a flood of forged ones drops no good one.

import { BoundedMap } from "../../system/bounded_map.ts"
import { ownText } from "../../system/own_text.ts"
import { type CookieKind, readCookieValue } from "../../token/cookie_value.ts"

/** Cookies of sessions on hosts: some 300 bytes each. */
const keptMax = 16_384

interface KnownCookie {
  readonly kind: CookieKind
  readonly host: string
  readonly sid: string
  /** The key that sealed it. */
  readonly cookieKey: Uint8Array
}

/** The value of a cookie, and where it was sent. */
export interface SentCookie {
  readonly value: string
  /** In canonical form, without a port. */
  readonly host: string
}

/** The cookies of a process. */
export class KnownCookies {
  readonly #kept = new BoundedMap<KnownCookie>(keptMax)

  /** The sid of a cookie. Null when it was not made with this key, for this kind and host. */
  read(kind: CookieKind, { value, host }: SentCookie, cookieKey: Uint8Array): string | null {
    const kept = this.#kept.get(value)
    if (kept !== null && kept.cookieKey === cookieKey) {
      return kept.kind === kind && kept.host === host ? kept.sid : null
    }
    const sid = readCookieValue(kind, { value, host }, cookieKey)
    if (sid === null) return null
    // Copies: a part of the header would keep the whole header in memory.
    this.#kept.set(ownText(value), { kind, host: ownText(host), sid: ownText(sid), cookieKey })
    return sid
  }
}
