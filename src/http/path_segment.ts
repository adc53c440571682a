// Reads a percent-encoded segment of a path (RFC 3986 §2.1), for names that have more than
// unreserved characters. It is decoded once, and only here: the router has compared the path as it
// was sent, so no decoded `/` or `..` leads anywhere else.

import { AuthError } from "../errors.ts"
import type { Context } from "./guard.ts"

/**
 * The text of a `{name%}` segment.
 * @throws AuthError `invalid_request` when what is decoded is not UTF-8
 */
export function readSegment({ params }: Pick<Context, "params">, name: string): string {
  try {
    return decodeURIComponent(params[name] ?? "")
  } catch {
    throw new AuthError("invalid_request", `The ${name} in the path is not percent-encoded UTF-8`)
  }
}

/** A text as a segment of a path. */
export function writeSegment(text: string): string {
  return encodeURIComponent(text)
}
