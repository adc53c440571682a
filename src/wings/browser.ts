// The browser wing's page: every path that it adds to routes.ts, and who may use it. A row with the
// method and path of one in routes.ts takes its place. Loaded only when POSTERN_PAGES or
// POSTERN_PROTECT is set.

import { createFindHost, createIsProtected, type ProtectedHost } from "../domain/access_rule.ts"
import {
  endOtherSessions as deleteOtherSessions,
  endSession as deleteSession,
} from "../handlers/end_sessions.ts"
import { listSessions } from "../handlers/list_sessions.ts"
import { me } from "../handlers/me.ts"
import { endOtherSessions, endSession, endTrust, showAccount } from "../handlers/pages/account.ts"
import { showAsset } from "../handlers/pages/assets.ts"
import { logInByCodeForm, showCode } from "../handlers/pages/code.ts"
import { goOn } from "../handlers/pages/continue.ts"
import { showDenied } from "../handlers/pages/denied.ts"
import {
  enrolByForm,
  enrolPasskeyByForm,
  offerEnrolPasskey,
  showEnrol,
} from "../handlers/pages/enrol.ts"
import { showLink, useLinkByForm } from "../handlers/pages/link.ts"
import { logInByForm, showLogin } from "../handlers/pages/login.ts"
import { logInByPasskeyForm, offerPasskeyByForm } from "../handlers/pages/login_passkey.ts"
import { logOutByForm, showLogout } from "../handlers/pages/logout.ts"
import {
  addPasskeyByForm,
  offerPasskey,
  removePasskeyByForm,
  showPasskeys,
} from "../handlers/pages/passkeys.ts"
import { changePasswordByForm } from "../handlers/pages/password.ts"
import {
  renewRecoveryCodes,
  showNewTotp,
  showTotp,
  turnTotpOff,
  turnTotpOn,
} from "../handlers/pages/totp.ts"
import {
  type VerifyParts,
  verifyEnvoy,
  verifyNginx,
  verifyProxy,
} from "../handlers/verify/verify.ts"
import { createVerifyLog } from "../handlers/verify/verify_log.ts"
import { bearerOrCookie, cookieIn } from "../http/bearer_or_cookie.ts"
import {
  type AuthenticateMachine,
  anyone,
  guard,
  orForm,
  type RouteHandler,
  trustedProxies,
} from "../http/guard.ts"
import { hostNameOf } from "../http/host.ts"
import type { BrowserRoutes, Route, RouteGroup } from "../http/router.ts"
import { createEntrances } from "../pages/entrances.ts"
import type { PageParts } from "../pages/page_parts.ts"
import type { Accounts } from "../service/accounts.ts"
import type { Principal } from "../service/authenticate.ts"
import { AppTokens } from "../service/browser/app_tokens.ts"
import { type CookieSessionParts, CookieSessions } from "../service/browser/cookie_sessions.ts"
import { Gate } from "../service/browser/gate.ts"
import { createHandOver } from "../service/browser/hand_over.ts"
import { type LinkParts, Links } from "../service/browser/links.ts"
import type { RecentLogins } from "../service/browser/recent_logins.ts"
import { findRelyingParty } from "../service/factors/relying_party.ts"
import { enrolmentLimits, linkLimits } from "../service/limits.ts"
import type { Sessions } from "../service/sessions.ts"
import type { Log } from "../telemetry/log.ts"
import type { TokenSettings } from "../token/access_token.ts"
import { type LoadFactors, ownFactorRoutes } from "./factor_routes.ts"

/** What the wing works with. */
export interface BrowserParts extends CookieSessionParts, LinkParts {
  readonly accounts: Accounts
  readonly sessions: Sessions
  /** Finds the machine that sent a service token. */
  readonly machine: AuthenticateMachine<Principal>
  readonly recentLogins: RecentLogins
  /** Loads the wing of second factors. */
  readonly factors: LoadFactors
  readonly tokens: TokenSettings
  readonly log: Log
  /** The public address: `https://login.example.org`. */
  readonly publicAddress: string
  /** The name that pages show. */
  readonly name: string
  readonly hosts: readonly ProtectedHost[]
}

/** Makes the wing. */
export function createBrowserRoutes(parts: BrowserParts): BrowserRoutes {
  const pages = pageParts(parts)
  const verify = verifyRoutes(verifyParts(parts, pages))
  return {
    groups(core) {
      const verified = parts.hosts.length > 0 ? [verify] : []
      return [pageRoutes(pages, core), accountRoutes(pages, parts), ...verified]
    },
    isProtectedHost: createIsProtected(parts.hosts, pages.site.host),
  }
}

/** What proxies ask before they let a request through to an app. */
function verifyRoutes(parts: VerifyParts): RouteGroup {
  const { untrusted: refused } = parts.log
  const nginx = trustedProxies(verifyNginx(parts), { asker: "nginx", refused })
  const proxy = trustedProxies(verifyProxy(parts), { asker: "proxy", refused })
  const envoy = trustedProxies(verifyEnvoy(parts), { asker: "proxy", refused })
  return [
    ["ANY", "/verify/nginx", nginx],
    ["ANY", "/verify/nginx/{rest*}", nginx],
    ["ANY", "/verify/proxy", proxy],
    ["ANY", "/verify/proxy/{rest*}", proxy],
    ["ANY", "/verify/envoy/{rest*}", envoy],
  ]
}

