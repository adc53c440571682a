// GET /openapi.json: the description of the API, for people, clients and tools.

import type { Handler } from "../http/guard.ts"
import type { Route } from "../http/router.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"

/** It changes with the release and the settings. */
const maxAgeSeconds = 300

/** Answers the description of these routes. It is made at the first request. */
export function openApi(rows: () => readonly Route[], issuer: string | null): Handler {
  const reply = createTaggedReply({
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": `public, max-age=${maxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
  })
  let value: object | null = null
  return async (request) => {
    value ??= (await import("../openapi/document.ts")).createDocument(rows(), issuer)
    return reply({ version: 0, value }, request)
  }
}
