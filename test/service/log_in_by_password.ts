// A login by password alone, in tests of what follows it.

import assert from "node:assert/strict"
import type { Caller } from "../../src/domain/caller.ts"
import type { LoginCredentials } from "../../src/service/credential_check.ts"
import type { LoginTokens, Sessions } from "../../src/service/sessions.ts"

/** Logs in a user without a second factor. */
export async function logInByPassword(
  sessions: Pick<Sessions, "logIn">,
  credentials: LoginCredentials,
  caller: Caller,
): Promise<LoginTokens> {
  const login = await sessions.logIn(credentials, caller)
  assert.ok(!("due" in login))
  return login
}
