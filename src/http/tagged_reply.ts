// Replies that caches may keep for a while and then revalidate by ETag (RFC 9110 §8.8.3 and
// §13.1.2).

import { createHash } from "node:crypto"
import { isKnown, tagOf } from "./entity_tag.ts"
import type { Reply, RequestHead } from "./message.ts"

interface Tagged {
  readonly version: string | number
  readonly etag: string
  readonly whole: Reply
  readonly unchanged: Reply
}

/** A value with its version. A changed value must have another version. */
export interface Versioned {
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

/** The version of a text: another one for another text. */
export function versionOfText(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22)
}

function tag({ version, value }: Versioned, headers: Reply["headers"]): Tagged {
  const body = `${JSON.stringify(value)}\n`
  const etag = tagOf(versionOfText(body))
  const tagged = { ...headers, ETag: etag }
  const whole = { status: 200, headers: tagged, body }
  return { version, etag, whole, unchanged: { status: 304, headers: tagged, body: "" } }
}
