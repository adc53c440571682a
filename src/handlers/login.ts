// POST /login: takes a username and a password, and gives an access token, a refresh token, and a
// device token to send with the next login.

import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import { readTexts } from "../http/json_body.ts"
import { tokenReply } from "../http/token_reply.ts"
import type { Sessions } from "../service/sessions.ts"

/** Answers the tokens of a new session. */
export function login(sessions: Sessions): BodyHandler {
  return withBody(async (request) => {
    const typed = readTexts(request, ["username", "password"], {
      optional: ["device_token"],
      unknown: "ignored",
    })
    const { username, password, device_token: deviceToken } = typed
    const credentials = { username, password, ...(deviceToken ? { deviceToken } : {}) }
    return tokenReply(await sessions.logIn(credentials, callerOf(request)))
  })
}
