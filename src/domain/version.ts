// Versions: short texts that differ when contents differ. Pure.

import { createHash } from "node:crypto"

/** The version of a content: another one for another content. Nobody learns the content from it. */
export function versionOfContent(...content: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256")
  for (const part of content) hash.update(part)
  return hash.digest("base64url").slice(0, 22)
}
