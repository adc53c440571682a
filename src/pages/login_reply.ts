// The login page as a reply: shown by GET /login, and again when a login was refused.

import type { Identity } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"
import { formReply } from "./fault_reply.ts"
import { type LoginFault, type LoginView, loginPage } from "./login_page.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { type Way, wayFields } from "./way.ts"

/** Who logs in, and where to. */
export interface LoginPlace extends Pick<LoginView, "username" | "stays" | "isAgain"> {
  readonly way: Way
  /** The session of this browser. */
  readonly before: BrowserSession | null
}

/** The page, with what was wrong. */
export function loginReply(
  { way, before, ...view }: LoginPlace,
  fault: LoginFault | null,
  {
    site,
    relyingParty,
    cookieSessions,
  }: Pick<PageParts, "site" | "relyingParty" | "cookieSessions">,
): Reply {
  const { username, stays, isAgain } = view
  const destination = { host: way.to?.host.name ?? null, fields: wayFields(way) }
  const own = before?.user.factors?.passkeys ?? []
  const takesPasskeys = relyingParty !== null && (!isAgain || own.length > 0)
  const next = before === null ? null : nextOf(cookieSessions.principalOf(before))
  const person = { username, stays, isAgain, next }
  const page = loginPage({ ...person, destination, takesPasskeys, fault }, site)
  return formReply(page, fault)
}

/** What comes after the password of the person who is logged in. */
function nextOf({
  mustEnrol,
  hasFactor,
}: Pick<Identity, "mustEnrol" | "hasFactor">): LoginView["next"] {
  if (mustEnrol) return "enrolment"
  return hasFactor ? "factor" : null
}
