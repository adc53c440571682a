// Replies that caches may keep for a while and then revalidate by ETag (RFC 9110 §8.8.3 and
// §13.1.2).

import { versionOfContent } from "../domain/version.ts"
import { isKnown, tagOf } from "./entity_tag.ts"
import type { Reply, RequestHead } from "./message.ts"

interface Tagged {
  readonly version: string | number
  readonly etag: string
  readonly whole: Reply
  readonly unchanged: Reply
}

/** A value with its version. A changed value must have another version. */
interface Versioned {
  readonly version: string | number
  readonly value: object
}

/**
 * Makes a function that answers a value as JSON with its ETag, or 304 if the client has this
 * version already. The JSON text is made once for each version.
 */
export function createTaggedReply(
  headers: Reply["headers"],
): (versioned: Versioned, request: RequestHead) => Reply {
  let last: Tagged | null = null
  return (versioned, request) => {
    if (last?.version !== versioned.version) last = tag(versioned, headers)
    return isKnown(request, last.etag) ? last.unchanged : last.whole
  }
}

function tag({ version, value }: Versioned, headers: Reply["headers"]): Tagged {
  const body = `${JSON.stringify(value)}\n`
  const etag = tagOf(versionOfContent(body))
  const tagged = { ...headers, ETag: etag }
  const whole = { status: 200, headers: tagged, body }
  return { version, etag, whole, unchanged: { status: 304, headers: tagged, body: "" } }
}
