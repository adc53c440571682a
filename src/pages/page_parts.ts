// What the handlers of pages work with.

import type { Clock } from "../clock.ts"
import type { FindHost } from "../domain/access_rule.ts"
import type { CookieSessions } from "../service/browser/cookie_sessions.ts"
import type { HandOverTo } from "../service/browser/hand_over.ts"
import type { Links } from "../service/browser/links.ts"
import type { RecentLogins } from "../service/browser/recent_logins.ts"
import type { DeviceTrust } from "../service/device_trust.ts"
import type { PageFactors } from "../service/factors/page_factors.ts"
import type { PagePasskeys } from "../service/factors/page_passkeys.ts"
import type { Sessions } from "../service/sessions.ts"
import type { Site } from "./layout.ts"

/** A session that a browser has, and its user. */
export type BrowserSession = NonNullable<Awaited<ReturnType<CookieSessions["find"]>>>

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
  /** The same of passkeys. */
  readonly passkeys: () => Promise<PagePasskeys>
  /** Whether browsers make passkeys for this address. */
  readonly hasPasskeys: boolean
  /** The key of device tokens. */
  readonly deviceKey: () => Uint8Array
  /** Devices on which logins ask for no code. */
  readonly trust: Pick<DeviceTrust, "seconds" | "listOf" | "endAll">
  /** The key of trust tokens. */
  readonly cookieKey: () => Uint8Array
  readonly clock: Clock
}
