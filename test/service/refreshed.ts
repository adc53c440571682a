// A session that was refreshed, and all the tokens it gave.

import type { TestContext } from "node:test"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { caller, logIn, sidOf, where } from "./logged_in.ts"

/** A service where alice has logged in and refreshed so many times, some seconds apart. */
export async function createRefreshed(
  t: TestContext,
  { times = 0, ...options }: TestServiceOptions & { readonly times?: number } = {},
) {
  const service = await createTestService(t, options)
  const tokens: Tokens[] = [await logIn(service)]
  const [login] = tokens as [Tokens]
  for (let time = 0; time < times; time += 1) {
    service.clock.advance(100)
    tokens.push(await service.sessions.refresh(tokens.at(-1)?.refreshToken ?? "", caller))
  }
  service.log.takeAudit()
  const latest = tokens.at(-1) as Tokens
  const sid = sidOf(login)
  const audited = { user: "alice", session: sid, ...where }
  const refresh = ({ refreshToken }: Tokens) => service.sessions.refresh(refreshToken, caller)
  return { service, tokens, login, latest, sid, audited, refresh }
}
