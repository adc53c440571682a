// The ways in to pages. Each says what went wrong as a page, too. A form counts only when it comes
// from one of our own pages.

import {
  type Admission,
  type BodyHandler,
  explained,
  type GuardedContext,
  guardBy,
  type Handler,
  lacksOwnFactor,
  type RouteHandler,
} from "../http/guard.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import { readQuery } from "../http/query.ts"
import { isSameOrigin } from "../http/same_origin.ts"
import type { Limits } from "../limit/limit.ts"
import { wrongAddress } from "./address_check.ts"
import { findSession } from "./browser_cookies.ts"
import { faultReply } from "./fault_reply.ts"
import type { Site } from "./layout.ts"
import { faultPage } from "./message_pages.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { pageReply, redirect } from "./page_reply.ts"
import { texts } from "./texts.ts"
import { noWay, type OwnPlace, pathOf, readWay, type Way, wayNames } from "./way.ts"

/** What the handler of a page for one person gets. */
export type SessionContext = GuardedContext<BrowserSession>

/** The ways in, for the route table. */
export interface Entrances {
  /** A page that anybody may see. */
  readonly page: (handler: Handler, limits?: Limits) => RouteHandler
  /** A form of our own pages. */
  readonly form: (handler: BodyHandler, limits?: Limits) => RouteHandler
  /** A page for a person who is logged in. Others come to the login page. */
  readonly ownPage: (handler: Handler<SessionContext>) => RouteHandler
  /** A form for a person who is logged in. */
  readonly ownForm: (handler: BodyHandler<SessionContext>, limits?: Limits) => RouteHandler
  /**
   * A page for a person who has logged in lately, with the second factor where there is one. Others
   * log in again, and come back to this place.
   */
  readonly surePage: (
    handler: Handler<SessionContext>,
    place: OwnPlace,
    limits?: Limits,
  ) => RouteHandler
  /** A form for such a person. */
  readonly sureForm: (
    handler: BodyHandler<SessionContext>,
    place: OwnPlace,
    limits?: Limits,
  ) => RouteHandler
}

/** Makes the ways in. */
export function createEntrances(parts: PageParts): Entrances {
  const { site } = parts
  const inWords = (route: RouteHandler) =>
    explained(route, (error, failure) => faultReply(error, failure, site))
  const anybody = async (refused: Reply | null): Promise<Admission<null>> =>
    refused === null ? { principal: null } : { reply: refused }
  const person = async (
    head: RequestHead,
    refused: Reply | null,
    place: OwnPlace | null = null,
  ): Promise<Admission<BrowserSession>> => {
    if (refused !== null) return { reply: refused }
    const session = await findSession(head, parts)
    if (session === null) return { reply: redirect(pathOf("/login", wayOf(head, place, parts))) }
    if (isEnough(session, place, parts)) return { principal: session }
    return { reply: redirect(pathOf("/login", wayOf(head, place, parts), { again: "1" })) }
  }
  const visit = guardBy("anyone", (head) => anybody(wrongAddress(head, site)))
  const post = guardBy("own page", (head) => anybody(wrongForm(head, site)))
  const ownVisit = guardBy("login cookie", (head) => person(head, wrongAddress(head, site)))
  const ownPost = guardBy("own page, login cookie", (head) => person(head, wrongForm(head, site)))
  const sureVisit = (place: OwnPlace) =>
    guardBy("login cookie, fresh, own factor", (head) =>
      person(head, wrongAddress(head, site), place),
    )
  const surePost = (place: OwnPlace) =>
    guardBy("own page, login cookie, fresh, own factor", (head) =>
      person(head, wrongForm(head, site), place),
    )
  return {
    page: (handler, limits) => inWords(visit(handler, limits)),
    form: (handler, limits) => inWords(post(handler, limits)),
    ownPage: (handler) => inWords(ownVisit(handler)),
    ownForm: (handler, limits) => inWords(ownPost(handler, limits)),
    surePage: (handler, place, limits) => inWords(sureVisit(place)(handler, limits)),
    sureForm: (handler, place, limits) => inWords(surePost(place)(handler, limits)),
  }
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
