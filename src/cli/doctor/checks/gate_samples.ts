// The questions to a protected host, and the proxy's questions to Postern about them.

import type { SeenRequest } from "../../../admin/request_watch.ts"
import type { Sample } from "../evidence.ts"

/** The request with which the proxy asked about a sample. */
export function questionIn({ seen }: Sample): SeenRequest | undefined {
  return seen.find(({ target }) => target.startsWith("/verify/"))
}
