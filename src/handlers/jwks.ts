// GET /.well-known/jwks.json: the public keys, for whoever verifies tokens (RFC 7517 §5).

import { createHash } from "node:crypto"
import type { Handler } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"

/** Answers the JWK Set, to be kept for five minutes and asked for again by its ETag. */
export function jwks(publicKeys: readonly object[]): Handler {
  const body = `${JSON.stringify({ keys: publicKeys })}\n`
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  // Public by nature, so scripts of any site may read it (the only such resource).
  const headers = {
    "Content-Type": "application/jwk-set+json; charset=utf-8",
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
    ETag: etag,
  }
  const whole: Reply = { status: 200, headers, body }
  const unchanged: Reply = { status: 304, headers, body: "" }
  return (request) => (matches(request.headers.get("if-none-match"), etag) ? unchanged : whole)
}

// RFC 9110 §13.1.2: weak comparison, a list, or `*`.
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*")
}
