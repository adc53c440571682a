// Tokens of one kind that a browser has, in a cookie of the login host: of its last five users.
// Device tokens keep strangers who guess at an account from locking its user out of the page. Trust
// tokens spare the code at a login; entering the password again never goes by them.
//
//   token "." token "." …       the last user first

import { canonicalUsername } from "../../domain/username.ts"
import { isDeviceToken, readDeviceToken } from "../../token/device_token.ts"
import { isTrustToken, readTrustToken } from "../../token/trust_token.ts"

/** More users of one browser than a household has. */
const usersMax = 5

/** How long a browser keeps device tokens: as long as browsers allow (RFC 6265bis §5.5). */
export const devicesSeconds = 400 * 86_400

const kinds = {
  device: { isForm: isDeviceToken, read: readDeviceToken },
  trust: { isForm: isTrustToken, read: readTrustToken },
} as const

/** The tokens of one kind that a browser sent, and the key that seals them. */
interface SentUserTokens {
  readonly kind: keyof typeof kinds
  /** The cookie's value; null without one. */
  readonly cookie: string | null
  readonly key: Uint8Array
}

/** The token of the user with a typed name, or undefined. */
export function userTokenOf(typed: string, sent: SentUserTokens): string | undefined {
  const username = canonicalUsername(typed)
  if (username === null) return undefined
  return tokensOf(sent).find((token) => isOf(username, token, sent))
}

/** The cookie's value with a new token of the user with a canonical name. */
export function withUserToken(
  { username, token }: { readonly username: string; readonly token: string },
  sent: SentUserTokens,
): string {
  const others = tokensOf(sent).filter((one) => !isOf(username, one, sent))
  return [token, ...others].slice(0, usersMax).join(".")
}

function isOf(username: string, token: string, { kind, key }: SentUserTokens): boolean {
  return kinds[kind].read(token, username, key) !== null
}

function tokensOf({ kind, cookie }: SentUserTokens): readonly string[] {
  const texts = (cookie ?? "").split(".").slice(0, usersMax)
  return texts.filter(kinds[kind].isForm)
}
