// POST /login: takes a username and a password, and gives an access token, a refresh token, and a
// device token to send with the next login.

import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import { readTexts } from "../http/json_body.ts"
import type { HttpRequest, Reply } from "../http/message.ts"
import type { PendingLogin, SentFactor } from "../service/session_start.ts"
import type { Sessions } from "../service/sessions.ts"
import { tokenReply } from "./token_reply.ts"

/** Answers a right password whose user needs a second factor. */
export type AnswerPending = (
  pending: PendingLogin,
  sent: SentFactor,
  request: HttpRequest,
) => Promise<Reply>

/** Answers the tokens of a new session, or what is due before that. */
export function login(sessions: Sessions, answerPending: AnswerPending): BodyHandler {
  return withBody(async (request) => {
    const typed = readTexts(request, ["username", "password"], {
      optional: ["device_token", "code", "trust_token"],
      flags: ["trust_device"],
      unknown: "ignored",
    })
    const { username, password, device_token: deviceToken } = typed
    const code = typed.code || null
    // Trust in the device never stands for a code that was sent: the code gives more.
    const trustToken = code === null ? typed.trust_token : null
    const credentials = {
      ...{ username, password, ...(deviceToken ? { deviceToken } : {}) },
      ...(trustToken ? { trustToken } : {}),
    }
    const login = await sessions.logIn(credentials, callerOf(request))
    if (!("due" in login)) return tokenReply(login)
    return answerPending(login, { code, trusts: typed.trust_device === true }, request)
  })
}
