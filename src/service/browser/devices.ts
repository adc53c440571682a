// The device tokens of one browser: of its last five users. They lie in a cookie of the login host,
// so that strangers who guess at an account can't lock its user out of the page.
//
//   ptd_… "." ptd_… "." …       the last user first

import { canonicalUsername } from "../../domain/username.ts"
import { isDeviceToken, readDeviceToken } from "../../token/device_token.ts"

/** More users of one browser than a household has. */
const usersMax = 5

/** How long a browser keeps them: the longest time that browsers allow (RFC 6265bis §5.5). */
export const devicesSeconds = 400 * 86_400

/** The device token of the user with a typed name, or undefined. */
export function deviceTokenOf(
  cookie: string | null,
  typed: string,
  key: Uint8Array,
): string | undefined {
  const username = canonicalUsername(typed)
  if (username === null) return undefined
  return tokensOf(cookie).find((token) => readDeviceToken(token, username, key) !== null)
}

/** The cookie's value after a login, which gave the user a new token. */
export function withDeviceToken(
  cookie: string | null,
  { username, deviceToken }: { readonly username: string; readonly deviceToken: string },
  key: Uint8Array,
): string {
  const others = tokensOf(cookie).filter((token) => readDeviceToken(token, username, key) === null)
  return [deviceToken, ...others].slice(0, usersMax).join(".")
}

function tokensOf(cookie: string | null): readonly string[] {
  const texts = (cookie ?? "").split(".").slice(0, usersMax)
  return texts.filter(isDeviceToken)
}
