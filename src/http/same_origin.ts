// Whether a request comes from one of Postern's own pages: the defence against cross-site request
// forgery (OWASP, "Fetch Metadata headers"). It needs no token in the form, so it works without
// script and for the login form, too.

import type { RequestHead } from "./message.ts"

/**
 * Whether the browser says that a page of this origin made the request. `Sec-Fetch-Site` counts
 * where it is sent. A browser without it sends the `Origin` of the page. A request with neither is
 * refused.
 */
export function isSameOrigin({ headers }: RequestHead, origin: string): boolean {
  const site = headers.get("sec-fetch-site")
  return site === undefined ? headers.get("origin") === origin : site === "same-origin"
}