/** The pages and their forms. */
function pageRoutes(pages: PageParts, core: readonly Route[]): RouteGroup {
  const { page, form, ownPage, ownForm, surePage, sureForm } = createEntrances(pages)
  const { offers, passkeys, recoveryCodes } = enrolmentLimits
  const [ofApps, ofPasskeys] = [
    { offers, recoveryCodes },
    { passkeys, recoveryCodes },
  ]
  const post = (path: string, formRoute: RouteHandler): Route => {
    return ["POST", path, orForm(handlerOf(core, path), formRoute)]
  }
  return [
    ["GET", "/login", page(showLogin(pages))],
    post("/login", form(logInByForm(pages))),
    ["GET", "/login/code", page(showCode("otp", pages))],
    ["GET", "/login/recovery", page(showCode("recovery", pages))],
    ["GET", "/login/enrol", page(showEnrol(pages), { offers })],
    ["POST", "/login/enrol", form(enrolByForm(pages), ofApps)],
    ["POST", "/login/enrol/passkey/options", form(offerEnrolPasskey(pages))],
    ["POST", "/login/enrol/passkey", form(enrolPasskeyByForm(pages), ofPasskeys)],
    post("/login/code", form(logInByCodeForm(pages))),
    post("/login/passkey/options", form(offerPasskeyByForm(pages))),
    post("/login/passkey", form(logInByPasskeyForm(pages))),
    ["GET", "/continue", page(goOn(pages))],
    ["GET", "/logout", page(showLogout(pages))],
    post("/logout", form(logOutByForm(pages))),
    ["GET", "/denied", page(showDenied(pages))],
    ["GET", "/account", ownPage(showAccount(pages))],
    ["POST", "/account/sessions/end", ownForm(endSession(pages))],
    ["POST", "/account/logout-others", ownForm(endOtherSessions(pages))],
    ["POST", "/account/trust/end", ownForm(endTrust(pages))],
    ["GET", "/account/totp", surePage("totp")(showTotp(pages), { offers })],
    ["GET", "/account/totp/new", surePage("totp")(showNewTotp(pages), { offers })],
    ["POST", "/account/totp", sureForm("totp")(turnTotpOn(pages), ofApps)],
    ["POST", "/account/totp/off", sureForm("totp")(turnTotpOff(pages))],
    ["GET", "/account/passkeys", surePage("passkeys")(showPasskeys(pages))],
    ["POST", "/account/passkeys/options", sureForm("passkeys")(offerPasskey(pages))],
    ["POST", "/account/passkeys", sureForm("passkeys")(addPasskeyByForm(pages), ofPasskeys)],
    ["POST", "/account/passkeys/remove", sureForm("passkeys")(removePasskeyByForm(pages))],
    ["POST", "/account/recovery", sureForm("totp")(renewRecoveryCodes(pages), { recoveryCodes })],
    post("/password", ownForm(changePasswordByForm(pages))),
    ["GET", "/invite", page(showLink("invite", pages))],
    ["POST", "/invite", form(useLinkByForm("invite", pages), linkLimits)],
    ["GET", "/reset", page(showLink("reset", pages))],
    ["POST", "/reset", form(useLinkByForm("reset", pages), linkLimits)],
    ["GET", "/pages/{file}", anyone(showAsset())],
  ]
}

/** Routes of the core that the login cookie opens, too. Never /refresh: a cookie gives no tokens. */
function accountRoutes(
  { site, sessions, cookieSessions }: PageParts,
  { factors, machine }: Pick<BrowserParts, "factors" | "machine">,
): RouteGroup {
  const credentials = bearerOrCookie(site.origin)
  const authenticate = (sent: string) => {
    const value = cookieIn(sent)
    if (value === null) return sessions.authenticate(sent)
    return cookieSessions.authenticate({ value, host: site.host })
  }
  const guarded = guard(authenticate, { credentials })
  const freshlyGuarded = guard(authenticate, { credentials, fresh: true })
  return [
    ["GET", "/me", guard(authenticate, { credentials, machine })(me())],
    ["GET", "/sessions", guarded(listSessions(sessions))],
    ["DELETE", "/sessions", freshlyGuarded(deleteOtherSessions(sessions))],
    ["DELETE", "/sessions/{sid}", freshlyGuarded(deleteSession(sessions))],
    ...ownFactorRoutes(factors, authenticate, credentials),
  ]
}

function pageParts({ publicAddress, name, hosts, ...parts }: BrowserParts): PageParts {
  // The address has no path (config/browser.ts), so it is the origin.
  const host = hostNameOf(publicAddress.replace(/^https?:\/\//, ""))
  const cookieSessions = new CookieSessions(parts)
  return {
    site: { name, origin: publicAddress, host },
    ...{ cookieSessions, sessions: parts.sessions, recentLogins: parts.recentLogins },
    links: new Links({ ...parts, cookieSessions }),
    factors: async () => (await parts.factors()).pages,
    requirement: parts.requirement,
    relyingParty: findRelyingParty(publicAddress),
    findHost: createFindHost(hosts, host),
    handOver: createHandOver({ ...parts, cookieSessions }),
    ...{ keys: parts.keys, trust: parts.trust, clock: parts.clock },
  }
}

function verifyParts(parts: BrowserParts, pages: PageParts): VerifyParts {
  const { sessions, machine, tokens, clock, log } = parts
  const { findHost, cookieSessions, site } = pages
  const appTokens = new AppTokens({ tokens, clock })
  const { authenticate } = sessions
  return {
    gate: new Gate({ ...parts, findHost, cookieSessions, appTokens, authenticate, machine }),
    loginOrigin: site.origin,
    log: createVerifyLog(log),
  }
}

/** The core's handler of a path, for everything but forms. */
function handlerOf(core: readonly Route[], path: string): RouteHandler {
  const row = core.find(([method, its]) => method === "POST" && its === path)
  if (row === undefined) throw new TypeError(`There is no route 'POST ${path}' to add forms to`)
  return row[2]
}
