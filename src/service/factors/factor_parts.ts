// What the use cases of second factors work with.

import type { Clock } from "../../clock.ts"
import type { FactorRequirement } from "../../domain/factor_requirement.ts"
import type { RelyingParty } from "../../factor/relying_party.ts"
import type { PasswordHasher } from "../../password/hash.ts"
import type { RevocationWindow, Store } from "../../store/store.ts"
import type { Audit } from "../../telemetry/audit.ts"
import type { Accounts } from "../accounts.ts"
import type { DeviceTrust } from "../device_trust.ts"
import type { KeyWatch } from "../keys.ts"
import type { SessionStart } from "../session_start.ts"

/** The parts that all of them share. */
export interface FactorParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly accounts: Pick<Accounts, "completeLogin">
  readonly starts: SessionStart
  readonly keys: KeyWatch
  /** How often a stored secret did not open, because another key sealed it. */
  readonly lostSecrets: { count: number }
  readonly windowNow: () => RevocationWindow
  readonly requirement: FactorRequirement
  readonly trust: DeviceTrust
  readonly clock: Clock
  readonly audit: Audit
  /** To whom passkeys belong; null where browsers make none. */
  readonly relyingParty: RelyingParty | null
  /** The name that authenticators show. */
  readonly siteName: string
}
