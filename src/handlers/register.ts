// POST /register: creates an account with a username and a password. It does not log in.

import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import { readTexts } from "../http/json_body.ts"
import { json } from "../http/message.ts"
import type { Register } from "../service/registration.ts"

/** Answers 201 with the canonical username, the `sub` of the user's tokens. */
export function registerAccount(register: Register): BodyHandler {
  return withBody(async (request) => {
    const credentials = readTexts(request, ["username", "password"])
    return json(201, { username: await register(credentials, callerOf(request)) })
  })
}
