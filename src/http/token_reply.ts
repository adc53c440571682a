// The reply with tokens (RFC 6749 §5.1). Caches must not store it.

import { json, type Reply } from "./message.ts"

/** An access token and a refresh token, with their lifetimes. */
export interface TokenPair {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshToken: string
  readonly refreshExpiresInSeconds: number
  /** Proves at the next login that this client has logged in before. */
  readonly deviceToken?: string
  /** Stands for the second factor at the next login of this client. */
  readonly trustToken?: string
  /** For a user who has just set up a second factor. */
  readonly recoveryCodes?: readonly string[]
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
    trust_token: tokens.trustToken,
    recovery_codes: tokens.recoveryCodes,
  })
}
