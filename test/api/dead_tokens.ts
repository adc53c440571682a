// What a session ever had, sent to everything that takes a token.

import { assertRefused, claimsOf } from "../support/api_scenario.ts"
import type { TestService, TokenBody } from "../support/test_service.ts"
import { guardedRoutes } from "./token_rows.ts"

const revoked = [401, "invalid_token", "Token has been revoked"] as const

/** Holds that none of these tokens is good for anything. */
export async function assertDead(
  service: TestService,
  given: readonly Pick<TokenBody, "access_token" | "refresh_token">[],
): Promise<void> {
  for (const { access_token: token, refresh_token: refreshToken } of given) {
    const sid = String(claimsOf(token)["sid"])
    for (const route of guardedRoutes) {
      const [method = "", path = ""] = route.replace(/\{s?id\}/, sid).split(" ")
      assertRefused(await service.call(method, path, { token }), revoked)
    }
    assertRefused(await service.call("POST", "/refresh", { token: refreshToken }), revoked)
  }
}
