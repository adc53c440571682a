// When sessions were rotated in this process, by a clock that is never set: so that the time in
// which a refresh token's parent is good does not depend on the one that is.

import type { Session } from "../../domain/session.ts"

/** More than any such time. */
const keptSeconds = 600

/** The rotations of the last minutes. */
export class RotationTimes {
  /** By sid, in the order in which they happened. */
  readonly #rotations = new Map<string, { readonly number: number; readonly at: number }>()

  /** Notes that a session has just come to the state it is in. Without a clock nothing is. */
  note({ sid, rotations: number }: Session, at: number | undefined): void {
    if (at === undefined) return
    this.#rotations.delete(sid)
    this.#rotations.set(sid, { number, at })
    for (const [oldest, rotation] of this.#rotations) {
      if (at - rotation.at <= keptSeconds) break
      this.#rotations.delete(oldest)
    }
  }

  /** Seconds since a session came to the state it is in, where that was noted. */
  since({ sid, rotations }: Session, at: number | undefined): number | undefined {
    const noted = this.#rotations.get(sid)
    return at === undefined || noted?.number !== rotations ? undefined : at - noted.at
  }
}
