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
import { type PasskeyDone, passkeyDoneKinds } from "../../pages/passkeys_page.ts"
import { passkeysReply } from "../../pages/passkeys_reply.ts"
import { afterEnrolment } from "../../pages/totp_reply.ts"
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
export function offerPasskey({ passkeys }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (_request, { principal: session }) =>
    json(200, await (await passkeys()).offerTo(session)),
  )
}

/** Adds a passkey. */
export function addPasskeyByForm(parts: PageParts): BodyHandler<SessionContext> {
  const { passkeys, cookieSessions, site } = parts
  return withBody(async (request, { principal: session }) => {
    const names = ["credential", "name", ...wayNames] as const
    const { credential, name, ...fields } = readForm(request, names)
    const way = readWay(fields, parts.findHost) ?? noWay
    const caller = callerOf(request)
    try {
      const life = cookieSessions.lifeOf(cookieSessions.stays(session.session))
      const added = await (await passkeys()).add(
        {
          credential: readCredential(credential),
          name: name.trim() === "" ? deviceName(caller.userAgent) : name,
        },
        ...([session, { life, caller }] as const),
      )
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
    await unlessGone((await factors()).removePasskey(id, session, callerOf(request)))
    return redirect(doneAt("removed"))
  })
}

function doneAt(done: PasskeyDone): string {
  return pathOf(path, noWay, { done })
}
