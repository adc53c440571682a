// Entity tags (RFC 9110 §8.8.3) and the conditions with them: If-None-Match for what a client has
// already, If-Match for changes of what a client has seen.

import { AuthError } from "../errors.ts"
import type { RequestHead } from "./message.ts"

/** One item of a list, and what follows it. A tag may have commas. Blanks are tried once. */
const item = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

/** The tag of a version. */
export function tagOf(version: string): string {
  return `"${version}"`
}

/** Whether If-None-Match names a tag: weak comparison, a list, or `*` (RFC 9110 §13.1.2). */
export function isKnown({ headers }: RequestHead, tag: string): boolean {
  const header = headers.get("if-none-match")
  if (header === undefined) return false
  return header
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === tag || one === "*")
}

/**
 * The versions that If-Match names, of which one has to be there; undefined for `*`. The comparison
 * is strong (RFC 9110 §13.1.1): a weak tag stands for no version.
 * @throws AuthError `precondition_required` without the header, `invalid_request` when malformed
 */
export function readIfMatch({ headers }: RequestHead): readonly string[] | undefined {
  const header = headers.get("if-match")
  if (header === undefined) {
    const message = "This change needs If-Match with the ETag of what you have read"
    throw new AuthError("precondition_required", message)
  }
  if (header.trim() === "*") return undefined
  const tags = readTags(header)
  if (tags.length === 0) {
    throw new AuthError("invalid_request", 'If-Match must be *, or tags such as "abc"')
  }
  return tags.filter((tag) => !tag.startsWith("W/")).map((tag) => tag.slice(1, -1))
}

/** The tags of a list; none when it is malformed. Empty items are left out (RFC 9110 §5.6.1). */
function readTags(header: string): readonly string[] {
  const tags: string[] = []
  item.lastIndex = 0
  while (item.lastIndex < header.length) {
    const found = item.exec(header)
    if (found === null) return []
    if (found[1] !== undefined) tags.push(found[1])
  }
  return tags
}
