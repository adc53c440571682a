// GET /revocations: ended sessions whose access tokens may not have expired, and revoked tokens.
// For services that verify tokens with the published keys.

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import type { Sessions } from "../service/sessions.ts"

/** Caches delay the news of a logout by at most this time. */
const maxAgeSeconds = 5

/** Answers `{"sids": […], "jtis": […]}`. Caches revalidate it by its ETag. */
export function revocations(sessions: Sessions): Handler {
  const reply = createTaggedReply({
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": `public, max-age=${maxAgeSeconds}`,
  })
  return async (request) => {
    const { version, sids, jtis } = await sessions.revocations()
    return reply({ version, value: { sids, jtis } }, request)
  }
}
