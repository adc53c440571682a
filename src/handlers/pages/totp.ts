// GET /account/totp: the person's authenticator app, or how to set one up. Its forms turn it on and
// off, and make new recovery codes.

import { isRequiredOf } from "../../domain/factor_requirement.ts"
import type { TotpFactor } from "../../domain/factors.ts"
import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import type { Reply } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin } from "../../pages/browser_cookies.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import { unlessGone } from "../../pages/fault_reply.ts"
import type { BrowserSession, PageParts } from "../../pages/page_parts.ts"
import { pageReply, redirect } from "../../pages/page_reply.ts"
import { recoveryCodesPage } from "../../pages/recovery_codes_page.ts"
import { texts } from "../../pages/texts.ts"
import {
  afterEnrolment,
  newTotpReply,
  type TotpPlace,
  totpFaultOf,
  totpPage,
} from "../../pages/totp_page.ts"
import { noWay, pathOf, readWay, type Way, wayFields, wayNames } from "../../pages/way.ts"

/** Shows the app that is on, or else a new one. */
export function showTotp(parts: PageParts): Handler<SessionContext> {
  return (head, { principal: session }) => {
    const totp = session.user.factors?.totp ?? null
    if (totp !== null) return showOn(totp, session, parts)
    const way = readWay(readQuery(head, wayNames), parts.findHost) ?? noWay
    return newTotpReply(placeFor(session, way, parts), null, parts)
  }
}

/** Shows a new app, which takes the place of the one that is on. */
export function showNewTotp(parts: PageParts): Handler<SessionContext> {
  return (_head, { principal: session }) =>
    newTotpReply(placeFor(session, noWay, parts), null, parts)
}

/** Turns a new app on by its first code. */
export function turnTotpOn(parts: PageParts): BodyHandler<SessionContext> {
  const { factors, cookieSessions, site } = parts
  return withBody(async (request, { principal: session }) => {
    const { code, offer: sealed, ...fields } = readForm(request, ["code", "offer", ...wayNames])
    const way = readWay(fields, parts.findHost) ?? noWay
    const place = placeFor(session, way, parts)
    if (code.trim() === "") {
      return newTotpReply(place, { sealed, fault: { kind: "no_code" } }, parts)
    }
    try {
      const life = cookieSessions.lifeOf(cookieSessions.stays(session.session))
      const { totp, storing } = await factors()
      const storeFactor = storing.inBrowser(session.session, { life, caller: callerOf(request) })
      const enrolled = await totp.confirm(place.username, { code, sealed }, storeFactor)
      const { stored, recoveryCodes: codes } = enrolled
      const cookies = stored === null ? [] : cookiesOfLogin(request, stored, parts)
      // Beside passkeys the sessions go on.
      const news = stored === null ? "totp_added" : "totp_on"
      const next = way.to === null ? done(news) : pathOf("/continue", way)
      return afterEnrolment({ username: place.username, codes }, next, { cookies, site })
    } catch (error) {
      const fault = totpFaultOf(error)
      if (fault.kind === "over") return redirect("/login")
      return newTotpReply(place, { sealed, fault }, parts)
    }
  })
}

/** Turns the app off. */
export function turnTotpOff({ factors }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    const { enrolment } = await factors()
    const id = session.user.factors?.totp?.id ?? ""
    await unlessGone(enrolment.remove(id, session.session, callerOf(request)))
    return redirect(done("totp_off"))
  })
}

/** Makes new recovery codes. */
export function renewRecoveryCodes({ factors, site }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    const { enrolment } = await factors()
    const codes = await enrolment.renewRecoveryCodes(session.session, callerOf(request))
    const { username } = session.user
    return pageReply(recoveryCodesPage({ username, codes, next: "/account" }, site))
  })
}

function showOn(
  { createdAt, lastUsedAt }: TotpFactor,
  { user }: BrowserSession,
  { site, requirement, clock }: PageParts,
): Reply {
  const { recoveryCodes = [], passkeys = [] } = user.factors ?? {}
  const since = (at: number) => Math.max(0, clock.now() - at)
  const view = {
    secondsSinceOn: since(createdAt),
    secondsSinceUse: since(lastUsedAt ?? createdAt),
    codesLeft: recoveryCodes.length,
    mustKeep: passkeys.length === 0 && isRequiredOf(user, requirement),
    hasPasskeys: passkeys.length > 0,
  }
  return pageReply(totpPage(view, site))
}

function placeFor({ user }: BrowserSession, way: Way, { relyingParty }: PageParts): TotpPlace {
  const notNow = { label: texts.totp.notNow, href: way.to?.url ?? "/account" }
  const action = "/account/totp"
  return {
    ...{ username: user.username, isRequired: false, action },
    ...{ fields: wayFields(way), notNow },
    passkeyAt: relyingParty !== null ? pathOf("/account/passkeys", way) : null,
  }
}

function done(kind: "totp_on" | "totp_added" | "totp_off"): string {
  return pathOf("/account", noWay, { done: kind })
}
