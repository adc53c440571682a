// Logins of tests, and whether what they gave still works.

import assert from "node:assert/strict"
import type { Caller } from "../../src/domain/caller.ts"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { revokedToken } from "../support/refusal.ts"
import type { TestService } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"

/** Who asks in tests. */
export const caller: Caller = {
  requestId: "r1",
  address: "192.0.2.7",
  userAgent: "Mozilla/5.0 (tests)",
}

/** The caller in audit events. */
export const where = { client: "192.0.2.7", request: "r1" } as const

/** What a login gave. */
export interface LoggedIn extends Tokens {
  readonly sid: string
}

const passwords = { alice: "wonderland", bob: "builder" } as const

/** Logs one of the service's users in. */
export async function logIn(
  { sessions }: TestService,
  username: keyof typeof passwords = "alice",
): Promise<LoggedIn> {
  const tokens = await logInByPassword(
    sessions,
    { username, password: passwords[username] },
    caller,
  )
  return { ...tokens, sid: sidOf(tokens) }
}

/** The claims of a token, unverified. */
export function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())
}

/** The session of an access token. */
export function sidOf({ accessToken }: Pick<Tokens, "accessToken">): string {
  return String(payloadOf(accessToken)["sid"])
}

/** What ended and may still have valid access tokens. */
export async function revocationsOf({ sessions }: TestService): Promise<unknown> {
  const { sids, jtis } = await sessions.revocations()
  return { sids, jtis }
}

/** Fails unless both tokens of a session work; the refresh token is used by that. */
export async function assertAlive({ sessions }: TestService, tokens: Tokens): Promise<Tokens> {
  await sessions.authenticate(tokens.accessToken)
  return sessions.refresh(tokens.refreshToken, caller)
}

/** Fails unless both tokens are refused, as those of a session that ended are. */
export async function assertEnded({ sessions }: TestService, tokens: Tokens): Promise<void> {
  await assert.rejects(async () => sessions.authenticate(tokens.accessToken), revokedToken)
  await assert.rejects(sessions.refresh(tokens.refreshToken, caller), revokedToken)
}
