// GET /denied: the person is logged in, but may not open this. A proxy sends browsers here.

import { admits } from "../../domain/access_rule.ts"
import type { Handler } from "../../http/guard.ts"
import { readQuery } from "../../http/query.ts"
import { findSession } from "../../pages/browser_cookies.ts"
import { deniedPage, notDeniedPage } from "../../pages/message_pages.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { pathOf, requireWay } from "../../pages/way.ts"

/** Says who may open it. */
export function showDenied(parts: PageParts): Handler {
  const { site } = parts
  return async (head) => {
    const way = requireWay(readQuery(head, ["to"]), parts)
    const session = await findSession(head, parts)
    if (session === null) return redirect(pathOf("/login", way))
    const { username } = session.user
    // Another user than before, or a role that was given since; or the proxy refused the request
    // for itself. No redirect: that could come back here for ever.
    if (way.to !== null && admits(way.to.host.rule, session.user)) {
      return pageReply(notDeniedPage({ username, to: way.to, requestId: head.id }, site))
    }
    const to = way.to === null ? null : { url: way.to.url, host: way.to.host.name }
    const roles = way.to?.host.rule.roles ?? []
    const page = deniedPage({ username, to, roles, requestId: head.id }, site)
    return pageReply(page, { status: 403 })
  }
}
