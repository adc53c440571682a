// GET /revocations: sessions and tokens that ended while access tokens of them may be around, for
// services that verify by the published keys.

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import type { Sessions } from "../service/sessions.ts"

/** For how long a cache may answer the list: a part of the time after which others know. */
const maxAgeSeconds = 5

/** Answers `{"sids": […], "jtis": […]}`, to be asked for again by its ETag. */
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
