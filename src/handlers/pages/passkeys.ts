// GET /account/passkeys: the person's passkeys. Its forms add one and remove one.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { cookiesOfLogin } from "../../pages/browser_cookies.ts"
import { deviceName } from "../../pages/device_names.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import { faultOf, unlessGone } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { readCredential } from "../../pages/passkey_asker.ts"
import { type PasskeyDone, passkeyDoneKinds, passkeysReply } from "../../pages/passkeys_page.ts"
import { afterEnrolment } from "../../pages/totp_page.ts"
import { noWay, pathOf, readNews, readWay, wayNames } from "../../pages/way.ts"

const path = "/account/passkeys"

/** Shows the page. */
export function showPasskeys(parts: PageParts): Handler<SessionContext> {
  return (head, { principal: session }) => {
    const way = readWay(readQuery(head, wayNames), parts.findHost) ?? noWay
    const done = readNews(head, { name: "done", words: passkeyDoneKinds }, parts.site)
    return passkeysReply(session, { way, done, fault: null }, parts)
  }
}

/** Answers options for `navigator.credentials.create`. */
export function offerPasskey({ factors }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (_request, { principal: { session } }) => {
    const { passkeyEnrolment } = await factors()
    return json(200, await passkeyEnrolment.options(session))
  })
}

/** Adds a passkey. */
export function addPasskeyByForm(parts: PageParts): BodyHandler<SessionContext> {
  const { factors, cookieSessions, site } = parts
  return withBody(async (request, { principal: session }) => {
    const names = ["credential", "name", ...wayNames] as const
    const { credential, name, ...fields } = readForm(request, names)
    const way = readWay(fields, parts.findHost) ?? noWay
    const caller = callerOf(request)
    try {
      const life = cookieSessions.lifeOf(cookieSessions.stays(session.session))
      const { passkeyEnrolment, storing } = await factors()
      const storeFactor = storing.inBrowser(session.session, { life, caller })
      const chosen = name.trim() === "" ? deviceName(caller.userAgent) : name
      const sent = { credential: readCredential(credential), name: chosen }
      const added = await passkeyEnrolment.add(sent, session.session, storeFactor)
      const { stored, recoveryCodes: codes } = added
      const cookies = stored === null ? [] : cookiesOfLogin(request, stored, parts)
      const next = way.to === null ? doneAt("added") : pathOf("/continue", way)
      return afterEnrolment({ username: session.user.username, codes }, next, { cookies, site })
    } catch (error) {
      const fault = faultOf(error, { invalid_request: "refused", invalid_token: "over" })
      if (fault.kind === "over") return redirect("/login")
      return passkeysReply(session, { way, done: null, fault }, parts)
    }
  })
}

/** Removes a passkey. */
export function removePasskeyByForm({ factors }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    const { passkey: id } = readForm(request, ["passkey"])
    // Not another factor, whose page says what that means.
    const isOne = session.user.factors?.passkeys.some((passkey) => passkey.id === id)
    if (isOne) {
      const { enrolment } = await factors()
      await unlessGone(enrolment.remove(id, session.session, callerOf(request)))
    }
    return redirect(doneAt("removed"))
  })
}

function doneAt(done: PasskeyDone): string {
  return pathOf(path, noWay, { done })
}
