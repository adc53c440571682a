// GET /account/passkeys: the person's passkeys. Its forms add one and remove one.

import { AuthError } from "../../errors.ts"
import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { isSameOrigin } from "../../http/same_origin.ts"
import { cookiesOfLogin } from "../../pages/browser_cookies.ts"
import { deviceName } from "../../pages/device_names.ts"
import type { SessionContext } from "../../pages/entrances.ts"
import { waitingFault } from "../../pages/fault_reply.ts"
import type { PageParts } from "../../pages/page_parts.ts"
import { redirect } from "../../pages/page_reply.ts"
import { readCredential } from "../../pages/passkey_asker.ts"
import { type PasskeyDone, type PasskeyFault, passkeyDoneKinds } from "../../pages/passkeys_page.ts"
import { passkeysReply } from "../../pages/passkeys_reply.ts"
import { afterEnrolment } from "../../pages/totp_reply.ts"
import { noWay, pathOf, readWay, wayNames } from "../../pages/way.ts"

const path = "/account/passkeys"

/** Shows the page. */
export function showPasskeys(parts: PageParts): Handler<SessionContext> {
  return (head, { principal: session }) => {
    const { done, ...fields } = readQuery(head, ["done", ...wayNames])
    const way = readWay(fields, parts.findHost) ?? noWay
    // Only after one of our own forms: a link must not make the page say what never happened.
    const isOwn = isSameOrigin(head, parts.site.origin)
    const kind = isOwn ? (passkeyDoneKinds.find((one) => one === done) ?? null) : null
    return passkeysReply(session, { way, done: kind, fault: null }, parts)
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
      const fault = faultOf(error)
      return fault === null
        ? redirect("/login")
        : passkeysReply(session, { way, done: null, fault }, parts)
    }
  })
}

/** Removes a passkey. */
export function removePasskeyByForm({ factors }: PageParts): BodyHandler<SessionContext> {
  return withBody(async (request, { principal: session }) => {
    const { passkey: id } = readForm(request, ["passkey"])
    try {
      await (await factors()).removePasskey(id, session, callerOf(request))
    } catch (error) {
      // It was removed before, which is as good.
      if (!(error instanceof AuthError) || error.code !== "not_found") throw error
    }
    return redirect(doneAt("removed"))
  })
}

/** What to say about a passkey that was not added; null when the login is over. */
function faultOf(error: unknown): PasskeyFault | null {
  const waiting = waitingFault(error)
  if (waiting !== null) return waiting
  if (!(error instanceof AuthError)) throw error
  if (error.code === "invalid_token") return null
  if (error.code === "invalid_request") return { kind: "refused", reason: error.message }
  throw error
}

function doneAt(done: PasskeyDone): string {
  return pathOf(path, noWay, { done })
}
