// GET /login/enrol: sets a second factor up for a login that can't go on without one. POST: takes
// the first code of an authenticator app. POST /login/enrol/passkey: takes a passkey; its options
// are below that path. Both log the browser in, and show the recovery codes.

import { callerOf } from "../../http/caller.ts"
import { readForm } from "../../http/form_body.ts"
import { type BodyHandler, type Handler, withBody } from "../../http/guard.ts"
import { type HttpRequest, json, type Reply, type RequestHead } from "../../http/message.ts"
import { readQuery } from "../../http/query.ts"
import { deviceName } from "../../pages/device_names.ts"
import {
  atStep,
  completeLogin,
  findPendingLogin,
  startOver,
  startOverAt,
} from "../../pages/factor_cookie.ts"
import { faultOf } from "../../pages/fault_reply.ts"
import type { PageFactors, PageParts } from "../../pages/page_parts.ts"
import { readCredential } from "../../pages/passkey_asker.ts"
import { texts } from "../../pages/texts.ts"
import {
  afterEnrolment,
  newTotpReply,
  type TotpFault,
  type TotpPlace,
  totpFaultOf,
} from "../../pages/totp_page.ts"
import {
  noWay,
  pathOf,
  readWay,
  requireWay,
  type Way,
  wayFields,
  wayNames,
} from "../../pages/way.ts"
import type { Enrolled } from "../../service/factors/enrolment.ts"
import type { FoundLogin } from "../../service/factors/factor_login.ts"
import type { StoreFactor } from "../../service/factors/storing.ts"
import type { StartedLogin } from "../../service/session_start.ts"

/** A login that sets a factor up. */
interface Enrolling {
  readonly login: FoundLogin
  readonly way: Way
  /** The secret for an app that the page showed. */
  readonly sealed: string
  readonly readFault: (error: unknown) => TotpFault | { readonly kind: "over" }
}

/** Shows the page. */
export function showEnrol(parts: PageParts): Handler {
  return async (head) => {
    const way = requireWay(readQuery(head, wayNames), parts)
    return atStep(head, { due: "enrolment", way }, parts, async (login) =>
      newTotpReply(await placeOf(head, { login, way }, parts), null, parts),
    )
  }
}

/** Sets an authenticator app up. */
export function enrolByForm(parts: PageParts): BodyHandler {
  return withBody(async (request) => {
    const { code, offer: sealed, ...fields } = readForm(request, ["code", "offer", ...wayNames])
    const way = requireWay(fields, parts)
    return atStep(request, { due: "enrolment", way }, parts, async (login) => {
      const enrolling = { login, way, sealed, readFault: totpFaultOf }
      if (code.trim() === "") {
        const place = await placeOf(request, enrolling, parts)
        return newTotpReply(place, { sealed, fault: { kind: "no_code" } }, parts)
      }
      return enrol(request, enrolling, parts, ({ totp }, storeFactor) =>
        totp.confirm(login.user.username, { code, sealed }, storeFactor),
      )
    })
  })
}

/** Answers options for `navigator.credentials.create`. The script follows a redirect. */
export function offerEnrolPasskey(parts: PageParts): BodyHandler {
  return withBody(async (request) => {
    const way = readWay(readForm(request, wayNames), parts.findHost) ?? noWay
    return atStep(request, { due: "enrolment", way }, parts, async (login) => {
      const { passkeyEnrolment } = await parts.factors()
      return json(200, await passkeyEnrolment.options(enrollerOf(login)))
    })
  })
}

/** Sets a passkey up. */
export function enrolPasskeyByForm(parts: PageParts): BodyHandler {
  return withBody(async (request) => {
    const { credential, ...fields } = readForm(request, ["credential", ...wayNames])
    const way = requireWay(fields, parts)
    return atStep(request, { due: "enrolment", way }, parts, (login) => {
      const name = deviceName(callerOf(request).userAgent)
      const sent = { credential: readCredential(credential), name }
      const enrolling = { login, way, sealed: "", readFault: passkeyFaultOf }
      return enrol(request, enrolling, parts, ({ passkeyEnrolment }, storeFactor) =>
        passkeyEnrolment.add(sent, enrollerOf(login), storeFactor),
      )
    })
  })
}

/** Sets a factor up, which starts the session of the login. */
async function enrol(
  request: HttpRequest,
  enrolling: Enrolling,
  parts: PageParts,
  setUp: (
    factors: PageFactors,
    storeFactor: StoreFactor<StartedLogin>,
  ) => Promise<Enrolled<StartedLogin>>,
): Promise<Reply> {
  const { login, way, sealed, readFault } = enrolling
  const { cookieSessions, site } = parts
  try {
    const life = cookieSessions.lifeOf(login.ticket.stays)
    const factors = await parts.factors()
    const storeFactor = factors.storing.inLogin(login, { life, caller: callerOf(request) })
    const { stored, recoveryCodes: codes } = await setUp(factors, storeFactor)
    const cookies = await completeLogin(request, stored, parts)
    const shown = { username: login.user.username, codes }
    return afterEnrolment(shown, pathOf("/continue", way), { cookies, site })
  } catch (error) {
    const fault = readFault(error)
    // Another request was faster, or the password was changed.
    const isOver = fault.kind === "over" || (await findPendingLogin(request, parts)) === null
    if (isOver) return startOver(request, { way, over: "late" }, parts)
    return newTotpReply(await placeOf(request, enrolling, parts), { sealed, fault }, parts)
  }
}

function enrollerOf(login: FoundLogin) {
  return { username: login.user.username, sid: null, login }
}

function passkeyFaultOf(error: unknown) {
  return faultOf(error, { invalid_request: "not_added", invalid_token: "over" })
}

/** For whom the page is, and where its forms go. */
async function placeOf(
  head: RequestHead,
  { login, way }: Pick<Enrolling, "login" | "way">,
  parts: PageParts,
): Promise<TotpPlace> {
  const { other, startOver: label } = texts.code
  const { username } = login.user
  const href = await startOverAt(head, { way }, parts)
  return {
    ...{ username, isRequired: true, action: "/login/enrol", fields: wayFields(way) },
    passkeyAt: parts.relyingParty !== null ? "/login/enrol/passkey" : null,
    notNow: { label: `${other(username)} ${label}`, href },
  }
}
