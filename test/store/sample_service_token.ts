// Service tokens for tests.

import type { ServiceToken } from "../../src/domain/service_token.ts"
import { start } from "./sample_session.ts"

/** A token of a name, not used yet. */
export function sampleServiceToken(
  name: string,
  members: Partial<ServiceToken> = {},
): ServiceToken {
  return {
    name,
    hash: `hash-of-${name}`,
    roles: ["reader"],
    fresh: false,
    acr: "aal1",
    createdAt: start,
    expiresAt: start + 90 * 86_400,
    lastUsedAt: null,
    lastAddress: "",
    ...members,
  }
}
