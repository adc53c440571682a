// POST /refresh: a refresh token for the next two tokens. It is sent in the JSON body or as Bearer
// (the semantics of RFC 6749 §6, not its form).

import { AuthError } from "../errors.ts"
import { readSentTokens } from "../http/bearer.ts"
import { callerOf } from "../http/caller.ts"
import type { Handler } from "../http/guard.ts"
import { tokenReply } from "../http/token_reply.ts"
import type { Sessions } from "../service/sessions.ts"

/** Answers the next tokens of a session. */
export function refresh(sessions: Sessions): Handler {
  return async (request) => {
    const [token, ...more] = readSentTokens(request)
    if (token === undefined) {
      const message = "Missing refresh token: send refresh_token in a JSON body, or as Bearer"
      throw new AuthError("missing_token", message, { reason: "missing_token" })
    }
    if (more.length > 0) {
      const message = "There are two tokens: send the refresh token in the body or as Bearer"
      throw new AuthError("invalid_request", message, { reason: "two_tokens" })
    }
    return tokenReply(await sessions.refresh(token, callerOf(request)))
  }
}
