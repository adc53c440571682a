// POST /register: a name and a password for an account. Logging in is another request.

import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import { readTexts } from "../http/json_body.ts"
import { json } from "../http/message.ts"
import type { Register } from "../service/registration.ts"

/** Answers 201 with the name in the form in which tokens will have it. */
export function registerAccount(register: Register): BodyHandler {
  return withBody(async (request) => {
    const credentials = readTexts(request, ["username", "password"])
    return json(201, { username: await register(credentials, callerOf(request)) })
  })
}
