// The reply that gives tokens, as RFC 6749 §5.1 lays it out. Nobody stores it.

import { json, type Reply } from "./message.ts"

/** A pair of tokens, and how long each lives, in seconds. */
export interface TokenPair {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshToken: string
  readonly refreshExpiresInSeconds: number
  /** By which the client is known at its next login. */
  readonly deviceToken?: string
}

/** Answers a pair of tokens. */
export function tokenReply(tokens: TokenPair): Reply {
  return json(200, {
    access_token: tokens.accessToken,
    token_type: "Bearer",
    expires_in: tokens.expiresInSeconds,
    refresh_token: tokens.refreshToken,
    refresh_expires_in: tokens.refreshExpiresInSeconds,
    device_token: tokens.deviceToken,
  })
}
