// Tokens of a kind that one browser has, in a cookie of the login host: of its last five users.
//
//   token "." token "." …       the last user first

import { canonicalUsername } from "../../domain/username.ts"

/** More users of one browser than a household has. */
const usersMax = 5

/** A kind of token that a user has. */
export interface UserTokenKind {
  /** Whether a text has the form of one. */
  readonly isForm: (text: string) => boolean
  /** Whether a token is of the user with a canonical name. */
  readonly isOf: (token: string, username: string) => boolean
}

/** The token of the user with a typed name, or undefined. */
export function userTokenOf(
  cookie: string | null,
  typed: string,
  kind: UserTokenKind,
): string | undefined {
  const username = canonicalUsername(typed)
  if (username === null) return undefined
  return tokensOf(cookie, kind).find((token) => kind.isOf(token, username))
}

/** The cookie's value with a user's new token. */
export function withUserToken(
  cookie: string | null,
  { username, token }: { readonly username: string; readonly token: string },
  kind: UserTokenKind,
): string {
  const others = tokensOf(cookie, kind).filter((one) => !kind.isOf(one, username))
  return [token, ...others].slice(0, usersMax).join(".")
}

function tokensOf(cookie: string | null, { isForm }: UserTokenKind): readonly string[] {
  const texts = (cookie ?? "").split(".").slice(0, usersMax)
  return texts.filter(isForm)
}
