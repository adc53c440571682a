// What proxies are answered when they ask about a request: the verdict of the gate in the words of
// their kind.
//
//   allow      200, and all five identity headers, empty where there is nothing: a header that is
//              missing would leave the client's own in its place
//   to login   nginx: 401 and Location. Others: 302, or 303 where the method would be kept
//   refused    401 when nobody is logged in, 403 when that would not help: as JSON, or as a page
//              that a browser can show

import type { RefusalReason } from "../../errors.ts"
import { basicChallenge } from "../../http/basic.ts"
import { cookieNames, setCookie } from "../../http/cookies.ts"
import type { Asker, Reply } from "../../http/message.ts"
import type { OriginalRequest } from "../../http/original_request.ts"
import { insufficientReply, problem } from "../../http/problem.ts"
import { noWay, pathOf } from "../../pages/way.ts"
import type { Principal } from "../../service/authenticate.ts"
import type { AppToken } from "../../service/browser/app_tokens.ts"
import { stateSeconds, type Verdict } from "../../service/browser/gate.ts"

const noStore = { "Cache-Control": "no-store" }
const controls = /[\p{Cc}\p{Surrogate}\u2028\u2029]/gu

/** The reply for a verdict of the gate. */
export function replyFor(
  verdict: Verdict,
  {
    asker,
    original: { method },
    loginOrigin,
  }: {
    readonly asker: Asker
    readonly original: OriginalRequest
    readonly loginOrigin: string
  },
): Reply {
  if (verdict.kind === "allow") return allowed(verdict.principal, verdict.appToken)
  if (verdict.kind === "denied") return refused(verdict.reason)
  if (verdict.kind === "refused") {
    const reply = refused(verdict.reason)
    return verdict.asksBasic ? askingBasic(reply) : reply
  }
  const isGet = method === "GET" || method === "HEAD"
  const status = asker === "nginx" ? 401 : isGet ? 302 : 303
  if (verdict.kind === "enter") {
    const { url, cookie } = verdict
    return redirect(status, url, cookie === null ? [] : [setCookie(cookieNames.session, cookie)])
  }
  const { newState: value, reason, to, state, attempt } = verdict
  const maxAgeSeconds = stateSeconds
  const cookies = value === null ? [] : [setCookie(cookieNames.state, { value, maxAgeSeconds })]
  const path = pathOf("/continue", { ...noWay, to, state, attempt })
  return { ...redirect(status, `${loginOrigin}${path}`, cookies), reason }
}

/** A redirect. For nginx it is a refusal with a Location. */
function redirect(status: number, location: string, cookies: readonly string[]): Reply {
  const base = status === 401 ? problem("missing_token", notLoggedIn) : null
  const headers = { ...(base?.headers ?? noStore), Location: location }
  return { status, headers, body: base?.body ?? "", cookies }
}

const notLoggedIn = "Not logged in"

/** The headers of users who are let in, for as long as their token for an app is kept. */
const identities = new WeakMap<AppToken, Reply["headers"]>()

function allowed(principal: Principal | null, appToken: AppToken | null): Reply {
  const known = appToken === null ? undefined : identities.get(appToken)
  const headers = known ?? identityOf(principal, appToken?.text ?? "")
  if (appToken !== null && known === undefined) identities.set(appToken, headers)
  return { status: 200, headers, body: "" }
}

function identityOf(principal: Principal | null, appToken: string): Reply["headers"] {
  const { username = "", roles = [], claims = {} } = principal ?? {}
  return Object.freeze({
    ...noStore,
    "Remote-User": username,
    "Remote-Groups": roles.join(","),
    "Remote-Name": textOf(claims["name"]),
    "Remote-Email": textOf(claims["email"]),
    "X-Postern-Token": appToken,
  })
}

/** A claim as a header: what can't be sent is empty. */
function textOf(claim: unknown): string {
  return typeof claim === "string" ? claim.replace(controls, "").trim() : ""
}

const messages: Partial<Readonly<Record<RefusalReason, string>>> = {
  unlisted_host: "This host is not protected by this service",
  other_user: "You may not use this host",
  missing_role: "You may not use this host",
}

/** What is wrong with the credentials of Basic. */
const tokenFaults: Partial<Readonly<Record<RefusalReason, string>>> = {
  ...{ malformed: "Invalid token", type: "Invalid token", unknown_token: "Invalid token" },
  expired: "Token has expired",
}

/** The same 401, to which a program may answer with a service token by Basic. */
function askingBasic(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "WWW-Authenticate": basicChallenge } }
}

function refused(reason: RefusalReason): Reply {
  if (reason === "not_fresh") return insufficientReply("Log in again", { reason, challenge: null })
  if (reason === "missing_factor" || reason === "not_enrolled") {
    const challenge = 'acr_values="aal2"'
    return insufficientReply("Log in with a second factor", { reason, challenge })
  }
  const fault = tokenFaults[reason]
  if (fault !== undefined) return { ...problem("invalid_token", fault), reason }
  const message = messages[reason]
  if (message === undefined) return { ...problem("missing_token", notLoggedIn), reason }
  return { ...problem("access_denied", message), reason }
}
