// The ways in to pages. Each says what went wrong as a page, too. A form counts only when it comes
// from one of our own pages.

import {
  type Admission,
  type Explain,
  explained,
  type GuardedContext,
  guardBy,
  lacksOwnFactor,
} from "../http/guard.ts"
import { hostNameOf } from "../http/host.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import { readQuery } from "../http/query.ts"
import { isSameOrigin } from "../http/same_origin.ts"
import type { Limits } from "../limit/limit.ts"
import { isLoopback } from "../system/address.ts"
import { findSession } from "./browser_cookies.ts"
import { faultReply } from "./fault_reply.ts"
import type { Html } from "./html.ts"
import type { Site } from "./layout.ts"
import { faultPage } from "./message_pages.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { pageReply, redirect } from "./page_reply.ts"
import { texts } from "./texts.ts"
import { noWay, type OwnPlace, pathOf, readWay, type Way, wayNames } from "./way.ts"

/** What the handler of a page for one person gets. */
export type SessionContext = GuardedContext<BrowserSession>

/** Makes the ways in, for the route table. */
export function createEntrances(parts: PageParts) {
  const { site } = parts
  type Find<P> = (head: RequestHead) => Promise<Admission<P>>
  const explain: Explain = (error, failure) => faultReply(error, failure, site)
  const enter = <P>(access: string, isWrong: typeof wrongForm, find: Find<P>) => {
    const guarded = guardBy<P>(access, async (head) => {
      const refused = isWrong(head, site)
      return refused === null ? find(head) : { reply: refused }
    })
    return (handler: Parameters<typeof guarded>[0], limits?: Limits) =>
      explained(guarded(handler, limits), explain)
  }
  const anybody = async () => ({ principal: null })
  const person = (place: OwnPlace | null) => (head: RequestHead) => findPerson(head, place, parts)
  return {
    /** A page that anybody may see. */
    page: enter("anyone", wrongAddress, anybody),
    /** A form of our own pages. */
    form: enter("own page", wrongForm, anybody),
    /** A page for a person who is logged in. Others come to the login page. */
    ownPage: enter("login cookie", wrongAddress, person(null)),
    /** A form for a person who is logged in. */
    ownForm: enter("own page, login cookie", wrongForm, person(null)),
    /**
     * A page for a person who has logged in lately, with the second factor where there is one.
     * Others log in again, and come back to this place.
     */
    surePage: (place: OwnPlace) =>
      enter("login cookie, fresh, own factor", wrongAddress, person(place)),
    /** A form for such a person. */
    sureForm: (place: OwnPlace) =>
      enter("own page, login cookie, fresh, own factor", wrongForm, person(place)),
  }
}

/** The session of a person whose login is enough for a place, or the way to the login page. */
async function findPerson(
  head: RequestHead,
  place: OwnPlace | null,
  parts: PageParts,
): Promise<Admission<BrowserSession>> {
  const session = await findSession(head, parts)
  if (session !== null && isEnough(session, place, parts)) return { principal: session }
  const again = session === null ? {} : { again: "1" }
  return { reply: redirect(pathOf("/login", wayOf(head, place, parts), again)) }
}

/** The way of a request for a place. A form is not sent again: its page is opened once more. */
function wayOf(head: RequestHead, place: OwnPlace | null, { findHost }: PageParts): Way {
  if (place === null) return noWay
  return { ...(readWay(readQuery(head, wayNames), findHost) ?? noWay), place }
}

/** Whether a login is enough. Who has to set up a second factor can do nothing before that. */
function isEnough(
  session: BrowserSession,
  place: OwnPlace | null,
  { cookieSessions }: PageParts,
): boolean {
  const principal = cookieSessions.principalOf(session)
  if (principal.mustEnrol) return false
  return place === null || (principal.fresh && !lacksOwnFactor(principal))
}

/** The page for a form that counts for nothing, or null. */
function wrongForm(head: RequestHead, site: Site): Reply | null {
  const wrong = wrongAddress(head, site)
  if (wrong !== null || isSameOrigin(head, site.origin)) return wrong
  const { crossSite: title, crossSiteLead: lead, home: label } = texts.fault
  const link = { label, href: "/account" }
  return pageReply(faultPage({ title, lead, link }, site), { status: 403 })
}

/**
 * The page that says why pages don't work at this address, or null where they may. Browsers keep
 * our cookies only over https or on this machine: anywhere else a login would come back to the
 * login page for ever.
 */
function wrongAddress({ headers }: RequestHead, site: Site): Reply | null {
  const host = hostNameOf(headers.get("host") ?? "")
  if (isLoopback(host)) return null
  const { plainLead, addressLead } = texts.fault
  const forwarded = headers.get("x-forwarded-proto")?.split(",", 1)[0]?.trim().toLowerCase()
  if (forwarded !== undefined) {
    return forwarded === "https" ? null : elsewhere(plainLead(site.origin), site)
  }
  // No proxy says how the browser came. Without any, it came over http, to another name.
  const isProxied = headers.has("x-forwarded-for") || headers.has("forwarded")
  return isProxied || host === site.host ? null : elsewhere(addressLead(site.origin), site)
}

function elsewhere(lead: Html, site: Site): Reply {
  const { address: title, open: label } = texts.fault
  const link = { label, href: `${site.origin}/login` }
  return pageReply(faultPage({ title, lead, link }, site), { status: 421 })
}
