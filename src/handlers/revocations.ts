// GET /revocations: sessions and tokens that ended and may still have unexpired access tokens. For
// services that verify tokens by the published keys.

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import type { Sessions } from "../service/sessions.ts"

/** A cache delays the time after which other services know of a logout by this much. */
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
