// What a view counts of its validations, for monitoring.

import { monotonicMillis } from "../../clock.ts"
import { Durations } from "../../system/durations.ts"
import type { ViewFigures } from "../figures.ts"
import type { Delta } from "./delta.ts"

/** The counts of a view. Instants are seconds of the monotonic clock. */
export class ViewCounts {
  readonly #validations = new Durations()
  #failures = 0
  #changesTold = 0
  #forgotten = 0
  /** When the latest delta that was read began. */
  #newestAt: number | null = null

  /** Counts a delta that is being read since an instant, and gives it. */
  async watch(reading: Promise<Delta>, beganAt: number): Promise<Delta> {
    const delta = await reading.catch((error) => {
      this.#failures += 1
      throw error
    })
    this.#validations.add(secondsNow() - beganAt)
    if (delta.changes === null) this.#forgotten += 1
    else this.#changesTold += delta.changes.length
    this.#newestAt = Math.max(beganAt, this.#newestAt ?? beganAt)
    return delta
  }

  /** The numbers so far. */
  figures(): Omit<ViewFigures, "horizonSeconds"> {
    return {
      validations: this.#validations,
      validationFailures: this.#failures,
      changesTold: this.#changesTold,
      forgotten: this.#forgotten,
      ageSeconds: this.#newestAt === null ? null : secondsNow() - this.#newestAt,
    }
  }
}

function secondsNow(): number {
  return monotonicMillis() / 1000
}
