// When this process rotated sessions, by a clock that is never set: a step of the machine's clock
// neither shortens nor stretches the time in which a refresh token's parent is valid.

import type { Session } from "../../domain/session.ts"

/** Longer than any grace. */
const keptSeconds = 600

/** The rotations of the last minutes. */
export class RotationTimes {
  readonly #seconds: () => number | undefined
  /** By sid, in the order in which they happened. */
  readonly #rotations = new Map<string, { readonly number: number; readonly at: number }>()

  /** @param seconds gives undefined where there is no such clock: then nothing is measured */
  constructor(seconds: () => number | undefined = () => undefined) {
    this.#seconds = seconds
  }

  /** Notes that a session has come to its state just now. */
  note({ sid, rotations: number }: Session): void {
    const at = this.#seconds()
    if (at === undefined) return
    this.#rotations.delete(sid)
    this.#rotations.set(sid, { number, at })
    for (const [oldest, rotation] of this.#rotations) {
      if (at - rotation.at <= keptSeconds) break
      this.#rotations.delete(oldest)
    }
  }

  /** Seconds since a session came to its state, where that was noted. */
  since({ sid, rotations }: Session): number | undefined {
    const at = this.#seconds()
    const noted = this.#rotations.get(sid)
    return at === undefined || noted?.number !== rotations ? undefined : at - noted.at
  }
}
