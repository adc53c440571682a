// What tests sign tokens for.

import type { Grant } from "../../src/token/claims.ts"
import { startOfTests } from "./fake_clock.ts"

/** A grant for alice, who typed her password a minute ago, in a session of a day. */
export const grantOfTests: Grant = {
  username: "alice",
  roles: [],
  claims: {},
  sid: "c2Vzc2lvbiBvZiBncmFudA",
  sessionExpiresAt: startOfTests + 86_400,
  authTime: startOfTests - 60,
  issuedAt: startOfTests,
  fresh: true,
  acr: "aal1",
  amr: ["pwd"],
}
