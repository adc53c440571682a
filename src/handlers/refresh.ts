// POST /refresh: takes a refresh token, and gives a new access token and refresh token. The token
// is sent in a JSON body or as Bearer. (RFC 6749 §6 means the same but sends a form.)

import { AuthError } from "../errors.ts"
import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import type { HttpRequest } from "../http/message.ts"
import { readSentTokens } from "../http/sent_tokens.ts"
import type { Sessions } from "../service/sessions.ts"
import { tokenReply } from "./token_reply.ts"

/** Answers the next tokens of a session. */
export function refresh(sessions: Sessions): BodyHandler {
  return withBody(async (request) => {
    const token = await chooseToken(request, sessions)
    return tokenReply(await sessions.refresh(token, callerOf(request)))
  })
}

// Clients attach an access token to every request, often an expired one. So the token in the body
// is used, and an access token in the header is ignored. A different refresh token in the header is
// refused, because it would get no answer.
async function chooseToken(request: HttpRequest, sessions: Sessions): Promise<string> {
  const { header, body } = readSentTokens(request, ["refresh_token"])
  const [inBody] = body.tokens
  if (inBody !== undefined) {
    for (const other of header.tokens) {
      if (other !== inBody && (await sessions.isRefreshToken(other))) throw twoTokens()
    }
    return inBody
  }
  if (header.fault !== null) throw header.fault
  const [asBearer] = header.tokens
  if (asBearer !== undefined) {
    if (body.fault === null || (await sessions.isRefreshToken(asBearer))) return asBearer
  }
  throw body.fault ?? missing()
}

function twoTokens(): AuthError {
  const message = "There are two refresh tokens: send one, in the body or as Bearer"
  return new AuthError("invalid_request", message, { reason: "two_tokens" })
}

function missing(): AuthError {
  const message = "Missing refresh token: send refresh_token in a JSON body, or as Bearer"
  return new AuthError("missing_token", message, { reason: "missing_token" })
}
