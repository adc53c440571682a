// Credentials of our own pages' scripts: an access token, or the login cookie. The cookie counts
// only when a page of this origin sent the request, since browsers send it with every request.

import { bearer, type CredentialReader, readBearerToken } from "./bearer.ts"
import { cookieNames, readCookie } from "./cookies.ts"
import { isSameOrigin } from "./same_origin.ts"

/** What stands before a cookie's value. No access token has a blank. */
const mark = "cookie "

/** Reads the access token of a request, or else its login cookie. */
export function bearerOrCookie(origin: string): CredentialReader {
  return {
    name: "token or cookie",
    read(head) {
      const token = readBearerToken(head)
      if (token !== null || head.headers.has("authorization")) return token
      const value = readCookie(head, cookieNames.session)
      return value === null || !isSameOrigin(head, origin) ? null : `${mark}${value}`
    },
    missing: bearer.missing,
  }
}

/** The cookie's value when the credentials are a cookie, or null. */
export function cookieIn(credentials: string): string | null {
  return credentials.startsWith(mark) ? credentials.slice(mark.length) : null
}
