// What the operator's commands with a long answer work with, and what they give (long_answers.ts).

import type { Clock } from "../clock.ts"
import type { Store } from "../store/store.ts"
import type { Audit } from "../telemetry/audit.ts"

/** What they work with. */
export interface LongAnswerParts {
  readonly store: Store
  readonly clock: Clock
  readonly audit: Audit
}

/** An answer: what it says first, and its pieces. */
export interface GivenAnswer {
  readonly value: unknown
  readonly pieces: AsyncIterable<Uint8Array>
}
