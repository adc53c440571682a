// Pages and redirects as replies. A page runs our script and sheet and nothing else, is shown in no
// frame, and sends its forms to us alone. Its script asks nobody but us.

import type { Reply } from "../http/message.ts"
import type { Html } from "./html.ts"

/** What a reply may have beside its page. */
interface PageOptions {
  readonly status?: number
  /**
   * Where the browser goes on to at once. After a form, this is the way to another host: a policy's
   * `form-action` holds for all redirects that follow a form, and an app may redirect anywhere.
   */
  readonly next?: string | null
  readonly cookies?: readonly string[]
  /** After how many seconds to try again. */
  readonly retryAfterSeconds?: number | null
}

/** Headers of pages and of their redirects. */
const pageHeaders: Reply["headers"] = {
  "Cache-Control": "no-store",
  // Not `no-referrer`: with that, browsers send `Origin: null` with forms.
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
}

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ")

/** A page as a reply, which no cache keeps. */
export function pageReply(page: Html, options: PageOptions = {}): Reply {
  const { status = 200, next = null, cookies = [], retryAfterSeconds = null } = options
  const retry = retryAfterSeconds === null ? {} : { "Retry-After": String(retryAfterSeconds) }
  const refresh = next === null ? {} : { Refresh: `0; url=${next}` }
  return {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      ...pageHeaders,
      "Content-Security-Policy": policy,
      ...retry,
      ...refresh,
    },
    body: String(page),
    cookies,
    isPage: true,
  }
}

/** Sends the browser on to another page, by GET. */
export function redirect(location: string, cookies: readonly string[] = []): Reply {
  const headers = { ...pageHeaders, Location: location }
  return { status: 303, headers, body: "", cookies, isPage: true }
}
