// Replies that caches may keep for a while and ask for again by their ETag (RFC 9110 §8.8.3 and
// §13.1.2).

import { createHash } from "node:crypto"
import type { Reply, RequestHead } from "./message.ts"

interface Tagged {
  readonly value: object
  readonly etag: string
  readonly whole: Reply
  readonly unchanged: Reply
}

/**
 * Makes a function that answers a value as JSON with its ETag, or 304 to who has it. The text is
 * made once for each object, so a value that changes has to be another object.
 */
export function createTaggedReply(
  headers: Reply["headers"],
): (value: object, request: RequestHead) => Reply {
  let last: Tagged | null = null
  return (value, request) => {
    if (last?.value !== value) last = tag(value, headers)
    const known = request.headers.get("if-none-match")
    return matches(known, last.etag) ? last.unchanged : last.whole
  }
}

function tag(value: object, headers: Reply["headers"]): Tagged {
  const body = `${JSON.stringify(value)}\n`
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  const tagged = { ...headers, ETag: etag }
  const whole = { status: 200, headers: tagged, body }
  return { value, etag, whole, unchanged: { status: 304, headers: tagged, body: "" } }
}

// Weak comparison, a list, or `*`.
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*")
}
