// What the handlers of pages work with.

import type { Clock } from "../clock.ts"
import type { FindHost } from "../domain/access_rule.ts"
import type { FactorRequirement } from "../domain/factor_requirement.ts"
import type { CookieSessions } from "../service/browser/cookie_sessions.ts"
import type { HandOverTo } from "../service/browser/hand_over.ts"
import type { Links } from "../service/browser/links.ts"
import type { RecentLogins } from "../service/browser/recent_logins.ts"
import type { DeviceTrust } from "../service/device_trust.ts"
import type { Enrolment } from "../service/factors/enrolment.ts"
import type { FactorLogin } from "../service/factors/factor_login.ts"
import type { PageTotp } from "../service/factors/page_totp.ts"
import type { PasskeyEnrolment } from "../service/factors/passkey_enrolment.ts"
import type { PasskeyLogin } from "../service/factors/passkey_login.ts"
import type { findRelyingParty } from "../service/factors/relying_party.ts"
import type { FactorStoring } from "../service/factors/storing.ts"
import type { KeyWatch } from "../service/keys.ts"
import type { Sessions } from "../service/sessions.ts"
import type { Site } from "./layout.ts"

/** A session that a browser has, and its user. */
export type BrowserSession = NonNullable<Awaited<ReturnType<CookieSessions["find"]>>>

/** The use cases of second factors. */
export interface PageFactors {
  readonly factorLogin: FactorLogin
  readonly totp: PageTotp
  readonly storing: FactorStoring
  readonly enrolment: Enrolment
  readonly passkeyEnrolment: PasskeyEnrolment
  readonly passkeyLogin: PasskeyLogin
}

/** What each handler of a page may use. */
export interface PageParts {
  readonly site: Site
  readonly cookieSessions: CookieSessions
  readonly sessions: Sessions
  readonly recentLogins: RecentLogins
  readonly findHost: FindHost
  readonly handOver: HandOverTo
  readonly links: Links
  /** Loads the use cases of second factors, once. */
  readonly factors: () => Promise<PageFactors>
  /** Who must keep a second factor. */
  readonly requirement: FactorRequirement
  /** To whom passkeys belong; null where browsers make none. */
  readonly relyingParty: ReturnType<typeof findRelyingParty>
  /** The keys of device tokens and of trust tokens. */
  readonly keys: Pick<KeyWatch, "refreshKey" | "cookieKey">
  /** Devices on which logins ask for no code. */
  readonly trust: Pick<DeviceTrust, "seconds" | "listOf" | "endAll">
  readonly clock: Clock
}
