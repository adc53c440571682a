// How many users and sessions there are. To count them a store goes through all of them, so they
// are counted at most once a minute, however often somebody asks.

import type { Clock } from "../clock.ts"

/** What is counted. */
interface Census {
  readonly users: number
  readonly sessions: number
}

/** The part of a store that counts. */
export interface CensusStore {
  readonly users: { count(): Promise<number> }
  readonly sessions: { count(now: number): Promise<number> }
}

const secondsBetween = 60

/** Makes the function to the counts; they are null while the store can't be asked. */
export function createCensus(
  { users, sessions }: CensusStore,
  clock: Pick<Clock, "now" | "steady">,
): () => Promise<Census | null> {
  let countedAt = Number.NEGATIVE_INFINITY
  let counting: Promise<Census | null> = Promise.resolve(null)
  return () => {
    if (clock.steady() - countedAt < secondsBetween) return counting
    countedAt = clock.steady()
    counting = count().catch(() => {
      // Tried again with the next question.
      countedAt = Number.NEGATIVE_INFINITY
      return null
    })
    return counting
  }

  async function count(): Promise<Census> {
    const counts = await Promise.all([users.count(), sessions.count(clock.now())])
    return { users: counts[0], sessions: counts[1] }
  }
}
