// The device tokens of one browser: of its last five users. They lie in a cookie of the login host,
// so that strangers who guess at an account can't lock its user out of the page.

import { isDeviceToken, readDeviceToken } from "../../token/device_token.ts"
import { type UserTokenKind, userTokenOf, withUserToken } from "./user_tokens.ts"

/** How long a browser keeps them: the longest time that browsers allow (RFC 6265bis §5.5). */
export const devicesSeconds = 400 * 86_400

/** The device token of the user with a typed name, or undefined. */
export function deviceTokenOf(
  cookie: string | null,
  typed: string,
  key: Uint8Array,
): string | undefined {
  return userTokenOf(cookie, typed, kindOf(key))
}

/** The cookie's value after a login, which gave the user a new token. */
export function withDeviceToken(
  cookie: string | null,
  { username, deviceToken: token }: { readonly username: string; readonly deviceToken: string },
  key: Uint8Array,
): string {
  return withUserToken(cookie, { username, token }, kindOf(key))
}

function kindOf(key: Uint8Array): UserTokenKind {
  const isOf = (token: string, username: string) => readDeviceToken(token, username, key) !== null
  return { isForm: isDeviceToken, isOf }
}
