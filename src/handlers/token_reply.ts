// The reply with tokens (RFC 6749 §5.1). Caches must not store it.

import { json, type Reply } from "../http/message.ts"
import type { Tokens } from "../service/session_tokens.ts"
import type { LoginTokens } from "../service/sessions.ts"

/** Answers a pair of tokens. `recoveryCodes` are for a user who has just set up a second factor. */
export function tokenReply(
  tokens: Tokens & Partial<LoginTokens> & { readonly recoveryCodes?: readonly string[] },
): Reply {
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
