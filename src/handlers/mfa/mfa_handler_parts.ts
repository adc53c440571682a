// What the JSON endpoints of second factors work with.

import type { GuardedContext, Identity } from "../../http/guard.ts"
import type { Enrolment } from "../../service/factors/enrolment.ts"
import type { FactorLogin, FoundLogin } from "../../service/factors/factor_login.ts"
import type { FactorParts } from "../../service/factors/factor_parts.ts"
import type { PasskeyEnrolment } from "../../service/factors/passkey_enrolment.ts"
import type { PasskeyLogin } from "../../service/factors/passkey_login.ts"
import type { FactorStoring } from "../../service/factors/storing.ts"
import type { SessionSettings } from "../../service/session_tokens.ts"
import type { Sessions } from "../../service/sessions.ts"

/** What each handler may use. */
export interface MfaHandlerParts {
  readonly factors: FactorParts
  readonly factorLogin: FactorLogin
  readonly storing: FactorStoring
  readonly enrolment: Enrolment
  readonly passkeyEnrolment: PasskeyEnrolment
  readonly passkeyLogin: PasskeyLogin
  readonly sessions: Pick<Sessions, "authenticate" | "grant">
  readonly settings: SessionSettings
}

/** Who sets up factors: a user with a session, or with a login that needs a factor first. */
export interface Enrolling extends Identity {
  readonly username: string
  readonly sid: string | null
  /** The login; absent for a session. */
  readonly login?: FoundLogin
}

/** What the handlers of a user's own factors get. */
export type EnrollingContext = GuardedContext<Enrolling>
