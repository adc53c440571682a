// The trust tokens of one browser: of its last five users who trust it. They lie in a cookie of the
// login host, and spare the code at a login. Entering the password again never goes by them.

import { isTrustToken, readTrustToken } from "../../token/trust_token.ts"
import { type UserTokenKind, userTokenOf, withUserToken } from "./user_tokens.ts"

/** The trust token of the user with a typed name, or undefined. */
export function trustTokenOf(
  cookie: string | null,
  typed: string,
  cookieKey: Uint8Array,
): string | undefined {
  return userTokenOf(cookie, typed, kindOf(cookieKey))
}

/** The cookie's value after a login that gave the user a new token. */
export function withTrustToken(
  cookie: string | null,
  { username, trustToken: token }: { readonly username: string; readonly trustToken: string },
  cookieKey: Uint8Array,
): string {
  return withUserToken(cookie, { username, token }, kindOf(cookieKey))
}

function kindOf(cookieKey: Uint8Array): UserTokenKind {
  const isOf = (token: string, username: string) => {
    return readTrustToken(token, username, cookieKey) !== null
  }
  return { isForm: isTrustToken, isOf }
}
