// POST /login: a name and a password for an access token.

import { AuthError } from "../errors.ts"
import type { Handler } from "../http/guard.ts"
import { readJsonBody } from "../http/json_body.ts"
import { json } from "../http/message.ts"
import type { Sessions } from "../service/sessions.ts"

/** Answers as RFC 6749 §5.1 lays out a token response. */
export function login(sessions: Sessions): Handler {
  return async (request) => {
    const { username, password } = readJsonBody(request, ["username", "password"])
    if (isMissing(username) || isMissing(password)) {
      throw new AuthError("invalid_request", "Missing username or password")
    }
    if (typeof username !== "string" || typeof password !== "string") {
      throw new AuthError("invalid_request", "Username and password must be text")
    }
    const caller = { requestId: request.id, address: request.remoteAddress }
    const { token, expiresInSeconds } = await sessions.logIn({ username, password }, caller)
    return json(200, {
      access_token: token,
      token_type: "Bearer",
      expires_in: expiresInSeconds,
    })
  }
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === ""
}
